"""Each message of each transaction in PostgreSQL whose answer is lost: repeated, it has the same effect as once.

LOST_ANSWERS says how many messages of each are tried (see CONTRIBUTING.md).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from sequent.errors import StoreError, StoreLostError
from sequent.model.status import RunStatus, Status
from sequent.runtime.ports import DrivenRun, Store
from sequent.runtime.rows import Batch, Ending, FrameKey, FrameOpening, Hold, RunEnd, Wait
from sequent.runtime.store import open_store, upgrade_store
from sequent.runtime.store.postgresql import opening
from sequent.runtime.store.postgresql.schema import VERSION
from sequent.runtime.store.sql.tally import count_run, read_tally
from tests.contracts.plans import BLOCK, TASK_A, attempted, create, each, intent, plan
from tests.contracts.test_sharing import ask, using
from tests.faults import evidence
from tests.faults.matrix import POSTGRESQL
from tests.proxies import Proxy, proxy

MOST = int(os.environ.get("LOST_ANSWERS", "6"))
_ROWS = (
    "SELECT frame, node, iteration, number, state, result FROM {}.attempt WHERE run = {} ORDER BY 1, 2, 3, 4",
    "SELECT parent, node, number, id, status FROM {}.frame WHERE run = {} ORDER BY 1, 2, 3",
    "SELECT frame, node, iteration, attempt, due FROM {}.wait WHERE run = {} ORDER BY 1, 2, 3, 4",
    "SELECT frame, node, pool, amount, shared FROM {}.hold WHERE run = {} ORDER BY 1, 2, 3",
    "SELECT frame, node, amounts FROM {}.ticket WHERE run = {} ORDER BY 1, 2",
    "SELECT name, capacity FROM {}.pool WHERE run = {} ORDER BY 1",
    "SELECT digest, number FROM {}.piece WHERE run = {} ORDER BY 1, 2",
    "SELECT status, recovery, ended IS NULL, counts, definition IS NULL FROM {}.run WHERE number = {}",
)
Act = Callable[[DrivenRun], object]


def ended(run: DrivenRun) -> None:
    run.commit(Batch(end=RunEnd(RunStatus.FAILURE, {Status.SUCCESS: 1}, "no")))


ACTS: dict[str, tuple[Act, Act]] = {
    "attempts begin": (lambda run: None, lambda run: run.commit(Batch(intents=[intent(TASK_A), intent(each(1))]))),
    "an attempt ends": (
        lambda run: run.commit(Batch(intents=[intent(TASK_A)])),
        lambda run: run.commit(Batch(endings=[Ending(TASK_A, 1, Status.SUCCESS, 11.0, result="1")])),
    ),
    "an iteration begins": (
        lambda run: None,
        lambda run: run.commit(Batch(frames=[FrameOpening(FrameKey(1, BLOCK, 1), 2)], intents=[intent(TASK_A)])),
    ),
    "a wait": (lambda run: None, lambda run: run.commit(Batch(waits=[Wait(TASK_A, 1, "", 0.0, 1.0, None)]))),
    "a large result": (
        lambda run: run.commit(Batch(intents=[intent(TASK_A)])),
        lambda run: run.commit(
            Batch(endings=[Ending(TASK_A, 1, Status.SUCCESS, 11.0, result='"' + "x" * 2**21 + '"')])
        ),
    ),
    "shared pools are used": (lambda run: None, lambda run: run.use_pools({"db": 4})),
    "an amount is asked for": (lambda run: run.use_pools({"db": 4}), lambda run: ask(run, 3)),
    "an amount is given back": (
        lambda run: (run.use_pools({"db": 4}), ask(run, 3)),
        lambda run: run.commit(Batch(holds=[Hold(TASK_A, "db", 0, is_shared=True)])),
    ),
    "another definition": (lambda run: None, lambda run: run.adopt(plan(), {"a": "other"})),
    "the end": (lambda run: attempted(run, TASK_A), ended),
}


@pytest.fixture
def way(cluster: Any) -> Iterator[Proxy]:
    with proxy(cluster.port) as made:
        yield made


@pytest.fixture
def name(cluster: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    made: str = cluster.new_database()
    return made


def behind(cluster: Any, way: Proxy, name: str, **query: str) -> str:
    url: str = cluster.url(name, **query)
    return url.replace(str(cluster.port), str(way.port))


def until_answered(act: Callable[[], object]) -> None:
    """Do it as a driver does: again, as long as the answer is lost."""
    for _ in range(5):
        try:
            act()
        except StoreLostError:
            continue
        return
    raise AssertionError("it is never answered")


def rows_of(cluster: Any, name: str, number: int) -> list[Any]:
    return [cluster.execute(text.format("sequent", number), name) for text in _ROWS]


@pytest.mark.parametrize("kind", ACTS)
def test_whatever_answer_is_lost_the_transaction_is_there_once(kind: str, cluster: Any, way: Proxy, name: str) -> None:
    prepare, act = ACTS[kind]
    lost = 0
    with closing(open_store(behind(cluster, way, name))) as store:
        wanted: list[Any] = []
        for message in range(MOST + 1):
            run = create(store)
            prepare(run)
            way.loses_at, before = message, way.lost
            until_answered(lambda run=run: act(run))
            way.loses_at = 0
            found = rows_of(cluster, name, run.record.number)
            wanted = wanted or found
            assert found == wanted, f"message {message} of {kind}"
            assert is_whole(store, run.record.number)
            if message and way.lost == before:
                break
            lost += way.lost - before
            run.close()
    assert lost >= min(MOST, 1)
    evidence.note(11, POSTGRESQL, lost_answers=lost)


def is_whole(store: Store, number: int) -> bool:
    session = store._session  # type: ignore[attr-defined]
    return bool(read_tally(session.row("run_with_number", number)[-2]) == count_run(session, number))


def test_a_takeover_of_which_any_answer_is_lost_can_be_done_again(cluster: Any, way: Proxy, name: str) -> None:
    lost = 0
    with closing(open_store(behind(cluster, way, name))) as store:
        for message in range(1, 2 * MOST):
            run = using(store)
            attempted(run, TASK_A, result="1")
            run.close()
            way.loses_at, before = message, way.lost
            taken: list[DrivenRun] = []
            until_answered(lambda taken=taken, run=run: taken.append(store.take(run.record.id)))
            way.loses_at = 0
            assert taken[0].result(TASK_A) == "1"
            attempted(taken[0], each(1))
            assert is_whole(store, run.record.number)
            taken[0].close()
            lost += way.lost - before
    evidence.note(11, POSTGRESQL, lost_answers=lost)


def test_tables_of_which_any_answer_is_lost_are_made_or_not_made(cluster: Any, way: Proxy, name: str) -> None:
    lost = 0
    for message in range(1, 4 * MOST, 3):
        schema = f"of_{message}"
        way.loses_at, before = message, way.lost
        url = behind(cluster, way, name, schema=schema)
        try:
            upgrade_store(url)
        except StoreError:
            tables = f"SELECT count(*) FROM pg_tables WHERE schemaname = '{schema}'"
            there = cluster.execute(tables, name)[0][0]
            assert there in (0, len(list(opening_tables())))
        way.loses_at = 0
        until_answered(lambda url=url: upgrade_store(url))
        assert cluster.execute(f"SELECT version FROM {schema}.store", name) == [(VERSION,)]
        lost += way.lost - before
    evidence.note(24, POSTGRESQL, lost_answers=lost)


def opening_tables() -> Iterator[str]:
    """The tables of a store."""
    from sequent.runtime.store.postgresql.schema import SchemaStatements

    return (name for name in SchemaStatements("x") if name.startswith("create_") and not name.endswith("_by_id"))


def test_an_upgrade_of_which_any_answer_is_lost_is_done_or_not_done(
    cluster: Any, way: Proxy, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade_store(cluster.url(name))
    lost = 0
    for message in range(1, 2 * MOST):
        cluster.execute(f"UPDATE sequent.store SET version = {VERSION - 1}", name)
        steps = {VERSION - 1: (f"ALTER TABLE request ADD COLUMN more{message} text", f"CREATE TABLE x{message} ()")}
        monkeypatch.setattr(opening, "_STEPS", steps)
        way.loses_at, before = message, way.lost
        until_answered(lambda: upgrade_store(behind(cluster, way, name)))
        way.loses_at = 0
        added = f"SELECT count(*) FROM information_schema.columns WHERE column_name = 'more{message}'"
        assert cluster.execute(added, name) == [(1,)]
        assert cluster.execute("SELECT version FROM sequent.store", name) == [(VERSION,)]
        lost += way.lost - before
    evidence.note(24, POSTGRESQL, lost_answers=lost)
