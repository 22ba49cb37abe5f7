"""Draws the pictures of README and documentation: `python scripts/pictures.py`, whenever a flow in them has changed."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from sequent.compiler import describe
from sequent.dsl.specification.definitions import definition_of
from sequent.pictures import picture_of, svg
from sequent.runtime.loading.flows import load_flow

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs/pictures"
FLOWS = {
    "nightly.svg": ("README.md#nightly.py", "nightly"),
    "tutorial.svg": ("docs/tutorial.md#shop.py", "shop"),
    "turn.svg": ("docs/one-turn.md#turn.py", "turn"),
    "flights.svg": ("examples/flights/flow.py", "delays"),
}
"""Each picture: its flow's file, or the page and the file whose last block it is; and the flow's name."""


def drawn(where: str, flow: str) -> str:
    """The picture of a flow."""
    page, _, file = where.partition("#")
    if not file:
        return _svg(ROOT / page, flow)
    text = (ROOT / page).read_text("utf-8")
    blocks = re.findall(rf"^```python\n(# {re.escape(file)}\n.*?)^```$", text, re.MULTILINE | re.DOTALL)
    if not blocks:
        raise SystemExit(f"{page} has no block that begins with '# {file}'")
    with tempfile.TemporaryDirectory() as directory:
        written = Path(directory, file)
        written.write_text(blocks[-1], "utf-8")
        return _svg(written, flow)


def _svg(file: Path, flow: str) -> str:
    spec = definition_of(load_flow(f"{file}:{flow}").flow).spec
    return svg(picture_of(spec.name, describe(spec)))


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for name, (where, flow) in FLOWS.items():
        (PICTURES / name).write_text(drawn(where, flow), "utf-8")
