"""The plans that PostgreSQL makes: no time grows with the square of the rows, also without statistics of the tables."""

from __future__ import annotations

import psycopg
import pytest

from sequent.model.status import Status
from sequent.runtime.rows import Batch, Ending
from sequent.runtime.store.postgresql.schema import SchemaStatements
from sequent.runtime.store.sql.tally import NOTHING, TABLES
from tests.contracts.plans import attempted, create, each, intent, repeated

COUNT = 2000


def ended(number: int) -> Ending:
    return Ending(each(number), 1, Status.SUCCESS, 2.0, "1")


BATCHES = {
    "write_steps": Batch(endings=[ended(number) for number in range(1, COUNT + 1)]),
    "write_end": Batch(endings=[ended(1)]),
    "write_step": Batch(endings=[ended(1)], intents=[intent(each(COUNT + 1))]),
}


@pytest.mark.parametrize("kind", BATCHES)
def test_a_batch_finds_each_of_its_rows_by_its_key_however_small_the_table_is_taken_for(
    kind, cluster, database, url, store
):
    run = create(store)
    repeated(run, 1, 2)
    run.commit(Batch(intents=[intent(each(number)) for number in range(1, COUNT + 1)]))
    name, values = run._writer.whole(BATCHES[kind]).statement(NOTHING, run._guard)
    assert name == kind
    with psycopg.connect(url.partition("?")[0]) as connection:
        told = connection.execute(f"EXPLAIN {store._session.database.statements[name].text}", values).fetchall()
    plan = "\n".join(line for (line,) in told)
    (condition,) = [line for line in plan.splitlines() if "Index Cond" in line and "frame = " in line]
    assert all(f"({key} = " in condition for key in ("frame", "node", "host", "iteration", "number")), plan
    assert "Join Filter" not in plan, plan


def one_by_one(run) -> None:
    for number in range(1, 50):
        attempted(run, each(number), result="1")


def in_a_chain(run) -> None:
    run.commit(Batch(intents=[intent(each(1))]))
    for number in range(1, 50):
        run.commit(Batch(endings=[ended(number)], intents=[intent(each(number + 1))]))


@pytest.mark.parametrize("write", [one_by_one, in_a_chain])
def test_the_plan_of_a_batch_is_kept(write, store):
    run = create(store)
    repeated(run, 1, 2)
    write(run)
    kept = (
        "SELECT min(generic_plans), max(custom_plans) FROM pg_prepared_statements WHERE statement LIKE '%settled AS%'"
    )
    ((generic, custom),) = run._own.connection._raw.execute(kept).fetchall()
    # The server looks at five of a statement before it keeps a plan; after that it makes no other.
    assert generic > custom == 5


def test_the_server_compiles_no_statement(store):
    assert store._session.ask("SHOW jit") == [("off",)]


QUESTIONS = {
    "of_run": (
        "succeeded_nodes tasks_by_state frames_by_status success_count failure_count",
        (1,),
    ),
    "of_tables": ("tally_run", (1,) * TABLES),
    "of_attempts": (
        "handed_over around_handed_over pending attempts last_id",
        (1,),
    ),
    "of_step": (
        "open_iterations step_numbers last_iteration iteration_count span_of_step until_of_steps failures_of_step",
        (1, 1, 2),
    ),
    "of_container": ("open_frames last_frame frame_count span_of_frames failures_inside frames_inside", (1, 1, 3)),
    "in_pages": ("results drawn_by_steps frames drawn_by_frames", (1, 1, 2, 0, 64)),
    "with_until": ("until_of_frames", (1, 1, 3, 2)),
}


@pytest.fixture(scope="module")
def unknown_tables(cluster):
    """A connection to tables with many rows, of which the server has no statistics."""
    statements = SchemaStatements("unknown")
    with psycopg.connect(cluster.url(cluster.new_database()), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA unknown")
        for text in statements.creation():
            connection.execute(text, ())  # type: ignore[arg-type]
        for table in ("attempt", "frame"):
            connection.execute(f"ALTER TABLE unknown.{table} SET (autovacuum_enabled = off)")  # type: ignore[arg-type]
        connection.execute("INSERT INTO unknown.definition VALUES (1, 'd', '{}', '{}')")
        connection.execute(
            "INSERT INTO unknown.run (number, id, epoch, owner, touched, status, recovery, created, counts, flow, "
            "definition) VALUES (1, 'r', 1, 'o', 0, 'stopped', 0, 1, '{}', 'f', 1)"
        )
        connection.execute(
            "INSERT INTO unknown.attempt (run, frame, node, host, iteration, number, token, state, started, recovery) "
            "SELECT 1, 1, 2, '', number, 1, '', 'success', 1, 0 FROM generate_series(1, %s) AS number",
            [COUNT],
        )
        connection.execute(
            "INSERT INTO unknown.frame (run, parent, node, number, id, status) "
            "SELECT 1, 1, 3, number, number + 1, 'success' FROM generate_series(1, %s) AS number",
            [COUNT],
        )
        yield connection


@pytest.mark.parametrize("kind", QUESTIONS)
def test_a_question_reads_each_row_a_few_times_at_most(kind, unknown_tables):
    names, values = QUESTIONS[kind]
    for name in names.split():
        plan = executed_plan(unknown_tables, name, values)
        assert rows_read(plan) < 15 * COUNT, f"{name} reads {rows_read(plan):,} rows: {plan}"


@pytest.mark.parametrize(("name", "values"), [("last_iteration", (1, 1, 2)), ("last_frame", (1, 1, 3))])
def test_the_last_iteration_is_found_without_the_others(name, values, unknown_tables):
    plan = executed_plan(unknown_tables, name, values)
    assert rows_read(plan) < 10, plan


def test_processes_of_the_server_count_the_rows_of_a_run_together(unknown_tables):
    text = SchemaStatements("unknown")["tally_run"].text
    with unknown_tables.transaction(force_rollback=True):
        # As if there were millions.
        for name in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size"):
            unknown_tables.execute(f"SET LOCAL {name} = 0")
        told = unknown_tables.execute(f"EXPLAIN {text}", (1,) * TABLES, prepare=False).fetchall()
    plan = "\n".join(line for (line,) in told)
    assert plan.index("Gather") < plan.index("Partial Aggregate") < plan.index("Parallel Append"), plan


def executed_plan(connection, name, values):
    """The plan of a statement, with how many rows it had."""
    text = SchemaStatements("unknown")[name].text
    ((told,),) = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", values, prepare=False).fetchall()
    return told[0]["Plan"]


def rows_read(plan) -> int:
    """How many rows a plan passes on or drops."""
    dropped = sum(plan.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Join Filter", "Index Recheck"))
    inside = sum(map(rows_read, plan.get("Plans", ())))
    return inside + plan["Actual Loops"] * (plan["Actual Rows"] + dropped)
