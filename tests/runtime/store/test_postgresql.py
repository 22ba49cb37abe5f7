"""A store in PostgreSQL: its address, leases, lost answers, large values and roles."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from selectors import DefaultSelector
from subprocess import PIPE
from urllib.parse import quote

import pytest

from sequent.errors import BusyError, FencedError, SequentError, StoreError, StoreLostError, UsageError
from sequent.model.outcome import LogSpan
from sequent.model.status import RunStatus, Status
from sequent.runtime import backoff
from sequent.runtime.logs.log_segment import Segment
from sequent.runtime.pruning import PruneRule
from sequent.runtime.rows import Batch, Ending, FrameKey, FrameOpening, RunEnd, Wait
from sequent.runtime.store import open_store, upgrade_store
from sequent.runtime.store.postgresql import leases, opening
from sequent.runtime.store.postgresql.address import read_address
from sequent.runtime.store.sql.tally import count_run, read_tally
from tests.contracts.plans import BLOCK, TASK_A, attempted, create, each, intent, repeated
from tests.contracts.test_sharing import ask, release, using
from tests.patience import wait_until
from tests.proxies import proxy

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def database(cluster):
    """A database for these tests."""
    return cluster.new_database()


@pytest.fixture
def schema(request):
    """The schema of a test's own."""
    return f"of_{abs(hash(request.node.name))}"


@pytest.fixture
def at(tmp_path, monkeypatch):
    """Be at another machine, as far as its state directory tells."""

    def move(name: str) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / name))

    move("here")
    return move


@pytest.fixture
def url(cluster, database, schema, at):
    return cluster.url(database, schema=schema)


@pytest.fixture
def store(url):
    with closing(open_store(url)) as opened:
        yield opened


def is_whole(store, number: int = 1) -> bool:
    """Whether a run's tally is that of its rows."""
    session = store._session
    return read_tally(session.row("run_with_number", number)[-2]) == count_run(session, number)


def commits(store, number: int = 1) -> int:
    return store._session.row("commits", number)[1]


# -- where it is ------------------------------------------------------------------------------------


def test_an_address_has_the_words_of_libpq_and_two_of_its_own():
    address = read_address(
        "postgresql+psycopg2://me:p%40ss@db:5433/ground?schema=p%20lay&sslmode=require&prepare_threshold=0"
    )
    assert (
        address.name == "postgresql+psycopg2://me:***@db:5433/ground?schema=p%20lay&sslmode=require&prepare_threshold=0"
    )
    assert (address.schema, address.prepares) == ("p lay", False)
    words = ("user", "password", "host", "port", "dbname", "sslmode")
    assert [address.parameters[word] for word in words] == ["me", "p@ss", "db", "5433", "ground", "require"]
    assert "p@ss" not in repr(address)


@pytest.mark.parametrize("query", ["schema=pg_own", f"schema={'x' * 64}", "prepare_threshold=5", "sslmod=require"])
def test_words_without_a_meaning_are_refused(query):
    with pytest.raises(UsageError) as caught:
        read_address(f"postgresql://me:secret@db/x?{query}")
    assert "secret" not in str(caught.value)


AWKWARD = '\'); DROP TABLE run;-- %s "x"'


def test_a_schema_of_any_name_is_quoted(cluster, database, at):
    with closing(open_store(cluster.url(database, schema=quote(AWKWARD, safe="")))) as store:
        run = create(store)
        repeated(run, 1, 2)
        run.close()
        assert [record.id for record in store.runs()] == ["r00001"]
    assert cluster.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE '%DROP TABLE run;%'", database) == [
        (1,)
    ]


def test_a_store_that_is_only_read_is_not_made(cluster, database, url, schema):
    with closing(open_store(url, makes=False)) as store:
        assert store.runs() == []
        assert store.name == url
    assert cluster.execute(f"SELECT 1 FROM pg_namespace WHERE nspname = '{schema}'", database) == []


def test_many_processes_that_make_it_at_once_make_one(url):
    at_once(lambda _: open_store(url).close())
    with closing(open_store(url)) as store:
        create(store)


# -- what is refused (row 82) -----------------------------------------------------------------------


@pytest.fixture(scope="session")
def roles(cluster, database):
    """Roles with a password, without a right, with one connection alone, and one that only reads."""
    cluster.execute("CREATE ROLE plain LOGIN", database)
    cluster.execute("CREATE ROLE lone LOGIN CONNECTION LIMIT 1", database)
    cluster.execute("CREATE ROLE reader LOGIN", database)
    cluster.execute("ALTER ROLE reader SET default_transaction_read_only = on", database)
    cluster.execute(f"GRANT CREATE ON DATABASE {database} TO lone, reader", database)


REFUSED = {
    "nobody_listens": ({"port": 1}, "cannot be reached", "check that the server runs"),
    "no_database": ({"database": "nowhere"}, 'database "nowhere" does not exist', "createdb"),
    "no_role": ({"user": "stranger"}, 'role "stranger" does not exist', "createuser"),
    "no_encryption": ({"sslmode": "require"}, "server does not support SSL", "sslmode"),
    "no_host": ({"host": "nowhere.invalid"}, "resolve host", "check the host"),
    "no_right": ({"user": "plain"}, "the role 'plain' may not do this", "sequent store upgrade"),
    "read_only": ({"user": "reader"}, "is on a server that is read-only", "target_session_attrs"),
}


@pytest.mark.parametrize("row", REFUSED)
def test_each_refusal_says_what_is_wrong_and_what_to_do(row, cluster, database, roles, schema, at):
    words, said, hint = REFUSED[row]
    where = {"user": "postgres", "host": "127.0.0.1", "port": cluster.port, "database": database, **words}
    query = f"&sslmode={where['sslmode']}" if "sslmode" in where else ""
    place = f"{where['user']}:secret@{where['host']}:{where['port']}/{where['database']}"
    with pytest.raises(StoreError) as caught:
        open_store(f"postgresql://{place}?schema={schema}{query}")
    assert said in caught.value.message
    assert hint in caught.value.hint
    assert "secret" not in str(caught.value)


def test_too_many_connections_are_told_as_such(cluster, database, roles, schema, at):
    with (
        closing(open_store(cluster.url(database, "lone", schema=schema))) as store,
        pytest.raises(StoreLostError, match="too many connections for role"),
    ):
        create(store)


def test_a_wrong_password_is_refused_and_the_right_one_is_taken_from_a_file(
    cluster, database, schema, at, tmp_path, monkeypatch
):
    cluster.execute(
        f"CREATE ROLE keeper LOGIN PASSWORD 'right'; GRANT CREATE ON DATABASE {database} TO keeper", database
    )
    access = cluster.data / "pg_hba.conf"
    before = access.read_text()
    access.write_text("host all keeper 127.0.0.1/32 scram-sha-256\n" + before)
    cluster.execute("SELECT pg_reload_conf()")
    try:
        url = cluster.url(database, "keeper", schema=schema)
        monkeypatch.setenv("PGPASSWORD", "wrong")
        with pytest.raises(StoreError, match="password authentication failed") as caught:
            open_store(url)
        assert "pgpass" in caught.value.hint
        monkeypatch.delenv("PGPASSWORD")
        file = tmp_path / "pass"
        file.write_text("127.0.0.1:*:*:keeper:right\n")
        file.chmod(0o600)
        open_store(f"{url}&passfile={file}").close()
    finally:
        access.write_text(before)
        cluster.execute("SELECT pg_reload_conf()")


def test_a_role_without_the_right_to_make_tables_runs_once_another_has_made_them(cluster, database, url, schema, roles):
    upgrade_store(url)
    cluster.execute(
        f"GRANT USAGE ON SCHEMA {schema} TO plain; "
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO plain",
        database,
    )
    with closing(open_store(cluster.url(database, "plain", schema=schema))) as store:
        run = create(store)
        attempted(run, TASK_A, result="1")
        assert ask(using(store), 3)
        run.commit(Batch(end=RunEnd(RunStatus.SUCCESS, {})))
        run.close()
        assert list(store.problems()) == []


def test_tables_of_others_and_of_other_versions_are_left_alone(cluster, database, url, schema):
    cluster.execute(f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.run (x int)", database)
    with pytest.raises(StoreError, match="tables that are not a Sequent store's"):
        open_store(url)
    cluster.execute(f"DROP TABLE {schema}.run", database)
    open_store(url).close()
    cluster.execute(f"UPDATE {schema}.store SET version = 99", database)
    with pytest.raises(StoreError, match="written by a newer Sequent"):
        open_store(url)


def test_an_older_store_is_upgraded_by_command_and_not_while_a_run_is_driven(
    cluster, database, url, schema, monkeypatch
):
    with closing(open_store(url)) as store:
        run = create(store)
        cluster.execute(f"UPDATE {schema}.store SET version = 0", database)
        monkeypatch.setattr(opening, "_STEPS", {0: ("ALTER TABLE request ADD COLUMN more text",)})
        with pytest.raises(StoreError, match="of an older version") as caught:
            open_store(url)
        assert "store upgrade" in caught.value.hint
        with pytest.raises(StoreError, match="its run 1 is driven"):
            upgrade_store(url)
        run.close()
    upgrade_store(url)
    open_store(url).close()
    found = cluster.execute(f"SELECT version, (SELECT count(more) FROM {schema}.request) FROM {schema}.store", database)
    assert found == [(1, 0)]


# -- who drives a run -------------------------------------------------------------------------------


def end_leases(cluster, database, schema) -> None:
    """Let half a minute pass, as far as the server tells."""
    cluster.execute(f"UPDATE {schema}.lease SET until = until - interval '1 minute'", database)


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
            assert int(os.path.basename(segment.path)[6:-4]) >= 100_000
        with pytest.raises(StoreError, match="a log of run 'r00001' is on another machine"):
            there.log_file(taken.record, span)
        taken.close()
        at("elsewhere")
        with (
            closing(open_store(url)) as elsewhere,
            pytest.raises(StoreError, match="logs of run 'r00001' are not on this"),
        ):
            elsewhere.log_file(elsewhere.find("latest"), span)


TAKE = "import sys; from sequent.runtime.store import open_store; open_store(sys.argv[1]).take('latest')"


def test_another_process_on_this_machine_takes_a_run_only_once_its_driver_is_dead(url):
    maker = "import os, sys; from tests.contracts.plans import *; from sequent.runtime.store import open_store; "
    maker += (
        "store = open_store(sys.argv[1]); run = create(store); store.find('latest'); print('made', flush=True); input()"
    )
    driver = subprocess.Popen([sys.executable, "-c", maker, url], stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT)
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
        run.watch(selector)
        assert selector.select(0) == []
        cluster.execute(f"UPDATE {schema}.lease SET token = 'of another'", database)
        (key, _), *_ = wait_until(lambda: selector.select(0.1))
        with pytest.raises(FencedError):
            key.data()
    with pytest.raises(FencedError):
        run.commit(Batch(intents=[intent(each(1))]))


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


def at_once(act, count: int = 6) -> None:
    """Do it in several threads at once."""
    errors = []

    def try_it(number: int) -> None:
        try:
            act(number)
        except SequentError as error:
            errors.append(error)

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


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


# -- what is lost on the way ------------------------------------------------------------------------


@pytest.fixture
def way(cluster):
    with proxy(cluster.port) as made:
        yield made


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
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s' AND pid <> pg_backend_pid()"
    cluster.execute(ended.replace("%s", database))
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


# -- large values -----------------------------------------------------------------------------------


def test_a_large_value_is_in_pieces_and_an_altered_piece_is_noticed(cluster, database, schema, store):
    run = create(store)
    text = '"' + "é" * 2_000_000 + '"'
    attempted(run, TASK_A, result=text)
    assert run.result(TASK_A) == text
    pieces = cluster.execute(f"SELECT count(*), max(length(data)) FROM {schema}.piece", database)
    assert pieces == [(4, 1024 * 1024)]
    cluster.execute(f"UPDATE {schema}.piece SET data = 'x' WHERE number = 1", database)
    with pytest.raises(StoreError, match="not as it was written"):
        run.result(TASK_A)
    assert any("not as it was written" in problem for problem in store.problems())


def test_a_removed_run_leaves_no_row(cluster, database, schema, store):
    for _ in range(2):
        run = create(store)
        attempted(run, TASK_A, result='"' + "x" * 2_000_000 + '"')
        run.commit(Batch(end=RunEnd(RunStatus.SUCCESS, {})))
        run.close()
    assert len(store.prune(PruneRule(keep=0)).runs) == 2
    for table in ("attempt", "frame", "request", "piece", "lease"):
        assert cluster.execute(f"SELECT count(*) FROM {schema}.{table}", database) == [(0,)]
    assert create(store).record.id == "r00003"


def test_a_run_that_is_driven_on_another_machine_is_not_removed(cluster, database, url, schema, store, at):
    run = create(store)
    attempted(run, TASK_A)
    rule = PruneRule(keep=0)
    at("there")
    with closing(open_store(url)) as there:
        assert [there.prune(rule).busy, there.prune(PruneRule(keep=0, is_dry=True)).busy] == [("r00001",)] * 2
        attempted(run, each(1))
        end_leases(cluster, database, schema)
        assert len(there.prune(rule).runs) == 1
        assert there.runs() == []


def test_a_driver_has_two_connections(cluster, database, store):
    run = create(store)
    found = cluster.execute(f"SELECT application_name FROM pg_stat_activity WHERE datname = '{database}'")
    assert sorted(found) == [("sequent",), ("sequent/r00001",)]
    run.close()
    assert os.path.isdir(run.directory)
