"""The help of the program, which needs no parser, has the form of the parser's help of each command."""

from __future__ import annotations

import pytest

from sequent.cli import main
from sequent.cli.arguments.parsing import application, parsed


@pytest.fixture(params=[30, 47, 60, 79, 80, 121, 240])
def columns(request, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(request.param))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return request.param


@pytest.mark.parametrize("is_coloured", [False, True])
def test_it_is_what_the_parser_would_print(columns, is_coloured, monkeypatch, capsys):
    if is_coloured:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm-256color")
    parsed(application(), ["--help"])
    by_parser = capsys.readouterr().out
    assert main(["--help"]) == 0
    assert capsys.readouterr().out == by_parser
    assert ("\x1b[" in by_parser) is is_coloured


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"]])
def test_no_words_ask_for_it_as_well(words, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Usage: sequent COMMAND [OPTIONS], or sequent TARGET\n")
    assert max(map(len, shown.splitlines())) == 80
