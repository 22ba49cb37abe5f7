"""Runs that go on with a flow in which steps and containers have other names."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequent import api, container, item, step
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import DefinitionError, UsageError
from sequent.model.status import RunStatus
from sequent.runtime.recovery.task_selection import RecoveryRequest
from sequent.runtime.store import open_store

RUNS = Path("runs")


def ran(name: str) -> str:
    with RUNS.open("a") as file:
        file.write(f"{name}\n")
    return name


def fail(name: str) -> None:
    if not Path("ok").exists():
        raise RuntimeError(name)


@container(task_construct="invoke")
class flow:
    @step
    def find(self) -> list[str]:
        ran("find")
        return ["a", "b"]

    @container(repeats=find.result)
    class each:
        word: str = item()

        @step
        def read(self) -> str:
            return ran(f"read {self.word}")

        @step
        def work(self, read: str = read.result) -> str:
            if self.word == "b":
                fail("b")
            return read

        result = work

    @step(requires=each.done)
    def tidy(self) -> None: ...

    @step
    def join(self, made: list[str] = each.result) -> str:
        return " ".join(made)

    result = join


old = flow


@container(task_construct="invoke")
class flow:
    @step
    def list_all(self) -> list[str]:
        ran("list_all")
        return ["a", "b"]

    @container(repeats=list_all.result)
    class every:
        word: str = item()

        @step
        def fetch(self) -> str:
            return ran(f"fetch {self.word}")

        @step
        def work(self, read: str = fetch.result) -> str:
            if self.word == "b":
                fail("b")
            return read

        result = work

    @step(requires=every.done)
    def tidy(self) -> None: ...

    @step
    def join(self, made: list[str] = every.result) -> str:
        return " ".join(made)

    result = join


RENAMED = ("find=list_all", "each=every", "each.read=every.fetch")


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    opened = open_store(str(tmp_path / "s.db"))
    assert not old().run(store=opened.name)
    yield opened
    opened.close()


def recovered(store, *renamed: str, **asked):
    return api.recover(
        definition_of(flow), store.find("latest"), store=store, request=RecoveryRequest(renamed=renamed, **asked)
    )


def test_what_has_succeeded_is_kept_under_its_new_name(store):
    Path("ok").touch()
    planned = api.plan_recovery(
        definition_of(flow), store.find("latest"), store=store, request=RecoveryRequest(renamed=RENAMED)
    )
    fates = {f"{task.path}/{task.sequence}": str(task.fate) for task in planned.tasks}
    assert fates == {
        "list_all/1": "kept",
        "every.fetch/1.1": "kept",
        "every.work/1.1": "kept",
        "every.fetch/1.2": "kept",
        "every.work/1.2": "rerun",
        "tidy/1": "rerun",
        "join/1": "rerun",
    }
    outcome = recovered(store, *RENAMED)
    assert (outcome.status, outcome.result) == (RunStatus.SUCCESS, "read a read b")
    assert RUNS.read_text().split("\n") == ["find", "read a", "read b", ""]
    assert {told.path for told in store.attempts(store.find("latest"))} == {
        "list_all",
        "every.fetch",
        "every.work",
        "tidy",
        "join",
    }


def test_a_later_recovery_needs_to_be_told_nothing(store):
    assert not recovered(store, *RENAMED)
    Path("ok").touch()
    assert recovered(store).status is RunStatus.SUCCESS
    assert RUNS.read_text().split("\n") == ["find", "read a", "read b", ""]


def test_what_is_left_out_is_told_with_what_to_type(store):
    with pytest.raises(DefinitionError) as caught:
        recovered(store, *RENAMED[1:])
    assert "'find' is gone" in caught.value.message
    assert "'list_all' is new" in caught.value.message
    assert "'join'" not in caught.value.message
    assert "if it was renamed to 'list_all': sequent recover r00001 --renamed find=list_all" in str(caught.value.hint)
    with pytest.raises(DefinitionError) as caught:
        recovered(store)
    assert "once for each: sequent recover r00001 --renamed OLD=NEW" in str(caught.value.hint)


WRONG = {
    "no form": ("find", "is not OLD=NEW"),
    "nothing old": ("fnd=list_all", "the run has no step or container 'fnd'"),
    "the other way round": ("list_all=find", "'find' is the old name, and 'list_all' the new one"),
    "nothing new": ("find=list_al", "the flow has no step or container 'list_al'"),
    "what is still there": ("tidy=join", "the flow still has 'tidy'"),
}


@pytest.mark.parametrize(("typed", "told"), WRONG.values(), ids=WRONG)
def test_a_renaming_that_cannot_be_is_refused_by_name(store, typed, told):
    with pytest.raises(UsageError, match=told):
        recovered(store, typed)


def test_one_name_for_two_is_refused(store):
    with pytest.raises(UsageError, match="is given twice"):
        recovered(store, "find=list_all", "each=list_all")
    with pytest.raises(DefinitionError, match=r"'list_all' has changed.* Before: container, .*. Now: step"):
        recovered(store, "each=list_all", "find=every")
