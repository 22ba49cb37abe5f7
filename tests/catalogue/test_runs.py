"""Rows 84 to 95: runs that cannot be started, recovered, continued or stopped as it was asked for."""

from __future__ import annotations

import json

import pytest

from sequent.errors import UsageError
from sequent.model.variables import RECOVER_RUN
from sequent.runtime.recovery.scripts import take_request

FLOWS = """
from sequent import Pool, Sequent, container, param, step


@container(task_construct="invoke")
class good:
    @container(repeats=[1, 2, 3])
    class block:
        @step
        def load(self) -> int:
            return 1

        @step
        def send(self, loaded: int = load.result) -> int:
            return loaded


@container(task_construct="invoke")
class bad:
    @step
    def load(self) -> int:
        return 1

    @step
    def send(self, loaded: int = load.result) -> None:
        raise ValueError("the receiver is away")
"""


@pytest.fixture
def runs(command, tmp_path):
    """A run that succeeded, ``one``, and one that failed, ``two``."""
    (tmp_path / "flows.py").write_text(FLOWS)
    assert command("run", "flows.py:good", "--run-id", "one")[0] == 0
    assert command("run", "flows.py:bad", "--run-id", "two")[0] == 1
    return command


LATEST = "the latest runs are two (bad, failure), one (good, success)"
PATHS = "write names joined by dots (s1.s11), and for a single task '/' and its iterations"
SEQUENCES = "give a number for each enclosing iteration"

REFUSED = {
    "row_084_unknown": (["recover", "three"], 2, "unknown-run", "there is no run 'three' in", LATEST),
    "row_084_nothing": (["recover", ""], 2, "unknown-run", "there is no run '' in", LATEST),
    "row_084_show": (["show", "three"], 2, "unknown-run", "there is no run 'three' in", LATEST),
    "row_085_continue": (["continue", "two"], 2, "nothing-to-continue", "run 'two' has failed", "recover two"),
    "row_089_flow": (
        ["recover", "two", "--flow", "flows.py:good"],
        2,
        "usage",
        "run 'two' belongs to the flow 'bad', but 'flows.py:good' is the flow 'good'",
        "name the flow of the run",
    ),
    "row_092_path": (
        ["recover", "two", "--rerun", "laod"],
        2,
        "unknown-path",
        "'laod'",
        "did you mean 'load'? " + PATHS,
    ),
    "row_092_skip": (
        ["recover", "two", "--skip", "sned"],
        2,
        "unknown-path",
        "'sned'",
        "did you mean 'send'? " + PATHS,
    ),
    "row_092_from": (["recover", "two", "--from", ""], 2, "unknown-path", "no step or container ''", PATHS),
    "row_092_range": (
        ["recover", "one", "--rerun", "block.load/1.9"],
        2,
        "sequence",
        "there is no iteration 9 of 'block', of which it has begun 3 so far",
        "name one from 1 to 3",
    ),
    "row_092_shape": (
        ["recover", "two", "--rerun", "load/1.2"],
        2,
        "sequence",
        "'1.2' is not a sequence of 'load'",
        SEQUENCES,
    ),
    "row_092_junk": (["recover", "two", "--rerun", "load/x"], 2, "sequence", "'x' is not a sequence", SEQUENCES),
    "row_092_both": (
        ["recover", "two", "--rerun", "load", "--skip", "load"],
        2,
        "contradiction",
        "'load' is both passed over and run again",
        "ask for only one of them",
    ),
    "row_092_recovery": (
        ["recover", "two", "--recovery-run", "9"],
        2,
        "recovery-run",
        "run 'two' has no recovery 9",
        "name 0, the only one; 0 is its first start",
    ),
    "row_093_slash": (["run", "flows.py:good", "--run-id", "a/b"], 2, "run-id", "'a/b' cannot be", "[A-Za-z0-9]"),
    "row_093_nothing": (["run", "flows.py:good", "--run-id", ""], 2, "run-id", "'' cannot be", "[A-Za-z0-9]"),
    "row_093_latest": (["run", "flows.py:good", "--run-id", "latest"], 2, "run-id", "'latest' cannot be", "another"),
    "row_093_twice": (
        ["run", "flows.py:good", "--run-id", "a", "--run-id", "b"],
        2,
        "usage",
        "--run-id is given twice",
        "--help",
    ),
    "row_094": (["run", "flows.py:good", "--run-id", "one"], 2, "run-exists", "run 'one' exists", "recover one"),
    "row_095_finished": (
        ["stop", "one"],
        2,
        "not-running",
        "run 'one' of 'good' is not running: success",
        "show",
    ),
    "row_095_unknown": (["stop", "three"], 2, "unknown-run", "there is no run 'three' in", LATEST),
    "beyond_max_loops": (["run", "flows.py:good", "--max-loops", "0"], 2, "usage", "--max-loops", "--help"),
    "beyond_limit": (["ls", "--limit", "-1"], 2, "usage", "--limit", "--help"),
}


@pytest.mark.parametrize("row", REFUSED)
def test_what_cannot_be_done_with_a_run_is_told_with_the_way_out_and_nothing_is_changed(row, runs):
    words, code, name, said, hint = REFUSED[row]
    before = runs("ls", "--json")
    got, out, told = runs(*words)
    assert (got, out) == (code, ""), told
    assert told.startswith("error: ")
    assert said in told
    assert hint in told.partition("\n  hint: ")[2]
    error = json.loads(runs(*words, "--json")[1])["error"]
    assert error["code"] == name
    assert said in error["message"]
    assert hint in error["hint"]
    assert runs("ls", "--json") == before


@pytest.mark.parametrize("row", ["row_084_ambiguous"])
def test_a_beginning_of_several_ids_is_told_with_them(row, runs):
    assert runs("run", "flows.py:good", "--run-id", "once")[0] == 0
    code, _, told = runs("show", "on")
    assert code == 2
    assert "several runs begin with 'on'" in told
    assert "hint: among them once (good, success), one (good, success)" in told


@pytest.mark.parametrize("row", ["row_084_none"])
@pytest.mark.parametrize("words", [["recover"], ["recover", "one"], ["show", "one"]])
def test_where_there_are_no_runs_that_is_told(row, words, command, tmp_path):
    code, _, told = command(*words)
    assert code == 2
    assert f"there are no runs in '{tmp_path}/runs.db'" in told
    assert "hint: start one, or name another store" in told
    assert not (tmp_path / "runs.db").exists()


@pytest.mark.parametrize("row", ["row_085"])
def test_a_run_that_has_succeeded_has_nothing_to_recover_and_continue_stays_quiet(row, runs):
    code, out, told = runs("recover", "one")
    assert (code, out) == (0, "")
    assert told.startswith("run one of good finished with success at ")
    assert told.endswith("; nothing to do\n")
    assert runs("continue", "one") == (0, "", "")


CHANGES = {
    "row_088_added": (
        'raise ValueError("the receiver is away")\n\n    @step\n    def tidy(self) -> None: ...',
        "'tidy' is new, at ",
        "--accept-changes",
    ),
    "row_089_pool": (
        'pass\n\n    @step(acquires={Pool("db", 2): 1})\n    def tidy(self) -> None: ...',
        ". Now also: pool db: 2",
        "--accept-changes",
    ),
    "row_089_parameter": (
        "pass\n\n    day: str = param(default='x')",
        "parameter day: str",
        "--accept-changes",
    ),
}


@pytest.mark.parametrize("row", CHANGES)
def test_a_changed_flow_is_refused_with_the_difference_and_the_way_out(row, runs, tmp_path):
    end, said, hint = CHANGES[row]
    (tmp_path / "flows.py").write_text(FLOWS.replace('raise ValueError("the receiver is away")', end))
    code, _, told = runs("recover", "two")
    assert code == 2
    assert told.startswith("error: the flow 'bad' has changed since run two was made:\n")
    assert said in told
    assert hint in told.partition("\n  hint: ")[2]
    assert json.loads(runs("recover", "two", "--json")[1])["error"]["code"] == "changed-flow"


@pytest.mark.parametrize("row", ["row_088_gone"])
def test_what_has_begun_and_is_gone_is_refused_whatever_is_accepted(row, runs, tmp_path):
    (tmp_path / "flows.py").write_text(FLOWS.replace("load", "fetch"))
    code, _, told = runs("recover", "two", "--accept-changes")
    assert code == 2
    assert "'load' is gone. It was a step. This run has begun it" in told
    assert "hint: put 'load' back as it was, or start a new run" in told


@pytest.mark.parametrize("row", ["row_092_dependents"])
def test_what_rests_on_what_is_run_again_is_listed(row, runs):
    code, out, _ = runs("recover", "one", "--rerun", "block.load/1.2", "--plan")
    assert code == 0
    assert "steps that depend on 'block.load/1.2' are kept where they have succeeded: 'block.send'" in out
    assert "--from block.load/1.2 runs them again as well" in out


@pytest.mark.parametrize("junk", ["{", "[1]", "{}", "null", '{"after": 3}', '{"after":[]}', "[" * 100_000])
def test_a_variable_that_only_recover_sets_is_refused_where_somebody_else_did(junk, monkeypatch):
    monkeypatch.setenv(RECOVER_RUN, "r1")
    monkeypatch.setenv("SEQUENT_RECOVER_ASKED", junk)
    with pytest.raises(UsageError, match=r"'SEQUENT_RECOVER_ASKED' is .* which Sequent did not write") as caught:
        take_request(RECOVER_RUN)
    assert "unset it" in caught.value.hint


RESULTS = """
import dataclasses, typing
from sequent import Pickled, command, container, step

@dataclasses.dataclass
class Row:
    day: str

@container(task_construct="invoke")
class flow:
    @step
    def bad(self): raise ValueError

    @step(requires=bad)
    def number(self) -> int: ...
    @step(requires=bad)
    def row(self) -> "Row": ...
    @step(requires=bad)
    def rows(self) -> list[Row]: ...
    size = command("echo", "1", result=int, requires=bad)
    @step(requires=bad)
    def either(self) -> "int | None": ...
    @step(requires=bad)
    def anything(self) -> typing.Any: ...
    @step(requires=bad)
    def nothing(self) -> None: ...
    @step(requires=bad)
    def unsaid(self): ...
    copy = command("true", requires=bad)
"""


def test_a_success_without_the_result_that_its_step_must_have_is_refused_before_there_is_a_driver(command, tmp_path):
    (tmp_path / "results.py").write_text(RESULTS)
    assert command("run", "results.py:flow", "--run-id", "one")[0] == 1
    (tmp_path / "results.py").unlink()
    for step, kind in (("number", "int"), ("row", "Row"), ("rows", "list[results.Row]"), ("size", "int")):
        code, _, told = command("mark", "one", step, "success")
        assert (code, told.splitlines()[0]) == (2, f"error: '{step}' needs a result of type {kind}")
        assert "give it: --result JSON" in told
        assert command("mark", "one", step, "failure")[0] == 0
    for step in ("either", "anything", "nothing", "unsaid", "copy"):
        assert command("mark", "one", step, "success")[0] == 0
    assert command("mark", "one", "number", "success", "--result", "3")[0] == 0


def test_a_result_of_another_type_is_refused_by_the_next_driver_which_says_so(command, tmp_path):
    (tmp_path / "results.py").write_text(RESULTS)
    assert command("run", "results.py:flow", "--run-id", "one")[0] == 1
    assert command("mark", "one", "number", "success", "--result", '"x"')[0] == 0
    told = command("recover", "one")[2]
    assert "a mark is refused: the result of 'number' is '\"x\"', which is not an int; " in told
