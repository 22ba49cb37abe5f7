"""The notes and artifacts of attempts, in any store: kept with the outcome, once, and removed with the run."""

from __future__ import annotations

import os

import pytest

from sequent.errors import StoreError
from sequent.model.outcome import Problem
from sequent.model.status import RunStatus, Status
from sequent.model.story import Artifact, Note
from sequent.runtime.artifact_files import artifact_path, keep_artifact
from sequent.runtime.pruning import PruneRule
from sequent.runtime.rows import Batch, Ending, FrameKey, FrameOpening, LeftStory, RepeatOpening, RunEnd, TaskKey
from sequent.runtime.store.sql.seals import sealed
from sequent.runtime.task_list_port import STORY_START
from tests.contracts.plans import CELL, EACH, GRID, MANY, TASK_A, attempted, create, intent

LARGE = bytes(range(256)) * 10_000
"""It takes several pieces in a database."""


def note(text: str) -> Note:
    return Note(at=11.0, text=text)


def left(store, run) -> list[tuple[str, str, int, object]]:
    return [(each.located, each.sequence, each.attempt, each.part) for each in store.story(run.record)]


def ended(key: TaskKey, *parts, attempt: int = 1, status: Status = Status.SUCCESS) -> Batch:
    problem = Problem(type="ValueError", message="no") if status is Status.FAILURE else None
    ending = Ending(key, attempt, status, 11.0, None if problem else "1", problem=problem)
    return Batch(endings=[ending], stories=[LeftStory(key, attempt, parts)])


def test_what_an_attempt_has_left_is_there_with_its_outcome_and_once_however_often_it_is_written(store):
    run = create(store)
    run.commit(Batch(intents=[intent(TASK_A)]))
    assert left(store, run) == []
    batch = ended(TASK_A, note("**one**\x1b[31m"), note("é"))
    run.commit(batch)
    run.commit(batch)
    assert left(store, run) == [("a", "1", 1, note("**one**\x1b[31m")), ("a", "1", 1, note("é"))]
    assert run.result(TASK_A) == "1"


@pytest.mark.parametrize("status", [Status.FAILURE, Status.WAITING])
def test_that_of_a_failed_or_lost_attempt_stays_beside_that_of_the_next(store, status):
    run = create(store)
    run.commit(Batch(intents=[intent(TASK_A)]))
    run.commit(ended(TASK_A, note("first"), status=status))
    run.commit(Batch(intents=[intent(TASK_A, attempt=2)]))
    run.commit(ended(TASK_A, note("second"), attempt=2))
    assert left(store, run) == [("a", "1", 1, note("first")), ("a", "1", 2, note("second"))]


def test_each_iteration_has_its_own_and_a_repeat_that_begins_anew_has_none(store):
    run = create(store)
    run.commit(Batch(frames=[FrameOpening(FrameKey(1, GRID, 2), 5)], repeats=[RepeatOpening(1, MANY, "[1,2]")]))
    places = [TaskKey(5, CELL, 0), TaskKey(1, EACH, 1), TaskKey(1, EACH, 2)]
    run.commit(Batch(intents=[intent(place) for place in places]))
    for place in places:
        run.commit(ended(place, note(str(place.iteration))))
    assert [each[:2] for each in left(store, run)] == [("many", "1.1"), ("many", "1.2"), ("grid.cell", "1.2")]
    run.commit(Batch(renewed=[(1, MANY, EACH)]))
    assert [each[:2] for each in left(store, run)] == [("grid.cell", "1.2")]
    run.commit(Batch(renewed=[(1, GRID, None)]))
    assert left(store, run) == []


def kept(run, data: bytes) -> Artifact:
    digest = keep_artifact(run.directory, data)
    return Artifact(at=11.0, title="Rows", name="rows.bin", media="image/png", size=len(data), digest=digest)


def test_an_artifact_is_read_back_as_it_was(store):
    run = create(store)
    artifact = kept(run, LARGE)
    run.commit(Batch(intents=[intent(TASK_A)]))
    run.commit(ended(TASK_A, artifact, kept(run, b"")))
    assert left(store, run)[0][3] == artifact
    assert store.artifact(run.record, artifact.digest) == LARGE
    assert list(store.problems()) == []
    with pytest.raises(StoreError):
        store.artifact(run.record, "0" * 64)


def test_an_artifact_that_is_missing_or_another_is_told_by_a_check(store):
    run = create(store)
    artifact = kept(run, LARGE)
    run.commit(Batch(intents=[intent(TASK_A)]))
    run.commit(ended(TASK_A, artifact))
    path, session = artifact_path(run.directory, artifact.digest), store._session
    on_server = not session.database.begins_locked
    if on_server:
        with session.transaction():
            session.execute("prune_piece", run.record.number, 1)
    else:
        with open(path, "r+b") as file:
            file.write(b"x")
    (told,) = store.problems()
    assert artifact.digest in told
    if not on_server:
        os.unlink(path)
        assert artifact.digest in next(store.problems())


def test_an_altered_note_is_never_shown(store):
    run = create(store)
    run.commit(Batch(intents=[intent(TASK_A)]))
    run.commit(ended(TASK_A, note("true")))
    session = store._session
    with session.transaction():
        session.execute("drop_notes_of_frame", run.record.number, 1)
        row = (run.record.number, 1, TASK_A.node, "", 0, 1, 1)
        session.write("put_note", [(*row, sealed('{"kind":"note","at":11.0,"text":"true"}').replace("true", "false"))])
    with pytest.raises(StoreError, match="a note that cannot be read"):
        left(store, run)
    (told,) = store.problems()
    assert "cannot be read" in told


@pytest.mark.parametrize("text", ['{"kind":"note"}', '{"kind":"other","at":1.0,"text":""}', "[]", "null"])
def test_a_row_that_is_no_note_is_told(store, text):
    run = create(store)
    session = store._session
    with session.transaction():
        session.write("put_note", [(run.record.number, 1, TASK_A.node, "", 0, 1, 1, sealed(text))])
    with pytest.raises(StoreError, match="a note that cannot be read"):
        left(store, run)


def test_a_pruned_run_leaves_neither_notes_nor_artifacts(store):
    run, other = create(store), create(store)
    for each in (run, other):
        attempted(each, TaskKey(1, CELL, 0))
        each.commit(Batch(intents=[intent(TASK_A)]))
        each.commit(ended(TASK_A, note("one"), kept(each, LARGE)))
    run.commit(Batch(end=RunEnd(RunStatus.SUCCESS, {})))
    run.close()
    session, number, path = store._session, run.record.number, artifact_path(run.directory, kept(other, LARGE).digest)
    assert len(session.rows("notes", number)) == 2
    store.prune(PruneRule(keep=0))
    assert session.rows("notes", number) == []
    assert not os.path.exists(path)
    assert len(left(store, other)) == 2


def test_pages_of_notes_follow_each_other_without_gaps(store):
    run = create(store)
    run.commit(Batch(frames=[FrameOpening(FrameKey(1, GRID, 2), 5)], repeats=[RepeatOpening(1, MANY, "[1,2]")]))
    places = [TASK_A, TaskKey(5, CELL, 0), TaskKey(1, EACH, 1), TaskKey(1, EACH, 2)]
    run.commit(Batch(intents=[intent(place) for place in places]))
    for place in places:
        run.commit(ended(place, note("one"), note("two"), note("three")))
    tasks, found, after = store.tasks(run.record), [], STORY_START
    while after is not None:
        page = tasks.story_page(after, 2)
        assert len(page.parts) <= 2
        found += page.parts
        after = page.next
    assert found == [*store.story(run.record)]
    assert len(found) == 12


def test_a_task_tells_what_all_its_attempts_have_left_and_nothing_of_others(store):
    run = create(store)
    run.commit(Batch(frames=[FrameOpening(FrameKey(1, GRID, 2), 5)], repeats=[RepeatOpening(1, MANY, "[1,2]")]))
    for attempt in (1, 2):
        for place in (TASK_A, TaskKey(5, CELL, 0), TaskKey(1, EACH, 2)):
            run.commit(Batch(intents=[intent(place, attempt=attempt)]))
            run.commit(ended(place, note(f"{place.node} {attempt}"), attempt=attempt, status=Status.FAILURE))
    tasks = store.tasks(run.record)
    for path, numbers, node in (("a", (1,), TASK_A.node), ("grid.cell", (1, 2), CELL), ("many", (1, 2), EACH)):
        texts = [(each.attempt, each.part.text) for each in tasks.left_by(path, numbers)]
        assert texts == [(1, f"{node} 1"), (2, f"{node} 2")]
    assert tasks.left_by("many", (1, 1)) == tasks.left_by("none", (1,)) == []
