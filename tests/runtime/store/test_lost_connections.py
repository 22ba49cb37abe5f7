"""Connections to PostgreSQL that are lost, with and without the answer to a commit."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from sequent.errors import StoreLostError
from sequent.model.status import RunStatus, Status
from sequent.runtime import backoff
from sequent.runtime.rows import Batch, Ending, FrameKey, FrameOpening, Wait
from sequent.runtime.store import open_store
from tests.contracts.plans import BLOCK, TASK_A, attempted, create, each, intent
from tests.contracts.test_sharing import ask, using
from tests.runtime.store.runs_in_postgresql import commits, is_whole


@pytest.fixture
def behind(way, url, cluster):
    """A store whose answers may be lost."""
    with closing(open_store(url.replace(str(cluster.port), str(way.port)))) as opened:
        yield opened


BATCHES = {
    "whole": (b"WITH guarded", {"frames": [FrameOpening(FrameKey(1, BLOCK, 1), 2)]}),
    "rare": (b"COMMIT", {"waits": [Wait(TASK_A, 1, "", 0.0, 1.0, None)]}),
}


@pytest.mark.parametrize("kind", BATCHES)
def test_a_commit_whose_answer_is_lost_is_not_repeated(kind, behind, way):
    run = create(behind)
    way.loses, more = BATCHES[kind]
    batch = Batch(intents=[intent(TASK_A)], **more)
    run.commit(batch)
    assert way.lost == 1
    assert commits(behind) == 2
    run.commit(Batch(endings=[Ending(TASK_A, 1, Status.SUCCESS, 11.0, result="1")]))
    assert run.result(TASK_A) == "1"
    assert is_whole(behind)


@pytest.mark.parametrize("kind", BATCHES)
def test_a_commit_that_cannot_be_looked_up_is_repeated_to_the_same_effect(kind, behind, way):
    run = create(behind)
    way.loses, more = BATCHES[kind]
    batch = Batch(intents=[intent(TASK_A)], **more)
    way.refuses = True
    with pytest.raises(StoreLostError):
        run.commit(batch)
    with pytest.raises(StoreLostError):
        run.commit(batch)
    way.refuses = False
    # Meanwhile, the driver has heard more.
    batch.intents.append(intent(each(1)))
    run.commit(batch)
    assert len(list(behind.attempts(run.record))) == 2
    assert is_whole(behind)


def test_an_amount_that_was_granted_by_a_lost_commit_is_granted_once(behind, way):
    run = using(behind)
    way.loses, way.refuses = b"COMMIT", True
    with pytest.raises(StoreLostError):
        ask(run, 3)
    way.refuses = False
    assert ask(run, 3)
    assert not ask(run, 2, each(1))


def test_a_run_whose_making_was_not_answered_can_be_taken(behind, way):
    way.loses = b"COMMIT"
    with pytest.raises(StoreLostError):
        create(behind)
    assert behind.find("latest").status is RunStatus.INTERRUPTED
    behind.take("latest").close()


def test_a_large_value_that_cannot_be_written_is_written_later(behind, way):
    run = create(behind)
    run.commit(Batch(intents=[intent(TASK_A)]))
    batch = Batch(endings=[Ending(TASK_A, 1, Status.SUCCESS, 11.0, result='"' + "x" * 3_000_000 + '"')])
    way.refuses, way.loses = True, b"INSERT INTO"
    with pytest.raises(StoreLostError):
        run.commit(batch)
    way.refuses = False
    run.commit(batch)
    assert len(run.result(TASK_A)) == 3_000_002
    assert is_whole(behind)


def test_a_lease_that_cannot_be_renewed_lets_nothing_be_written(behind, way):
    run = create(behind)
    way.refuses, way.loses = True, b"UPDATE"
    run._claim._renewed_at -= 25
    for _ in range(2):
        with pytest.raises(StoreLostError):
            run.commit(Batch(intents=[intent(TASK_A)]))
    way.refuses = False
    run.commit(Batch(intents=[intent(TASK_A)]))


def test_a_question_gives_up_for_somebody_who_is_in_a_hurry(behind, way):
    create(behind)
    way.refuses, way.loses = True, b"SELECT"
    backoff.hurry()
    try:
        with pytest.raises(StoreLostError):
            behind.runs()
    finally:
        backoff.hurry(is_hurried=False)


def test_a_question_waits_for_a_server_that_is_gone_for_a_while(behind, way, capsys):
    create(behind)
    way.refuses, way.loses = True, b"SELECT"
    threading.Timer(0.3, lambda: setattr(way, "refuses", False)).start()
    assert len(behind.runs()) == 1


def test_a_backend_that_is_ended_is_replaced(cluster, database, store):
    run = create(store)
    cluster.end_connections(f"datname = '{database}'")
    assert store.find("latest").status is RunStatus.RUNNING
    with pytest.raises(StoreLostError):
        run.commit(Batch(intents=[intent(TASK_A)], waits=[Wait(TASK_A, 1, "", 0.0, 1.0, None)]))
    attempted(run, TASK_A)
    assert is_whole(store)


@pytest.mark.parametrize("pools", [False, True])
def test_nothing_is_prepared_behind_a_pooler(pools, way, url, cluster, database):
    way.pools = pools
    with closing(open_store(url.replace(str(cluster.port), str(way.port)))) as store:
        run = create(store)
        for number in range(1, 20):
            attempted(run, each(number))
        prepared = run._own.ask("SELECT count(*) FROM pg_prepared_statements")
        assert (prepared[0][0] == 0) is pools
