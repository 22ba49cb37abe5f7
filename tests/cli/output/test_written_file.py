"""The format of a file that a command writes: the typed one, or that of its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequent.cli.output.written_file import form_of
from sequent.errors import UsageError

FORMS = ("mermaid", "dot", "svg", "json")


@pytest.mark.parametrize(
    ("typed", "file", "form"),
    [
        (None, None, "mermaid"),
        (None, "flow.svg", "svg"),
        (None, "out/flow.GV", "dot"),
        (None, "flow.json", "json"),
        (None, "flow", "mermaid"),
        (None, "flow.txt", "mermaid"),
        ("dot", "flow.svg", "dot"),
    ],
)
def test_a_file_has_the_format_of_its_name_unless_another_is_typed(typed, file, form):
    assert form_of(typed, None if file is None else Path(file), FORMS) == form


def test_a_name_of_a_format_that_is_not_written_is_refused_with_those_that_are():
    with pytest.raises(UsageError, match=r"'flow\.png' has the name of a PNG file") as caught:
        form_of(None, Path("flow.png"), FORMS)
    assert "--format: mermaid, dot, svg, json" in caught.value.hint
