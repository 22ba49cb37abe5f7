"""Words that need no parser are read as the parser reads them, and all others are left to it."""

from __future__ import annotations

import functools
import inspect

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sequent.cli.arguments import parsing
from sequent.cli.arguments.plain_words import plain_command
from sequent.cli.command_table import PLAIN_WORDS, function_of
from sequent.errors import UsageError

WORDS = ("r00412", "latest", "load/1.2", "a=b", "", "-", "--", "-1", "x y", "né")
OPTIONS = ("--json", "-q", "--quiet", "-v", "-vv", "--verbose", "--debug", "--no-json", "--jsn", "--limit", "-h")
VALUES = ("--store", "--store=", "--store=a.db", "--config", "--config=c.toml", "--config-tag", "--config-tag=x")


def by_parser(command, words):
    """What the parser calls the command with; None if it refuses the words or prints help."""
    calls = []

    @functools.wraps(function_of(command))
    def note(*given, options, **others):
        calls.append((given, options, others))
        return 0

    app = parsing.App(name="sequent", print_error=False, exit_on_error=False, result_action="return_value")
    app.command(parsing._parsable(note), name=command)
    try:
        parsing.parsed(app, [command, *words], asks_for_help=False)
    except UsageError:
        return None
    return calls[0] if calls else None


@given(
    command=st.sampled_from(sorted(PLAIN_WORDS)),
    words=st.lists(st.sampled_from((*WORDS, *OPTIONS, *VALUES)), max_size=5),
)
@example(command="ls", words=["--store", "a.db", "--json"])
@example(command="show", words=["latest", "--store=a.db", "load", "-v"])
def test_plain_words_are_read_as_the_parser_reads_them(command, words):
    call = plain_command([command, *words])
    if call is None:
        return
    parsed = by_parser(command, words)
    assert parsed is not None
    typed, options, others = parsed
    # The parser fills in defaults.
    defaults = [each.default for each in inspect.signature(function_of(command)).parameters.values()]
    assert (*call.args, *defaults[len(call.args) : len(typed)]) == typed
    assert call.keywords["options"] == options
    assert others == {}


@pytest.mark.parametrize(
    ("words", "given", "options"),
    [
        (["ls"], (), {}),
        (["show", "r00412"], ("r00412",), {}),
        (["logs", "latest", "load", "-v", "--json"], ("latest", "load"), {"verbose": 1, "json": True}),
        (["check", "--store", "a.db", "f.py:f"], ("f.py:f",), {"store": "a.db"}),
        (["ls", "--config=c.toml", "-q"], (), {"config": "c.toml", "quiet": True}),
    ],
)
def test_plain_words_need_no_parser(words, given, options):
    call = plain_command(words)
    assert call is not None
    assert call.args == given
    read = call.keywords["options"]
    assert {name: getattr(read, name) for name in options} == options


@pytest.mark.parametrize(
    "words",
    [
        ["ls", "--limit", "3"],
        ["ls", "x"],
        ["show", "a", "b", "c"],
        ["show", "--"],
        ["ls", "--store"],
        ["hold", "a", "b"],
    ],
)
def test_other_words_are_left_to_the_parser(words):
    assert plain_command(words) is None
