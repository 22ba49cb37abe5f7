"""Rows 62 to 75 of the catalogue of bad input, on the command line: exit code, place, hint, and the same as JSON."""

from __future__ import annotations

import json
import os

import pytest

FILES = {
    "inner.py": "\n\nimport no_such_module_at_all\n",
    "imports.py": "import inner\n",
    "raises.py": "x = 1\n1 / 0\n",
    "leaves.py": "import sys\nsys.exit(0)\n",
    "syntax.py": "x = (\n",
    "runs.py": "from sequent import Sequent\nnightly = Sequent()\nnightly.add_step('a', func=print)\nnightly.run()\n",
    "made.py": (
        "from flows import nightly\nnumber = 3\n\n\ndef needs(day, region):\n    return nightly\n\n\n"
        "def fails():\n    raise ValueError('no')\n\n\n"
        "def gives():\n    return 'x'\n\n\ndef make():\n    return nightly\n"
    ),
    "two.py": "from flows import broken, nightly\n",
    "none.py": "x = 1\n",
}


@pytest.fixture
def there(sequent):
    for name, text in FILES.items():
        (sequent.directory / name).write_text(text)
    return sequent


def check(sequent, words, said, hint, place=None):
    """The error as a document, which has all that its text has: exit code 2, place, hint; and no store is made."""
    told = sequent(*words, "--json")
    assert (told.returncode, told.stderr) == (2, "")
    error = json.loads(told.stdout)["error"]
    assert set(error) == {"code", "message", "place", "path", "hint", "problems"}
    assert [text for text in said if text not in f"{error['message']} {error['hint']}"] == []
    assert hint in error["hint"]
    where = None if place is None else {"file": str(sequent.directory / place[0]), "line": place[1]}
    assert error["place"] == where
    assert not sequent.store.exists()


@pytest.mark.parametrize(
    ("target", "said", "hint", "place"),
    [
        # 62
        ("flwos:nightly", ["module not found: 'flwos'", "did you mean 'flows'"], "module:flow", None),
        ("package.flows:nightly", ["module not found: 'package.flows'"], "module:flow", None),
        ("flwos.py:nightly", ["flwos.py", "did you mean 'flows.py'"], "path/file.py:flow", None),
        # 63
        ("imports:x", ["'no_such_module_at_all'"], "install it", ("inner.py", 3)),
        # 64
        ("raises:x", ["ZeroDivisionError: division by zero"], "--debug", ("raises.py", 2)),
        ("leaves:x", ["sys.exit(0)"], "__main__", ("leaves.py", 2)),
        ("syntax.py:x", ["SyntaxError"], "--debug", ("syntax.py", 1)),
        ("runs:nightly", ["run() is called while"], "__main__", ("runs.py", 4)),
        # 65
        ("flows:nigthly", ["no 'nigthly'", "did you mean 'nightly'", "nightly, broken"], "module:flow", None),
        ("none:nightly", ["no 'nightly'", "no flow in it"], "module:flow", None),
        # 66
        ("made:number", ["3 (int), not a flow"], "its flows: nightly", None),
        ("made:needs", ["'day', 'region'"], "-p day=", ("made.py", 5)),
        ("made:fails", ["ValueError: no"], "--debug", ("made.py", 10)),
        ("made:gives", ["'x' (str), not a flow"], "its flows: nightly", None),
        # 67
        ("two.py", ["2 flows: two.py:broken, two.py:nightly"], "name one", None),
        ("none.py", ["no flow in it"], "@container", None),
        ("flows:", ["'flows:' names no flow"], "module:flow", None),
    ],
)
def test_a_target_that_cannot_be_had_is_told_with_its_place_and_the_way_out(there, target, said, hint, place):
    check(there, ["check", target], said, hint, place)


def test_a_factory_a_file_and_a_module_with_one_flow_are_targets(there):
    for target in ("made:make", "flows.py:nightly", "waiting.py", "waiting"):
        assert there("check", target).returncode == 0


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        # 68
        (["rum", "flows:nightly"], ["'rum'"], "did you mean 'run'"),
        (["ls", "--limt", "1"], ["--limt", "--limit"], "--help"),
        (["ls", "stray"], ["'stray'"], "--help"),
        (["run", "flows:nightly", "--dya", "1"], ["--dya", "--day"], "--help"),
        (["graph", "flows:nightly", "--format", "gif"], ["gif", "mermaid"], "--help"),
        # 69
        (["run", "flows:nightly", "-p", "day"], ["'day'", "no '='"], "name=value"),
        (["run", "flows:nightly", "-p", "day=2026-11-24", "-p", "day=2026-11-24"], ["'day' is given twice"], "once"),
        (["run", "flows:nightly", "--day=2026-11-24", "-p", "day=2026-11-24"], ["'day' is given twice"], "once"),
        (["run", "flows:nightly", "-p", "dya=1"], ["no parameter 'dya'"], "did you mean 'day'"),
        (["run", "flows:nightly", "--day", "soon"], ["'day'", "'soon'"], "2026-11-24"),
        (["run", "flows:nightly", "--day=2026-11-24", "--rows", "x"], ["'rows'", "'x'"], "give an int"),
        (["run", "flows:nightly"], ["'day'"], "-p day="),
        # 73
        (["run", "flows:broken", "--log-level", "loud"], ["--log-level is 'loud'"], "DEBUG, INFO, WARNING, ERROR"),
    ],
)
def test_a_mistyped_command_option_or_parameter_is_told_with_what_is_close(there, words, said, hint):
    check(there, words, said, hint)


@pytest.mark.parametrize(
    ("text", "said", "hint", "line"),
    [
        # 70; what cannot be read at all has no line
        ("max_concurrent 3\n", ["sequent.toml:1:16", "not TOML"], "max_concurrent = 4", 1),
        ("[tool.sequent]\nmax_concurrent = 3\n", ["no key 'tool'"], "[tool.sequent] is for pyproject.toml", 1),
        # 71
        ("\nmax_concurent = 3\n", ["'max_concurent'"], "did you mean 'max_concurrent'", 2),
        ("\n\n[max_concurrent]\n", ["max_concurrent", "{}"], "whole number", 3),
        # 73
        ("[LOGGING]\nlogging_level = 'loud'\n", ["'loud'"], "DEBUG, INFO, WARNING, ERROR", 2),
        ("[LOGGING]\nlevel_formats = {info = '%(mesage)s'}\n", ["%(mesage)s"], "%(message)s", 2),
    ],
)
def test_a_wrong_setting_is_told_at_its_line_of_the_file(there, text, said, hint, line):
    (there.directory / "sequent.toml").write_text(text)
    check(there, ["run", "flows:broken"], said, hint, ("sequent.toml", line))


def test_a_file_of_settings_that_cannot_be_read_is_told_by_its_path(there):
    (there.directory / "latin.toml").write_bytes(b"\nworkdir = '\xe9'\n")
    check(there, ["ls", "--config", "missing.toml"], ["missing.toml", os.strerror(2)], "--config FILE")
    check(there, ["ls", "--config", "store"], ["store", os.strerror(21)], "the file in it")
    check(there, ["ls", "--config", "latin.toml"], ["latin.toml:2:12", "0xe9"], "UTF-8", ("latin.toml", 2))


# 72
@pytest.mark.parametrize(
    ("variable", "value", "hint"),
    [
        ("SEQUENT_MAX_CONCURENT", "3", "did you mean 'SEQUENT_MAX_CONCURRENT'"),
        ("SEQUENT_MAX_CONCURRENT", "many", "whole number"),
        ("SEQUENT_LOGGING__LOGGING_LEVEL", "loud", "DEBUG, INFO, WARNING, ERROR"),
    ],
)
def test_a_wrong_variable_is_told_by_its_name(there, variable, value, hint):
    there.environment[variable] = value
    check(there, ["run", "flows:broken"], [repr(variable)], hint)


def test_the_text_of_an_error_has_its_place_and_hint_and_no_traceback(there):
    done = there("check", "raises:x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {there.directory / 'raises.py'}:2: ")
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" in there("check", "raises:x", "--debug").stderr


# 74 is in test_reading.py and test_running.py; 75 is in each of these, and for several mistakes at once here.
def test_all_mistakes_of_a_flow_are_in_the_document_each_with_its_place(there):
    told = there("run", "mistaken:wrong", "--json")
    assert (told.returncode, told.stderr) == (2, "")
    problems = json.loads(told.stdout)["error"]["problems"]
    assert len(problems) == 2
    assert all(problem["place"]["file"] == str(there.directory / "mistaken.py") for problem in problems)
    assert all(set(problem) == {"code", "message", "place", "path", "hint", "problems"} for problem in problems)
