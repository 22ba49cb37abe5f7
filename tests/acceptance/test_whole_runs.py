"""Whole runs, in worker processes, with every outcome on disk: what the first page promises."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import sequent
from sequent import container, item, outer, step
from sequent.model.status import RunStatus, Status
from sequent.runtime.store import open_store


@container
class gather:
    """A fan-out over what a step found."""

    @step
    def find(self) -> list[int]:
        return list(range(1000))

    @step(repeats=find.result, parallel=0)
    def square(self, number: int = item()) -> int:
        return number * number

    @step
    def collect(self, squares: list[int] = square.result) -> list[int]:
        return squares

    result = collect


@container
class alarm:
    """A block that fails, somebody who is told, and a clean-up."""

    @container
    class block:
        @step
        def bad(self) -> None:
            raise RuntimeError("no")

        @step(requires=bad)
        def never(self) -> None: ...

    @step(requires=block.failed, handles=False)
    def alert(self) -> None: ...

    @step(requires=block.done)
    def tidy(self) -> None: ...

    @step(requires=block)
    def after(self) -> None: ...


@container(stop_on_exception=False)
class deaths:
    """One step kills its own process; the others do not notice."""

    @step
    def killed(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    @step
    def exits(self) -> None:
        os._exit(3)

    @step(repeats=range(20))
    def others(self, number: int = item()) -> int:
        return number


@container
class regions:
    """A loop in a loop, with values from further out."""

    @step
    def merge(self) -> str:
        return "merged"

    @container(repeats=["eu", "us"], parallel=2)
    class transmit:
        region: str = item()
        merged: str = outer.merge.result

        @step(repeats=[1, 2])
        def send(self, part: int = item()) -> str:
            return f"{self.merged} {self.region} {part}"

        @step
        def check(self, sent: list[str] = send.result) -> str:
            return " + ".join(sent)

        result = check

    @step
    def report(self, checked: list[str] = transmit.result) -> list[str]:
        return checked

    result = report


def statuses(store: str) -> dict[str, list[Status]]:
    """The status of each attempt of the latest run, by path, in the order of their starts."""
    opened = open_store(store)
    try:
        found: dict[str, list[Status]] = {}
        for told in opened.attempts(opened.find("latest")):
            found.setdefault(told.path, []).append(told.status)
        return found
    finally:
        opened.close()


def test_a_fan_out_over_a_result_of_1000_items_gathers_in_order(tmp_path: Path) -> None:
    outcome = gather().run(store=str(tmp_path / "s.db"))
    assert outcome.result == [number * number for number in range(1000)]
    assert outcome.counts[Status.SUCCESS] == 1002


def test_a_failed_block_runs_its_alert_and_its_clean_up_and_the_run_fails(tmp_path: Path) -> None:
    store = str(tmp_path / "s.db")
    outcome = alarm().run(store=store)
    assert not outcome
    assert outcome.status is RunStatus.FAILURE
    assert [(failure.path, failure.problem.message) for failure in outcome.failures] == [("block.bad", "no")]
    found = statuses(store)
    assert found == {
        "block.bad": [Status.FAILURE],
        "alert": [Status.SUCCESS],
        "tidy": [Status.SUCCESS],
    }


def test_a_worker_that_dies_fails_its_own_step_alone_and_says_why(tmp_path: Path) -> None:
    store = str(tmp_path / "s.db")
    outcome = deaths().run(store=store)
    problems = {failure.path: failure.problem for failure in outcome.failures}
    assert set(problems) == {"killed", "exits"}
    assert problems["killed"].signal == signal.SIGKILL
    assert problems["exits"].exit_code == 3
    assert statuses(store)["others"] == [Status.SUCCESS] * 20


def test_values_from_further_out_and_items_of_nested_repeats_reach_the_steps(tmp_path: Path) -> None:
    outcome = regions().run(store=str(tmp_path / "s.db"))
    assert outcome.result == ["merged eu 1 + merged eu 2", "merged us 1 + merged us 2"]


def test_a_flow_runs_from_a_thread(tmp_path: Path) -> None:
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(regions().run(store=str(tmp_path / "s.db"))))
    thread.start()
    thread.join()
    assert outcomes[0].status is RunStatus.SUCCESS


def test_a_recovery_in_python_runs_only_what_is_left(tmp_path: Path) -> None:
    flag = tmp_path / "mended"

    def needs(path: str) -> None:
        assert Path(path).exists(), "not mended"

    def make(**options: object) -> sequent.Sequent:
        flow = sequent.Sequent("mending", store=str(tmp_path / "s.db"), **options)
        first = flow.add_step("first", func=os.getcwd)
        flow.add_step("second", func=needs, args=(str(flag),), requires=((first, sequent.STEP_SUCCESS),))
        return flow

    assert not make().run()
    flag.touch()
    outcome = make(run_mode=sequent.RUN_RECOVER).run()
    assert outcome
    assert outcome.recovery == 1
    assert statuses(str(tmp_path / "s.db")) == {
        "first": [Status.SUCCESS],
        "second": [Status.FAILURE, Status.SUCCESS],
    }


def test_steps_run_in_this_process_where_the_flow_says_so(tmp_path: Path) -> None:
    flow = sequent.Sequent("inline", store=":memory:", config={"task_construct": "invoke"})
    here = flow.add_step("here", func=os.getpid)
    flow.result = here
    assert flow.run().result == os.getpid()
