"""The pictures of README and documentation are those of the flows as they are."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "scripts/pictures.py"))


@pytest.mark.parametrize("name", SCRIPT["FLOWS"])
def test_a_picture_is_current(name):
    drawn = SCRIPT["drawn"](*SCRIPT["FLOWS"][name])
    kept = (ROOT / "docs/pictures" / name).read_text(encoding="utf-8")
    assert drawn == kept, "draw them again: python scripts/pictures.py"


def test_each_picture_is_shown_on_a_page():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    pictures = sorted(file.name for file in (ROOT / "docs/pictures").iterdir())
    assert [name for name in pictures if f"pictures/{name})" not in text] == []


def test_there_is_no_other_drawing():
    assert {file.name for file in (ROOT / "docs/pictures").glob("*.svg")} == set(SCRIPT["FLOWS"])
