"""Repeats whose items are found anew, since all their iterations run again; and repeats that keep them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import sequent
from sequent import STEP_FAILURE, STEP_SUCCESS, STP_RERUN, STP_SKIP, api, container, item, outer, previous, step
from sequent.dsl.specification.definitions import definition_of
from sequent.model.outcome import Outcome
from sequent.model.status import RunStatus, Status
from sequent.runtime.recovery.task_selection import RecoveryRequest
from sequent.runtime.store import open_store

WORDS = Path("words")
OK = Path("ok")
RERUN = {STEP_SUCCESS: STP_RERUN}


def words() -> list[str]:
    return WORDS.read_text().split()


def mended(word: str) -> str:
    """Fail at ``b`` as long as nothing is mended."""
    if word == "b" and not OK.exists():
        raise RuntimeError("not yet")
    return word.upper()


@container(task_construct="invoke")
class listed:
    @step
    def find(self) -> list[str]:
        return words()

    @container(repeats=find.result)
    class each:
        word: str = item()

        @step
        def read(self) -> str:
            return self.word

        @step
        def work(self, word: str = read.result) -> str:
            return mended(word)

        result = work

    @step
    def join(self, made: list[str] = each.result) -> str:
        return " ".join(made)

    result = join


@container(task_construct="invoke")
class repeated:
    @step
    def find(self) -> list[str]:
        return words()

    @step(repeats=find.result)
    def each(self, word: str = item()) -> str:
        return mended(word)

    @step
    def join(self, made: list[str] = each.result) -> str:
        return " ".join(made)

    result = join


@container(task_construct="invoke")
class further_out:
    @step
    def find(self) -> list[str]:
        return words()

    @container(repeats=[1])
    class group:
        found: list[str] = outer.find.result

        @container(repeats=outer.find.result)
        class each:
            word: str = item()

            @step
            def work(self) -> str:
                return mended(self.word)

            result = work

        result = each

    @step
    def join(self, made: list[list[str]] = group.result) -> str:
        return " ".join(made[0])

    result = join


@container(task_construct="invoke")
class nested:
    @step
    def find(self) -> list[str]:
        return words()

    @container(repeats=find.result)
    class each:
        word: str = item()

        @step
        def letters(self) -> list[str]:
            return [self.word]

        @step(repeats=letters.result)
        def work(self, letter: str = item()) -> str:
            return mended(letter)

        @step
        def one(self, made: list[str] = work.result) -> str:
            return "".join(made)

        result = one

    @step
    def join(self, made: list[str] = each.result) -> str:
        return " ".join(made)

    result = join


@container(task_construct="invoke")
class called:
    @step
    def find(self) -> None: ...

    @container(repeats=lambda: words(), requires=find)
    class each:
        word: str = item()

        @step
        def work(self) -> str:
            return mended(self.word)

        result = work

    @step
    def join(self, made: list[str] = each.result) -> str:
        return " ".join(made)

    result = join


def drawn() -> Iterator[str]:
    yield from words()


@container(task_construct="invoke")
class generated:
    @step
    def find(self) -> None: ...

    @step(repeats=drawn, requires=find)
    def each(self, word: str = item()) -> str:
        return mended(word)

    @step
    def join(self, made: list[str] = each.result) -> str:
        return " ".join(made)

    result = join


@container(task_construct="invoke")
class folded:
    @step
    def find(self) -> list[str]:
        return words()

    @container(repeats=find.result)
    class each:
        word: str = item()

        @step
        def work(self, before: str = previous("")) -> str:
            return f"{before} {mended(self.word)}".strip()

        result = work

    @step
    def join(self, made: list[str] = each.result) -> str:
        return made[-1]

    result = join


@container(task_construct="invoke")
class directed:
    @step(recovery=RERUN)
    def find(self) -> list[str]:
        return words()

    @container(repeats=find.result)
    class each:
        word: str = item()

        @step(recovery=RERUN)
        def work(self) -> str:
            return mended(self.word)

        result = work

    @step
    def join(self, made: list[str] = each.result) -> str:
        return " ".join(made)

    result = join


@container(task_construct="invoke")
class skipping:
    @step(recovery=RERUN)
    def find(self) -> list[str]:
        return words()

    @container(repeats=find.result)
    class each:
        word: str = item()

        @step(recovery={STEP_SUCCESS: STP_RERUN, STEP_FAILURE: STP_SKIP})
        def work(self) -> None:
            mended(self.word)

    @step
    def join(self, requires: None = None) -> str:
        return "joined"

    result = join


FROM_FIND = RecoveryRequest(after=("find",))
ANEW = {
    "a container": (listed, FROM_FIND),
    "a repeated step": (repeated, FROM_FIND),
    "a list from further out": (further_out, FROM_FIND),
    "a repeat in a repeat": (nested, FROM_FIND),
    "a callable": (called, FROM_FIND),
    "a generator": (generated, FROM_FIND),
    "a fold": (folded, FROM_FIND),
    "directives of the flow": (directed, RecoveryRequest()),
    "each by hand": (listed, RecoveryRequest(rerun=("find", "each"))),
    "each step of it by hand": (listed, RecoveryRequest(rerun=("find", "each.read", "each.work"))),
    "a repeated step by hand": (repeated, RecoveryRequest(rerun=("find", "each"))),
}
KEPT = {
    "nothing is asked": (listed, RecoveryRequest()),
    "one iteration": (listed, RecoveryRequest(rerun=("find", "each/1.1"))),
    "every iteration by its number": (listed, RecoveryRequest(rerun=("find", "each/1.1", "each/1.2"))),
    "one of two steps": (listed, RecoveryRequest(rerun=("find", "each.work"))),
    "from its first iteration on": (folded, RecoveryRequest(rerun=("find",), after=("each/1.1",))),
    "only who makes the list": (repeated, RecoveryRequest(rerun=("find",))),
    "one is passed over": (skipping, RecoveryRequest()),
}


@pytest.fixture(autouse=True)
def _place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    WORDS.write_text("a b")


@pytest.fixture
def store(tmp_path):
    opened = open_store(str(tmp_path / "s.db"))
    yield opened
    opened.close()


def recovered(store, flow, request: RecoveryRequest | None = None) -> Outcome:
    return api.recover(definition_of(flow), store.find("latest"), store=store, request=request)


def planned(store, flow, request: RecoveryRequest) -> dict[str, str]:
    """What a recovery would do, and why, by task."""
    plan = api.plan_recovery(definition_of(flow), store.find("latest"), store=store, request=request)
    return {f"{task.path}/{task.sequence}": f"{task.fate}: {task.reason}" for task in plan.tasks}


def run(store, flow) -> Outcome:
    return flow().run(store=store.name)


@pytest.mark.parametrize(("flow", "wanted"), ANEW.values(), ids=ANEW)
def test_items_are_found_anew_where_all_iterations_run_again(store, flow, wanted):
    assert not run(store, flow)
    WORDS.write_text("z a b")
    OK.touch()
    told = [reason for reason in planned(store, flow, wanted).values() if "its items are computed anew" in reason]
    assert len(told) == 1
    assert told[0].startswith("rerun: ")
    outcome = recovered(store, flow, wanted)
    assert (outcome.status, outcome.result) == (RunStatus.SUCCESS, "Z A B")
    assert not outcome.failures
    again = recovered(store, flow)
    assert (again.result, again.recovery) == ("Z A B", 2 if flow is directed else 1)


@pytest.mark.parametrize(("flow", "wanted"), KEPT.values(), ids=KEPT)
def test_a_repeat_goes_on_with_its_items_where(store, flow, wanted):
    assert not run(store, flow)
    WORDS.write_text("z a b")
    OK.touch()
    assert "computed anew" not in " ".join(planned(store, flow, wanted).values())
    outcome = recovered(store, flow, wanted)
    assert (outcome.status, outcome.result) == (RunStatus.SUCCESS, "joined" if flow is skipping else "A B")


@pytest.mark.parametrize("flow", [listed, repeated, called, generated, nested])
def test_an_empty_list_and_a_finished_run_are_no_exception(store, flow):
    WORDS.write_text("")
    assert run(store, flow).result == ""
    WORDS.write_text("q r")
    assert recovered(store, flow, FROM_FIND).result == "Q R"
    WORDS.write_text("")
    assert recovered(store, flow, FROM_FIND).result == ""


@pytest.mark.parametrize("flow", [listed, repeated, nested])
def test_what_was_there_of_the_old_items_counts_no_more_whatever_becomes_of_the_recovery(store, flow):
    assert not run(store, flow)
    WORDS.unlink()
    failed = recovered(store, flow, FROM_FIND)
    assert [failure.path for failure in failed.failures] == ["find"]
    WORDS.write_text("c")
    outcome = recovered(store, flow)
    assert (outcome.status, outcome.result) == (RunStatus.SUCCESS, "C")
    assert outcome.counts[Status.SUCCESS] == len(
        {(told.path, told.sequence) for told in store.attempts(store.find("latest"))}
    )


@pytest.mark.parametrize("flow", [listed, repeated, called, generated, nested])
def test_a_repeat_that_had_not_begun_by_the_recovery_that_is_gone_back_to_begins_anew(store, flow):
    WORDS.unlink()
    assert not run(store, flow)
    WORDS.write_text("a b")
    assert not recovered(store, flow)
    WORDS.write_text("z b")
    OK.touch()
    back = RecoveryRequest(recovery_run=0)
    assert "its items are computed anew" in " ".join(planned(store, flow, back).values())
    outcome = recovered(store, flow, back)
    assert (outcome.status, outcome.result) == (RunStatus.SUCCESS, "Z B")


def test_going_back_to_an_earlier_list_finds_its_items(store):
    assert not run(store, listed)
    WORDS.write_text("z b")
    OK.touch()
    assert recovered(store, listed, FROM_FIND).result == "Z B"
    assert recovered(store, listed, RecoveryRequest(recovery_run=0)).result == "A B"


def test_a_repeat_over_items_that_are_written_down_takes_those_of_now(store):
    flow = sequent.Sequent("f", store=store.name, config={"task_construct": "invoke"})
    each = flow.add_step("each", func=mended, repeats=["a", "b"], args=(sequent.item(),))
    flow.result = each
    assert not flow.run()
    OK.touch()
    assert recovered(store, flow, RecoveryRequest(rerun=("each",))).result == ["A", "B"]
