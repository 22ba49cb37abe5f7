"""A picture in the pixels of a reader that knows no variables of style sheets: every part has its colour."""

from __future__ import annotations

import re
import struct
import subprocess
import zlib
from collections import Counter

import pytest

from sequent.model.status import RunStatus, Status
from sequent.model.work import CommandWork
from sequent.pictures import Standing, States, svg
from tests.compiler.writing import amounts, container, flow, items, result, some, step
from tests.pictures.pictured import pictured

FLOW = flow(
    step("find", work=CommandWork(words=())),
    step("mend", "find!failed"),
    step("told", "find!done"),
    container(
        "each", step("load"), step("send", "each.load"), repeats=result("find"), parallel=2, acquires=amounts("db 2")
    ),
    container("listed", step("inner"), repeats=items(1, 2, 3)),
    step("last", some("mend", "each")),
    step("idle", "last", work=None),
    pools={"db": 4},
)
STANDING = {
    "find": Status.FAILURE,
    "mend": Status.SUCCESS,
    "told": Status.SKIPPED,
    "each": Status.ACTIVE,
    "each.load": Status.READY,
    "each.send": Status.CANCELLED,
    "last": Status.ACTIVE,
}
STATES = States(
    run="r00001",
    status=RunStatus.FAILURE,
    parts={path: Standing({status: 1}) for path, status in STANDING.items()},
)
SCHEMES = ("light", "dark")


def colours_of(document):
    """The colours of the light and of the dark scheme, by name."""
    found = re.findall(r"\.sequent-picture \{ (--[^}]*)\}", document)
    return dict(zip(SCHEMES, (dict(re.findall(r"--sequent-([\w-]+): (#\w{6});", text)) for text in found), strict=True))


def seen_in(document, scheme):
    """The document as a reader of that scheme has it, whose rasteriser knows no variables."""
    if scheme == "light":
        return document
    dark = colours_of(document)["dark"]
    return re.sub(r"var\(--sequent-([\w-]+)\)", lambda found: dark[found[1]], document)


def pixels_of(document):
    """How often each opaque colour occurs in it, once it is rasterised."""
    png = subprocess.run(["rsvg-convert", "--zoom=2"], input=document.encode(), capture_output=True, check=True).stdout
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, position = {}, 8
    while position < len(png):
        length, kind = struct.unpack_from(">I4s", png, position)
        chunks[kind] = chunks.get(kind, b"") + png[position + 8 : position + 8 + length]
        position += 12 + length
    width, height, depth, kind, *_, interlace = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, kind, interlace) == (8, 6, 0)
    rows = unfiltered(zlib.decompress(chunks[b"IDAT"]), 4 * width, height)
    colours = Counter(row[at : at + 4] for row in rows for at in range(0, 4 * width, 4))
    return Counter({f"#{colour[:3].hex()}": count for colour, count in colours.items() if colour[3] == 255})


def unfiltered(data, stride, height):
    """The rows of an image in PNG, whose bytes are told as differences from those before and above."""
    above, rows = bytes(stride), []
    for begin in range(0, height * (stride + 1), stride + 1):
        kind, row = data[begin], data[begin + 1 : begin + 1 + stride]
        # Most rows are of the second kind, and images have millions of bytes.
        if kind == 2:
            row = bytes([(told + up) & 255 for told, up in zip(row, above, strict=True)])
        elif kind:
            row = from_the_left(kind, bytearray(4) + row, bytes(4) + above)
        rows.append(row)
        above = row
    return rows


def from_the_left(kind, row, above):
    """The bytes of a row that are told from those before as well; no pixel is before the first, nor above that."""
    for at in range(4, len(row)):
        left, up, corner = row[at - 4], above[at], above[at - 4]
        if kind == 4:
            by_left, by_up, by_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
            near = left if by_left <= by_up and by_left <= by_corner else up if by_up <= by_corner else corner
        else:
            near = left if kind == 1 else (left + up) // 2
        row[at] = (row[at] + near) & 255
    return bytes(row[4:])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("states", [None, STATES], ids=["flow", "run"])
def test_every_part_has_its_colour_where_no_variables_are_known(scheme, states):
    document = svg(pictured(FLOW), states)
    colours, seen = colours_of(document)[scheme], pixels_of(seen_in(document, scheme))
    expected = ["page", "frame", "block", "block-line", "step", "text", "faint", "line", "failure"]
    expected += ["failure-fill", "success-fill", "success", "active", "active-fill", "cancelled"] if states else []
    assert [name for name in expected if colours[name] not in seen] == []
    # What has no colour of its own would be black.
    assert seen["#000000"] == 0
    assert max(seen, key=seen.get) == colours["page"]


def test_a_picture_without_plain_colours_is_told_from_one_with_them():
    document = svg(pictured(FLOW))
    bare = re.sub(r"(fill|stroke): #\w{6}; ", "", document)
    assert pixels_of(bare)["#000000"] > 0
