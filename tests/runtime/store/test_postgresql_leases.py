"""Who drives a run in PostgreSQL: leases, takeovers from other machines, and waking a driver there."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, suppress
from pathlib import Path
from selectors import DefaultSelector
from subprocess import PIPE

import pytest
from attrs import evolve

from sequent.errors import BusyError, FencedError, LogElsewhereError, StoreError
from sequent.model.outcome import LogSpan
from sequent.model.status import RunStatus
from sequent.runtime.logs.log_segment import Segment
from sequent.runtime.rows import Batch, Wait
from sequent.runtime.store import open_store
from sequent.runtime.store.postgresql import leases
from tests.children import Child
from tests.contracts.plans import TASK_A, attempted, create, each, intent
from tests.contracts.test_sharing import ask, release, using
from tests.patience import PATIENCE, wait_until
from tests.runtime.store.runs_in_postgresql import at_once, commits, end_leases, is_whole

ROOT = Path(__file__).parents[3]


def test_a_run_is_taken_over_on_another_machine_once_its_lease_is_over(cluster, database, url, schema, store, at):
    run = create(store)
    attempted(run, TASK_A, result='"' + "x" * 3_000_000 + '"')
    at("there")
    with closing(open_store(url)) as there:
        assert there.find("latest").status is RunStatus.RUNNING
        with pytest.raises(BusyError) as caught:
            there.take("latest")
        assert "seconds" in caught.value.hint
        end_leases(cluster, database, schema)
        assert there.find("latest").status is RunStatus.INTERRUPTED
        taken = there.take("latest")
        assert taken.result(TASK_A) == '"' + "x" * 3_000_000 + '"'
        with pytest.raises(FencedError):
            run.commit(Batch(intents=[intent(each(1))]))
        with pytest.raises(FencedError):
            run.commit(Batch(waits=[Wait(TASK_A, 1, "", 0.0, 1.0, None)]))
        attempted(taken, each(2))
        assert [(attempt.path, attempt.sequence) for attempt in there.attempts(taken.record)] == [
            ("a", "1"),
            ("many", "1.2"),
        ]
        assert is_whole(there)
        span = LogSpan(segment="w1.log", offset=0, length=1, dropped=0)
        # No name of a log means one of each machine.
        with closing(Segment.make(os.path.join(taken.directory, "logs"), "driver")) as segment:
            second = int(os.path.basename(segment.path)[6:-4])
        assert second >= 100_000
        # It does not matter which machine drives the run now.
        _rename_hosts(cluster, database, schema)
        with pytest.raises(LogElsewhereError, match=r"is on the host 'first', where .* drove run 'r00001'"):
            there.log_file(taken.record, span)
        taken.close()
        at("elsewhere")
        with closing(open_store(url)) as elsewhere:
            for number, host in ((1, "first"), (second, "second"), (99_999_999, None)):
                named = f"the host '{host}'" if host else "another machine, which drove run 'r00001'"
                with pytest.raises(LogElsewhereError, match=named):
                    elsewhere.log_file(taken.record, evolve(span, segment=f"w{number}.log"))


def _rename_hosts(cluster, database, schema):
    """Give each machine that has logs a name of its own: in truth they are one."""
    for name, which in (("first", "= 1"), ("second", "> 1")):
        change = f"""regexp_replace(owner, '("host":)"[^"]*"', '\\1"{name}"')"""
        cluster.execute(f"UPDATE {schema}.log_host SET owner = {change} WHERE first {which}", database)


TAKE = "import sys; from sequent.runtime.store import open_store; open_store(sys.argv[1]).take('latest')"


def test_another_process_on_this_machine_takes_a_run_only_once_its_driver_is_dead(url):
    maker = "import os, sys; from tests.contracts.plans import *; from sequent.runtime.store import open_store; "
    maker += (
        "store = open_store(sys.argv[1]); run = create(store); store.find('latest'); print('made', flush=True); input()"
    )
    driver = Child([sys.executable, "-c", maker, url], stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT)
    assert driver.stdout.readline() == "made\n"
    taking = [sys.executable, "-c", TAKE, url]
    refused = subprocess.run(taking, capture_output=True, text=True, check=False)
    assert f"BusyError: run 'r00001' is driven by process {driver.pid}" in refused.stderr
    assert "seconds" not in refused.stderr
    driver.kill()
    driver.communicate()
    subprocess.run(taking, check=True)


def test_a_driver_that_has_lost_its_run_learns_it_while_it_waits(
    cluster, database, url, schema, store, at, monkeypatch
):
    monkeypatch.setattr(leases, "RENEWED", 0.05)
    run = create(store)
    with DefaultSelector() as selector:
        run.watch(selector, lambda: None)
        assert selector.select(0) == []
        cluster.execute(f"UPDATE {schema}.lease SET token = 'of another'", database)
        (key, _), *_ = wait_until(lambda: selector.select(0.1))
        with pytest.raises(FencedError):
            key.data()
    with pytest.raises(FencedError):
        run.commit(Batch(intents=[intent(each(1))]))


def test_a_lease_is_renewed_between_transactions_in_which_rows_are_read(store):
    run = create(store)
    attempted(run, each(1))
    attempted(run, each(2))
    rows = store._session.stream("attempts", run.record.number)
    first = next(rows)
    with ThreadPoolExecutor(1) as threads:
        renewal = threads.submit(run._claim._renew, None)
        wait([renewal], 0.5)
        assert not renewal.done()
        assert len([first, *rows]) == 2
        renewal.result(PATIENCE)


def test_a_driver_that_could_not_renew_its_lease_asks_before_it_writes(cluster, database, schema, store):
    run = create(store)
    run._claim._renewed_at -= 25
    attempted(run, TASK_A)
    cluster.execute(f"UPDATE {schema}.lease SET token = 'of another'", database)
    run._claim._renewed_at -= 25
    before = commits(store)
    with pytest.raises(FencedError):
        run.commit(Batch(intents=[intent(each(1))]))
    assert commits(store) == before


def test_amounts_of_shared_pools_come_back_once_the_lease_of_their_holder_is_over(
    cluster, database, url, schema, store, at
):
    gone = using(store)
    assert ask(gone, 3)
    at("there")
    with closing(open_store(url)) as there:
        waiting = using(there)
        assert not ask(waiting, 3)
        cluster.execute(f"UPDATE {schema}.lease SET until = until - interval '1 minute' WHERE run = 1", database)
        assert ask(waiting, 3)


def test_runs_that_are_made_and_ask_at_once_share_numbers_and_pools_as_if_one_after_another(url):
    stores = [open_store(url) for _ in range(6)]
    runs, granted, most = {}, {}, []
    at_once(lambda number: runs.update({number: using(stores[number])}))
    assert sorted(run.record.number for run in runs.values()) == [1, 2, 3, 4, 5, 6]

    def take_and_give(number: int) -> None:
        for _ in range(10):
            granted[number] = ask(runs[number], 3)
            most.append(sum(list(granted.values())))
            if granted[number]:
                granted[number] = False
                release(runs[number])

    at_once(take_and_give)
    assert max(most) == 1
    for store in stores:
        store.close()


def test_a_driver_is_woken_from_another_machine_also_after_its_connections_were_lost(cluster, database, url, store, at):
    run = create(store)
    woken = []
    with DefaultSelector() as selector:
        run.watch(selector, lambda: woken.append(None))
        at("there")
        with closing(open_store(url)) as there:
            there.wake(run.record)
            wait_until(lambda: [key.data() for key, _ in selector.select(0.1)])
            cluster.end_connections(f"pid = {store._session.connection._raw.info.backend_pid}")

            def is_woken() -> list[None]:
                there.wake(run.record)
                return [key.data() for key, _ in selector.select(0.1)]

            wait_until(is_woken)
    assert len(woken) >= 2


def test_behind_a_pooler_nobody_listens_and_a_driver_of_this_machine_is_woken_all_the_same(way, url, cluster, at):
    way.pools = True
    with closing(open_store(url.replace(str(cluster.port), str(way.port)))) as store, DefaultSelector() as selector:
        run, woken = create(store), []
        run.watch(selector, lambda: woken.append(None))
        at("there")
        with closing(open_store(url)) as there:
            there.wake(there.find("latest"))
        at("here")
        store.wake(store.find("latest"))
        wait_until(lambda: [key.data() for key, _ in selector.select(0.1)])
        assert selector.select(0.1) == []
        assert run._own.ask("SELECT count(*) FROM pg_listening_channels()") == [(0,)]
    assert len(woken) == 1


def test_a_pooler_that_is_met_while_a_run_goes_on_is_named_once(way, url, cluster, at, capfd):
    behind = url.replace(str(cluster.port), str(way.port))
    with closing(open_store(behind)) as store, DefaultSelector() as selector:
        run = create(store)
        run.watch(selector, lambda: None)
        attempted(run, TASK_A)
        way.pools = True
        for number in (1, 2):
            cluster.end_connections("application_name <> ''")
            wait_until(lambda: store.runs())
            with suppress(StoreError):
                attempted(run, each(number))
    told = capfd.readouterr().err
    assert told.count("is now reached through a pooler, such as PgBouncer") == 1


def test_a_driver_whose_run_was_taken_over_learns_it_as_it_is_woken(cluster, database, url, schema, store, at):
    run = create(store)
    with DefaultSelector() as selector:
        run.watch(selector, lambda: None)
        end_leases(cluster, database, schema)
        at("there")
        with closing(open_store(url)) as there:
            there.take("latest")
            there.wake(run.record)
            (key, _), *_ = wait_until(lambda: selector.select(0.1))
            with pytest.raises(FencedError):
                key.data()
