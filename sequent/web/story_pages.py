"""The notes and artifacts that steps have left: some at a time, those of a task, and each artifact by its digest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from sequent.dashboard.one_run import read_run
from sequent.errors import UsageError
from sequent.html.left_pictures import DRAWN
from sequent.model.story import LARGEST_NOTE, Artifact
from sequent.runtime.artifact_files import media_type
from sequent.runtime.task_list_port import STORY_START, StoryCursor
from sequent.web.templates import page
from sequent.web.web_site import found, site_of

if TYPE_CHECKING:
    from sequent.dashboard.attempt_logs import AttemptName
    from sequent.runtime.ports import Store
    from sequent.runtime.records import LeftPart, RunRecord

_FIRST = 12
"""Notes and artifacts on the page of a run."""
_SHORT = 1_500
"""The characters of a note that are shown there."""
_PAGE = 50
"""Notes and artifacts on a page of their own."""
_ROOM = 100_000
"""The characters of all notes on it."""
_LARGEST_PICTURE = 4 * 1024**2
"""Bytes of a picture that a page shows; a larger one is only a file to download."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
"""The policy of an artifact: opened by itself, an SVG executes no script, and belongs to no page of this server."""


class LeftOnPage(Struct, frozen=True, kw_only=True):
    """Notes and artifacts, as a page shows them."""

    parts: Sequence[LeftPart]
    pictures: dict[str, str]
    """The addresses of pictures to show, by digest."""
    files: dict[str, str]
    """The addresses of all artifacts, by digest."""
    longest: int
    """The characters of a note that are shown."""
    next: str = ""
    """The address of the page with further ones; '' if there are none."""


def first_left(store: Store, record: RunRecord) -> LeftOnPage:
    """Return the first notes and artifacts of a run, cut short."""
    found_page = store.tasks(record).story_page(STORY_START, _FIRST)
    return _on_page(record, found_page.parts, _SHORT, f"/runs/{record.id}/notes" if found_page.next else "")


def left_by_task(store: Store, record: RunRecord, name: AttemptName) -> LeftOnPage:
    """Return the notes and artifacts of a task."""
    parts = store.tasks(record).left_by(name.path, name.numbers)
    return _on_page(record, parts, max(LARGEST_NOTE // max(len(parts), 1), _SHORT))


def _on_page(record: RunRecord, parts: Sequence[LeftPart], longest: int, following: str = "") -> LeftOnPage:
    artifacts = [each.part for each in parts if isinstance(each.part, Artifact)]
    files = {each.digest: f"/runs/{record.id}/artifacts/{each.digest}" for each in artifacts}
    drawn = {each.digest for each in artifacts if each.media in DRAWN and each.size <= _LARGEST_PICTURE}
    pictures = {digest: address for digest, address in files.items() if digest in drawn}
    return LeftOnPage(parts=parts, pictures=pictures, files=files, longest=longest, next=following)


def list_story(request: Request) -> Response:
    """Show notes and artifacts of a run."""
    site, after = site_of(request), _cursor(request.query_params.get("after", ""))
    with site.opened() as store:
        record = found(store, request)
        found_page = store.tasks(record).story_page(after, _PAGE)
        following = ""
        if found_page.next:
            following = f"/runs/{record.id}/notes?after={'.'.join(map(str, found_page.next))}"
        left = _on_page(record, found_page.parts, _ROOM // _PAGE, following)
        run = read_run(store, record, site.digests)
        return page("notes.html", site=site, run=run, record=record, tab="notes", left=left)


def _cursor(text: str) -> StoryCursor:
    parts = text.split(".") if text else []
    if not parts:
        return STORY_START
    if len(parts) != len(STORY_START) or not all(part.isdecimal() and len(part) < 16 for part in parts):
        raise UsageError(f"after={text!r:.100} is no place in the notes", hint="leave 'after' out")
    return cast("StoryCursor", tuple(map(int, parts)))


def send_artifact(request: Request) -> Response:
    """Send an artifact: a picture by the type of its content, any other file to be kept by the browser."""
    digest = request.path_params["digest"]
    if _DIGEST.fullmatch(digest) is None:
        raise HTTPException(404)
    with site_of(request).opened() as store:
        data = store.artifact(found(store, request), digest)
    # Its content says what it is; a row of the store, or a link, may say anything.
    media = media_type(data)
    headers = {"Content-Security-Policy": SANDBOX}
    if media in DRAWN:
        return Response(data, media_type=media, headers=headers)
    headers["Content-Disposition"] = "attachment"
    return Response(data, media_type="application/octet-stream", headers=headers)
