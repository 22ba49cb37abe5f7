"""A store in PostgreSQL: its address, refusals, roles and large values."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from sequent.errors import StoreError, StoreLostError, UsageError
from sequent.model.status import RunStatus
from sequent.runtime.pruning import PruneRule
from sequent.runtime.rows import Batch, RunEnd
from sequent.runtime.store import open_store, upgrade_store
from sequent.runtime.store.postgresql import opening
from sequent.runtime.store.postgresql.address import read_address
from tests.contracts.plans import TASK_A, attempted, create, each, repeated
from tests.contracts.test_sharing import ask, using
from tests.patience import wait_until
from tests.runtime.store.runs_in_postgresql import at_once, end_leases

ROOT = Path(__file__).parents[3]


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
    cluster.reload()
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
        cluster.reload()


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
        cluster.execute(f"UPDATE {schema}.store SET version = {opening.VERSION - 1}", database)
        steps = {opening.VERSION - 1: ("ALTER TABLE request ADD COLUMN more text",)}
        monkeypatch.setattr(opening, "_STEPS", steps)
        with pytest.raises(StoreError, match="of an older version") as caught:
            open_store(url)
        assert "store upgrade" in caught.value.hint
        with pytest.raises(StoreError, match="its run 1 is driven"):
            upgrade_store(url)
        run.close()
    upgrade_store(url)
    open_store(url).close()
    found = cluster.execute(f"SELECT version, (SELECT count(more) FROM {schema}.request) FROM {schema}.store", database)
    assert found == [(opening.VERSION, 0)]


def test_an_upgraded_store_has_the_tables_of_a_new_one(cluster, database, url, schema):
    tables = f"""SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
        WHERE table_schema = '{schema}' ORDER BY 1, 2"""
    keys = f"""SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = '{schema}'::regnamespace ORDER BY 1, 2"""
    open_store(url).close()
    new = [cluster.execute(text, database) for text in (tables, keys)]
    cluster.execute(f"DROP TABLE {schema}.log_host, {schema}.intervention, {schema}.note", database)
    cluster.execute(f"UPDATE {schema}.store SET version = 1", database)
    upgrade_store(url)
    assert [cluster.execute(text, database) for text in (tables, keys)] == new


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
    asked = f"SELECT application_name FROM pg_stat_activity WHERE datname = '{database}' ORDER BY 1"
    own = [("sequent",), ("sequent/r00001",)]
    # The server may still be ending those of earlier tests.
    wait_until(lambda: cluster.execute(asked) == own, lambda: str(cluster.execute(asked)))
    run.close()
    assert os.path.isdir(run.directory)
