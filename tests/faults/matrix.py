"""Every kind of fault that the suite causes, the promise that it is to keep, and the tests that cause it."""

from __future__ import annotations

from typing import NamedTuple

RUNS, WORKER, ACCEPTANCE, STORE = "tests/faults/", "tests/runtime/worker/", "tests/acceptance/", "tests/runtime/store/"
SQLITE, POSTGRESQL, NONE = "SQLite", "PostgreSQL", "none"


class Row(NamedTuple):
    """One kind of fault."""

    number: int
    fault: str
    holds: str
    """What must hold nevertheless."""
    tests: tuple[str, ...]
    """Files, or files and functions as pytest names them."""
    databases: tuple[str, ...] = (SQLITE,)
    missing: str = ""
    """What of it is not tried."""


MATRIX = (
    Row(
        1,
        "`kill -9` of the driver at random moments, recovered until the run is done",
        "no outcome is lost; only what was under way runs again",
        (
            RUNS + "test_random_kills.py",
            RUNS + "test_kills.py",
            RUNS + "test_kills_everywhere.py",
            RUNS + "test_kills_ahead.py",
            RUNS + "test_shared_pools.py",
            RUNS + "test_server_takeovers.py::test_drivers_that_are_killed_are_recovered_here_or_elsewhere",
        ),
        (SQLITE, POSTGRESQL),
    ),
    Row(
        2,
        "the driver is killed before and after every call by which it changes anything",
        "as in row 1",
        (RUNS + "test_killed_calls.py",),
        (SQLITE, POSTGRESQL),
    ),
    Row(
        3,
        "every call of driver, agent and workers fails (no room, an I/O error, interrupted, no descriptors)",
        "the run succeeds, or says why not and exits with 4; a recovery does the rest",
        (RUNS + "test_failing_calls.py",),
        missing="failing calls of runs in PostgreSQL, but for connections that end (rows 10 and 11)",
    ),
    Row(
        4,
        "`kill -9` of the agent, a worker, or all processes; of agents and workers also at every call",
        "only what was being executed is lost, and runs again",
        (RUNS + "test_killed_calls.py", RUNS + "test_kills_everywhere.py", RUNS + "test_kills_ahead.py"),
    ),
    Row(
        5,
        "a machine stops: all processes of a process namespace at once, and the next driver finds another boot id",
        "as in row 1",
        (RUNS + "test_machine_crashes.py",),
    ),
    Row(
        6,
        "the power fails at every call: writes without a flush are lost, all or some of them, whole or in part",
        "nothing is lost on which a step has begun, or of which a success was told",
        (RUNS + "test_power_cuts.py", RUNS + "test_killed_upgrades.py"),
        missing="disks that lie about flushes; a PostgreSQL server that loses its power (row 10 kills it)",
    ),
    Row(
        7,
        "full disks: of the store, of the runs' directories, of logs, of a host's home",
        "the run waits or goes on without logs; nothing is lost",
        (
            RUNS + "test_store_faults.py",
            RUNS + "test_full_disks.py",
            WORKER + "test_full_disk.py",
            RUNS + "test_host_losses.py::test_a_full_home_keeps_a_host_waiting_and_costs_no_outcome",
        ),
    ),
    Row(
        8,
        "a driver is stopped for longer than its lease, taken over, and goes on",
        "it writes nothing more, and exits with 5; before that, the second driver is refused, unless it uses --force",
        (
            RUNS + "test_forced_takeovers.py",
            RUNS + "test_server_takeovers.py::test_a_driver_that_slept_through_its_lease_writes_nothing_more",
            RUNS + "test_server_takeovers.py::test_a_driver_that_is_cut_off_loses_its_run_by_force_and_ends_later",
            RUNS + "test_host_losses.py",
        ),
        (SQLITE, POSTGRESQL),
    ),
    Row(
        9,
        "several recoveries at once",
        "one drives; the others exit with 3 and name it",
        (
            RUNS + "test_kills.py::test_of_eight_recoveries_at_once_one_drives_and_seven_are_refused_by_name",
            RUNS + "test_server_takeovers.py::test_recoveries_at_once_on_as_many_machines_leave_one_driver",
        ),
        (SQLITE, POSTGRESQL),
    ),
    Row(
        10,
        "PostgreSQL is restarted during a run, a takeover and an upgrade",
        "the run completes; nothing is lost",
        (RUNS + "test_server_restarts.py",),
        (POSTGRESQL,),
    ),
    Row(
        11,
        "connections to PostgreSQL are ended, and answers to COMMIT are dropped",
        "a commit whose answer is lost is looked up and not repeated",
        (RUNS + "test_server_restarts.py", STORE + "test_lost_answers.py", STORE + "test_lost_connections.py"),
        (POSTGRESQL,),
    ),
    Row(
        12,
        "another process locks the database",
        "it is said and waited for, up to 30 seconds; then the run is left to be recovered",
        (
            RUNS + "test_store_faults.py",
            ACCEPTANCE + "test_locked_store.py",
            "tests/runtime/driver/test_patience.py",
            STORE + "test_lost_files.py",
        ),
    ),
    Row(
        13,
        "connections to hosts are cut, delayed and stopped; hosts are out of reach",
        "unreachable is not failed; attempts are joined again",
        (
            RUNS + "test_hosts.py",
            RUNS + "test_host_faults.py",
            RUNS + "test_host_losses.py",
        ),
        missing="single packets that get lost",
    ),
    Row(
        14,
        "driver and connection are killed while a host goes on",
        "the outcome is collected; one execution",
        (
            RUNS + "test_hosts.py",
            RUNS + "test_host_faults.py",
            RUNS + "test_absent_drivers.py",
            RUNS + "test_server_hosts.py",
        ),
        (SQLITE, POSTGRESQL),
    ),
    Row(
        15,
        "frames to a host come late, twice or not at all",
        "an attempt is begun once; older drivers are refused",
        (RUNS + "test_host_ways.py", RUNS + "test_late_orders.py"),
    ),
    Row(
        16,
        "a host's agent is killed, its machine restarted or replaced",
        "attempts that ran there are lost, and the run says so",
        (RUNS + "test_hosts.py", RUNS + "test_host_faults.py", RUNS + "test_host_losses.py"),
    ),
    Row(
        17,
        "the wall clock jumps by an hour and by ten years, forth and back, during delays and leases",
        "delays are neither short nor late by a second; no takeover",
        (RUNS + "test_wall_clock.py", "tests/runtime/driver/test_time.py"),
        (SQLITE, POSTGRESQL),
    ),
    Row(
        18,
        "steps that fork, become daemons, ignore signals, close descriptors, and change their process",
        "all ends with its attempt or run; the next step finds a process as if new",
        (
            RUNS + "test_daemons.py",
            RUNS + "test_descriptors.py",
            "tests/runtime/agent/test_timeouts.py",
            "tests/runtime/agent/test_loop.py",
            WORKER + "test_process_state.py",
            WORKER + "test_making_way.py",
        ),
    ),
    Row(
        19,
        "results and exceptions that cannot be kept, crashes, limits of descriptors, memory, processes and time",
        "one clear failure; the next step is unharmed",
        (WORKER + "test_faults.py", WORKER + "test_failures.py"),
    ),
    Row(
        20,
        "floods of output, endless lines, bytes that are no text, escapes of terminals",
        "logs are cut in their middle; nothing reaches the terminal; others are not slowed down",
        (
            WORKER + "test_output.py",
            "tests/runtime/logs/test_trimming.py",
            "tests/cli/output/test_text.py",
            ACCEPTANCE + "test_harmless.py",
        ),
    ),
    Row(
        21,
        "signals at random moments to driver, agent and workers, once to three times",
        "as promised for each; a recovery does the rest",
        (RUNS + "test_signals.py", RUNS + "test_stopped_agents.py", ACCEPTANCE + "test_stopping.py"),
    ),
    Row(
        22,
        "a store with turned bits and altered rows, cut, older, newer, read-only, without its `-wal`",
        "refused, or right; never silently wrong",
        (
            STORE + "test_flips.py",
            ACCEPTANCE + "test_altered_rows.py",
            STORE + "test_lost_files.py",
            STORE + "test_refused_files.py",
            ACCEPTANCE + "test_read_only.py",
        ),
    ),
    Row(
        23,
        "noise, torn and false messages to agents, workers and drivers",
        "an error or an end; nothing is executed, nothing hangs",
        (RUNS + "test_host_noise.py", RUNS + "test_untrusted.py"),
    ),
    Row(
        24,
        "a store's upgrade is killed at every call, or its server restarted",
        "the store is old or new, never between",
        (
            RUNS + "test_killed_upgrades.py",
            RUNS + "test_server_restarts.py",
            STORE + "test_lost_answers.py",
        ),
        (SQLITE, POSTGRESQL),
    ),
)

LONG = {
    RUNS + "test_random_kills.py": {"RANDOM_KILLS": "5000"},
    RUNS + "test_kills_everywhere.py": {"KILLS": "200"},
    RUNS + "test_machine_crashes.py": {"MACHINE_CRASHES": "500"},
    RUNS + "test_killed_calls.py": {"KILLED_CALLS": "999"},
    RUNS + "test_failing_calls.py": {"FAILING_CALLS": "300"},
    RUNS + "test_killed_upgrades.py": {"UPGRADE_CALLS": "999"},
    RUNS + "test_power_cuts.py": {"POWER_CUTS": "999"},
    RUNS + "test_kills.py": {"RECOVERIES": "100"},
    RUNS + "test_server_restarts.py": {"SERVER_FAULTS": "100"},
    RUNS + "test_server_takeovers.py": {"SERVER_FAULTS": "60"},
    RUNS + "test_forced_takeovers.py": {"FORCED_TAKEOVERS": "10"},
    RUNS + "test_host_faults.py": {"HOST_FAULTS": "20"},
    RUNS + "test_host_ways.py": {"HOST_FAULTS": "20"},
    RUNS + "test_host_noise.py": {"FUZZ_INPUTS": "5000"},
    RUNS + "test_untrusted.py": {"FUZZ_INPUTS": "5000"},
    RUNS + "test_absent_drivers.py": {"ABSENCES": "300", "ABSENT": "60"},
    RUNS + "test_store_faults.py": {"STORE_FAULTS": "10"},
    RUNS + "test_signals.py": {"SIGNALS": "600"},
    STORE + "test_lost_answers.py": {"LOST_ANSWERS": "40"},
    STORE + "test_flips.py": {"STORE_FLIPS": "2000"},
    ACCEPTANCE + "test_altered_rows.py": {"STORE_MUTATIONS": "5000"},
    WORKER + "test_process_state.py": {"LEFT_TOGETHER": "500"},
}
"""By file: the variables of its long run. A file that is not here runs as in ``./check``."""


def file_of(test: str) -> str:
    """The file of a test."""
    return test.partition("::")[0]
