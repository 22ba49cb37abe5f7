"""Imports that are made quicker leave nothing behind."""

from __future__ import annotations

import subprocess
import sys

import pytest

NEEDY = """
import typing_extensions
Struct = typing_extensions.Any
"""


def run(script: str, directory) -> str:
    """What a script prints that imports our module from the environment, and all else from the directory first."""
    (directory / "script.py").write_text(f"from sequent.cli.import_speed import import_msgspec\n{script}")
    words = [sys.executable, "script.py"]
    return subprocess.run(words, cwd=directory, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("first", ["", "import typing_extensions"])
def test_after_msgspec_was_imported_its_users_and_those_of_typing_extensions_find_both(tmp_path, first):
    script = """
import sys
import_msgspec()
print("msgspec" in sys.modules, "typing_extensions" in sys.modules)
from typing import Annotated, Required
from msgspec import Meta, Struct, ValidationError, convert
from typing_extensions import NotRequired, TypedDict
class Part(TypedDict):
    size: Required[Annotated[int, Meta(ge=0)]]
    name: NotRequired[str]
print(convert({"size": 3}, Part))
try:
    convert({"size": -3}, Part)
except ValidationError as error:
    print(error)
"""
    loaded, *told = run(f"{first}\n{script}", tmp_path).splitlines()
    assert loaded == ("False True" if first else "True False")
    assert told == ["{'size': 3}", "Expected `int` >= 0 - at `$.size`"]


def test_a_version_of_msgspec_that_needs_typing_extensions_is_imported_by_its_first_user(tmp_path):
    (tmp_path / "msgspec.py").write_text(NEEDY)
    script = """
import sys
import_msgspec()
print("msgspec" in sys.modules)
import msgspec
print(msgspec.Struct is sys.modules["typing_extensions"].Any)
"""
    assert run(script, tmp_path).split() == ["False", "True"]
