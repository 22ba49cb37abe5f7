"""Beyond the rows: answers to questions that cannot be given, and answers that do not fit."""

from __future__ import annotations

import json

import pytest

FLOWS = """
from dataclasses import dataclass

from sequent import approve, container, step


@dataclass
class Terms:
    copies: int


@container(task_construct="invoke")
class asking:
    @step
    def build(self) -> None: ...

    ship = approve("Ship it?", receive=Terms, requires=build)
    later = approve("Go on?", requires=ship)

    @container(repeats=["eu", "us"], parallel=0)
    class areas:
        ask = approve("There?")


@container(task_construct="invoke")
class quiet:
    @step
    def build(self) -> None: ...
"""


@pytest.fixture
def runs(command, tmp_path):
    """A run that waits for answers, ``rel``, and one that has succeeded, ``old``."""
    (tmp_path / "flows.py").write_text(FLOWS)
    assert command("run", "flows.py:asking", "--run-id", "rel", "--max-loops", "1")[0] == 0
    assert command("run", "flows.py:quiet", "--run-id", "old")[0] == 0
    return command


OPEN = "name a single question: areas.ask/1.1, areas.ask/1.2"
REFUSED = {
    "beyond_approve_run": (["nope", "ship"], "unknown-run", "there is no run 'nope' in", "the latest runs are"),
    "beyond_approve_over": (
        ["old", "build"],
        "not-running",
        "run 'old' of 'quiet' is not running: success",
        "show old",
    ),
    "beyond_approve_path": (["rel", "shp"], "usage", "no step or container 'shp'", "did you mean 'ship'?"),
    "beyond_approve_nothing": (["rel", ""], "no-place", "the place of 'approve' is empty", "show rel"),
    "beyond_approve_step": (["rel", "build"], "no-question", "'build' asks no question", "mark rel build success"),
    "beyond_approve_container": (["rel", "areas"], "several-questions", "'areas' is a container", OPEN),
    "beyond_approve_several": (["rel", "areas.ask"], "several-questions", "'areas.ask' asks 2 questions", OPEN),
    "beyond_approve_part": (["rel", "areas.ask/1"], "several-questions", "'areas.ask/1' asks 2 questions", OPEN),
    "beyond_approve_iteration": (["rel", "areas.ask/1.9"], "not-asked", "nobody has been asked", "show rel"),
    "beyond_approve_early": (["rel", "later"], "not-asked", "nobody has been asked", "show rel"),
    "beyond_approve_again": (["rel", "areas.ask/1.2"], "not-asked", "is answered already, by", "show rel"),
    "beyond_approve_sequence": (["rel", "ship/x"], "sequence", "'x' is not a sequence", ""),
    "beyond_approve_json": (["rel", "ship", "--with", "{"], "answer", "--with '{' is not JSON", "double quotes"),
    "beyond_approve_field": (["rel", "ship", "--set", "copies"], "answer", "is not NAME=VALUE", "--set NAME=VALUE"),
    "beyond_approve_both": (
        ["rel", "ship", "--with", "1", "--set", "copies=1"],
        "answer",
        "--with and --set are both given",
        "leave one of them out",
    ),
    "beyond_approve_no": (["rel", "ship", "--no", "--with", "1"], "answer", "a rejection has no answer", "--why"),
    "beyond_approve_words": (["rel"], "usage", "PATH is missing", "sequent approve RUN PATH [OPTIONS]"),
}


@pytest.mark.parametrize("row", REFUSED)
def test_an_answer_that_cannot_be_given_is_refused_with_the_way_out_and_nothing_is_kept(row, runs):
    words, name, said, hint = REFUSED[row]
    assert runs("approve", "rel", "areas.ask/1.2", "--no")[0] == 0
    before = runs("show", "rel", "--json")
    code, out, told = runs("approve", *words)
    assert (code, out) == (2, ""), told
    assert told.startswith("error: ")
    assert said in told
    assert hint in told.partition("\n  hint: ")[2]
    error = json.loads(runs("approve", *words, "--json")[1])["error"]
    assert (error["code"], said in error["message"]) == (name, True)
    assert runs("show", "rel", "--json") == before


NO_TASK = {
    "beyond_hold_numbers": (("hold", "rel", "/1"), "no-place", "'/1' names no step or container"),
    "beyond_release_numbers": (("release", "rel", "/1"), "no-place", "'/1' names no step or container"),
    "beyond_mark_container": (("mark", "rel", "areas", "success"), "container", "'areas' is a container"),
    "beyond_mark_iteration": (("mark", "rel", "areas/1.2", "success"), "container", "'areas/1.2' is a container"),
}


@pytest.mark.parametrize("row", NO_TASK)
def test_a_request_about_no_part_that_takes_it_is_refused_before_there_is_a_driver(row, runs):
    words, name, said = NO_TASK[row]
    error = json.loads(runs(*words, "--json")[1])["error"]
    assert (error["code"], said in error["message"]) == (name, True)
    assert json.loads(runs("show", "rel", "--json")[1])["run"]["interventions"] == []


UNFIT = {
    "beyond_answer_missing": ((), "the answer to 'ship' needs a Terms", "give it: --with JSON"),
    "beyond_answer_type": (("--set", "copies=many"), "which is not a Terms", '{"copies": int}'),
    "beyond_answer_field": (("--with", '{"copies": 1, "more": 2}'), "which is not a Terms", '{"copies": int}'),
    "beyond_answer_list": (("--with", "[1]"), "which is not a Terms", '{"copies": int}'),
}


@pytest.mark.parametrize("row", UNFIT)
def test_an_answer_that_does_not_fit_is_told_by_the_next_driver_and_the_question_stays_open(row, runs):
    words, said, expected = UNFIT[row]
    assert runs("approve", "rel", "ship", *words)[0] == 0
    _, _, told = runs("continue", "rel")
    (line,) = (line for line in told.splitlines() if line.startswith("an answer is refused: "))
    assert said in line
    assert expected in line
    assert "'ship' waits for an answer" in runs("show", "rel")[1]
