"""Runs that ask people, and are answered by other processes."""

from __future__ import annotations

import json
import os
import signal

import pytest

from tests.patience import wait_until

RELEASE = """
from dataclasses import dataclass
from pathlib import Path

from sequent import approve, container, step


@dataclass
class Terms:
    copies: int
    note: str = ""


@container
class release:
    @step
    def build(self) -> str:
        return "1.2"

    ship = approve(f"Ship {build.result}?", receive=Terms, timeout="2d")

    @step
    def deliver(self, terms: Terms = ship.result) -> int:
        with Path("delivered").open("a") as file:
            file.write(f"{terms.copies} {terms.note}\\n")
        return terms.copies

    result = deliver
"""


@pytest.fixture
def asking(sequent):
    """A run that waits for the answer to its question."""
    (sequent.directory / "release.py").write_text(RELEASE)
    running = sequent.start("run", "release.py:release", "--run-id", "rel1")
    wait_until(lambda: is_asked(sequent))
    return running


def is_asked(sequent) -> bool:
    return "waits for an answer: Ship 1.2? (sequent approve rel1 ship" in sequent("show", "rel1").stdout


def asked_at(sequent) -> str:
    document = json.loads(sequent("show", "rel1", "--json").stdout)
    (question,) = document["run"]["questions"]
    assert question["question"] == "Ship {build.result}?"
    return question["asked"]


def delivered(sequent) -> str:
    return (sequent.directory / "delivered").read_text()


def test_another_process_answers_and_the_run_goes_on(sequent, asking):
    assert "'ship' waits for an answer" in sequent("ls").stdout
    answered = sequent("approve", "rel1", "ship", "--set", "copies=3", "--set", "note=by hand", "--why", "tested")
    assert (answered.returncode, answered.stderr) == (0, "run rel1: ship is approved\n")
    out, err = asking.communicate()
    assert (asking.returncode, out.strip(), delivered(sequent)) == (0, "3", "3 by hand\n"), err
    shown = sequent("show", "rel1").stdout
    assert "waits for an answer" not in shown
    assert shown.splitlines()[-1].endswith(": tested")
    assert "  approve ship yes  by " in shown


def test_a_drawing_of_the_run_marks_its_question(sequent, asking):
    assert "ship (asks: Ship {build.result}?): waiting, waits for an answer" in sequent("graph", "rel1").stdout
    drawn = json.loads(sequent("graph", "rel1", "--format", "json").stdout)["graph"]["nodes"]
    (ship,) = (node for node in drawn if node["path"] == "ship")
    assert (ship["status"], ship["counts"], ship["remarks"]) == ("waiting", {"waiting": 1}, ["waits for an answer"])
    assert sequent("approve", "rel1", "ship", "--set", "copies=1").returncode == 0
    asking.communicate()
    drawn = json.loads(sequent("graph", "rel1", "--format", "json").stdout)["graph"]["nodes"]
    assert [(node["status"], node["remarks"]) for node in drawn] == [("success", [])] * 3


def test_a_shell_completes_the_questions_that_are_open(sequent, asking):
    assert sequent("_complete", "sequent approve rel1 ").stdout.split() == ["ship"]
    assert sequent("approve", "rel1", "ship", "--set", "copies=1").returncode == 0
    asking.communicate()
    assert sequent("_complete", "sequent approve rel1 ").stdout.split() == []


def test_a_wrong_answer_is_refused_with_what_is_expected_and_the_question_stays_open(sequent, asking):
    for words, reason in (
        ((), "the answer to 'ship' needs a Terms"),
        (("--set", "copies=many"), "which is not a Terms"),
        (("--with", '{"copies": 1, "more": 2}'), 'write JSON with its fields: {"copies": int, "note": str}'),
        (("--with", "{"), "is not JSON"),
        (("--set", "copies"), "is not NAME=VALUE"),
        (("--no", "--set", "copies=1"), "a rejection has no answer"),
    ):
        refused = sequent("approve", "rel1", "ship", *words)
        assert refused.returncode == 2
        assert reason in refused.stderr
    assert is_asked(sequent)
    assert sequent("approve", "rel1", "ship", "--with", '{"copies": 1}').returncode == 0
    asking.communicate()
    assert asking.returncode == 0


def test_nobody_answers_what_is_not_asked(sequent, asking):
    build = sequent("approve", "rel1", "build")
    assert (build.returncode, "'build' asks no question" in build.stderr) == (2, True)
    assert sequent("approve", "rel1", "ship", "--set", "copies=1").returncode == 0
    asking.communicate()
    late = sequent("approve", "rel1", "ship")
    assert (late.returncode, "is not running: success" in late.stderr) == (2, True)


def test_a_no_is_a_failure_with_the_person_and_the_reason_and_a_recovery_asks_again(sequent, asking):
    assert sequent("approve", "rel1", "ship", "--no", "--why", "not today").stderr == "run rel1: ship is rejected\n"
    _, err = asking.communicate()
    assert asking.returncode == 1
    assert "Rejected: rejected by " in err
    assert "not today" in err
    over = sequent("approve", "rel1", "ship", "--set", "copies=1")
    assert "the question of 'ship' is answered already, by " in over.stderr
    assert "it failed; it asks: Ship {build.result}?" in sequent("recover", "rel1", "--plan").stdout
    again = sequent.start("recover", "rel1")
    wait_until(lambda: is_asked(sequent))
    assert sequent("approve", "rel1", "ship", "--set", "copies=2").returncode == 0
    again.communicate()
    assert (again.returncode, delivered(sequent)) == (0, "2 \n")


def test_a_driver_that_is_killed_asks_again_and_the_answer_given_meanwhile_counts_once(sequent, asking):
    asked = asked_at(sequent)
    asking.send_signal(signal.SIGKILL)
    asking.communicate()
    recovering = sequent.start("recover", "rel1")
    wait_until(lambda: "recovery 1" in sequent("show", "rel1").stdout and is_asked(sequent))
    assert asked_at(sequent) == asked
    recovering.send_signal(signal.SIGKILL)
    recovering.communicate()
    first = sequent("approve", "rel1", "ship", "--set", "copies=1")
    assert first.stderr == "run rel1: ship is approved, once the run is resumed\n"
    assert "note: 'ship' is approved by " in sequent("recover", "rel1", "--plan").stdout
    second = sequent("approve", "rel1", "ship", "--no")
    assert second.stderr.startswith("run rel1: ship is rejected, once the run is resumed, unless the answer of ")
    assert "rejected by " in sequent("recover", "rel1", "--plan").stdout
    third = sequent("approve", "rel1", "ship", "--set", "copies=3")
    assert (third.returncode, "is answered already, by" in third.stderr) == (2, True)
    assert sequent("recover", "rel1").returncode == 0
    assert delivered(sequent) == "1 \n"
    shown = sequent("show", "rel1").stdout
    assert shown.count("  approve ship ") == 2
    assert "refused: 'ship' cannot be answered: it has succeeded" in shown


def test_an_unfit_answer_to_a_run_that_nothing_drives_does_not_keep_others_from_answering(sequent):
    (sequent.directory / "release.py").write_text(RELEASE)
    sequent("run", "release.py:release", "--run-id", "rel1", "--max-loops", "1")
    for words in ((), ("--set", "copies=many"), ("--set", "copies=2"), ("--set", "copies=3")):
        assert sequent("approve", "rel1", "ship", *words).returncode == 0
    done = sequent("continue", "rel1")
    assert (done.returncode, delivered(sequent)) == (0, "2 \n"), done.stderr
    first, second, third = (line for line in sequent("show", "rel1").stdout.splitlines() if "refused: " in line)
    assert "needs a Terms" in first
    assert "is not a Terms" in second
    assert "it has succeeded" in third


def test_a_run_that_waits_only_for_people_is_suspended_and_continued(sequent):
    (sequent.directory / "release.py").write_text(RELEASE)
    begun = sequent("run", "release.py:release", "--run-id", "rel1", "--max-loops", "1")
    assert begun.returncode == 0
    assert "suspended" in begun.stderr
    assert is_asked(sequent)
    early = sequent("continue", "rel1")
    assert (early.returncode, early.stderr) == (0, "")
    assert sequent("approve", "rel1", "ship", "--set", "copies=5").returncode == 0
    done = sequent("continue", "rel1")
    assert (done.returncode, delivered(sequent)) == (0, "5 \n"), done.stderr


def test_a_run_that_is_stopped_takes_its_question_back(sequent, asking):
    assert sequent("stop", "rel1").returncode == 0
    _, err = asking.communicate()
    assert "stopped" in err
    again = sequent.start("recover", "rel1")
    wait_until(lambda: "recovery 1" in sequent("show", "rel1").stdout and is_asked(sequent))
    assert sequent("approve", "rel1", "ship", "--set", "copies=4").returncode == 0
    again.communicate()
    assert (again.returncode, delivered(sequent)) == (0, "4 \n")


def test_many_answers_at_once_are_one(sequent, asking):
    answering = [sequent.start("approve", "rel1", "ship", "--set", f"copies={number}") for number in range(4)]
    codes = [process.wait() for process in answering]
    errors = [process.communicate()[1] for process in answering]
    asking.communicate()
    assert sorted(codes) == [0, 2, 2, 2], errors
    assert delivered(sequent) == f"{codes.index(0)} \n"


CANCELLING = """
from pathlib import Path

from sequent import approve, container, step


@container
class flow:
    @container
    class inner:
        ship = approve("Ship?")

        @step
        def test(self) -> None:
            Path("go").read_text()
            raise ValueError("no")

    @step(requires=inner.failed)
    def tell(self) -> None:
        Path("go").read_text()
"""


def test_a_question_that_was_cancelled_is_shown_no_longer_and_has_no_answer(sequent):
    (sequent.directory / "cancelling.py").write_text(CANCELLING)
    go = sequent.directory / "go"
    os.mkfifo(go)
    running = sequent.start("run", "cancelling.py:flow", "--run-id", "c1")
    wait_until(lambda: "inner.ship: 1 waiting" in sequent("show", "c1").stdout)
    go.write_text("")
    wait_until(lambda: "tell: 1 active" in sequent("show", "c1").stdout)
    shown = sequent("show", "c1").stdout
    assert "inner.ship: 1 cancelled\n" in shown
    assert "asked" not in shown
    refused = sequent("approve", "c1", "inner.ship")
    assert "the question of 'inner.ship' is not open: nobody has been asked" in refused.stderr
    go.write_text("")
    running.communicate()
    assert running.returncode == 0


def test_a_question_without_an_answer_in_time_fails(sequent):
    (sequent.directory / "quick.py").write_text(
        'from sequent import Sequent\nflow = Sequent("quick")\nflow.add_step("ship", approve="Now?", timeout=0.05)\n'
    )
    done = sequent("run", "quick.py:flow")
    assert done.returncode == 1
    assert "TimeoutError: nobody answered within " in done.stderr
