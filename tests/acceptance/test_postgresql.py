"""A store in PostgreSQL as users have it: named by settings, with a password that is shown nowhere."""

from __future__ import annotations

import json
import os
import re

import pytest

from tests.patience import wait_until

PASSWORD = "pa55w0rd"  # noqa: S105 - the server asks for none


@pytest.fixture
def prod(cluster, sequent):
    """A store that the settings name by its parts, with a password among them."""
    (sequent.directory / "sequent.toml").write_text(
        f"""
        store = "prod"
        [DATABASES.prod]
        dialect = "postgresql"
        host = "127.0.0.1"
        port = {cluster.port}
        database = "{cluster.new_database()}"
        username = "postgres"
        password = "{PASSWORD}"
        schema = "Nightly runs"
        """
    )
    del sequent.environment["SEQUENT_STORE"]
    sequent.environment["XDG_STATE_HOME"] = str(sequent.directory / "state")
    return sequent


def test_a_run_is_started_looked_at_and_recovered_and_no_password_is_seen(prod):
    seen = [
        prod("run", "flows:broken"),
        prod("ls"),
        prod("show", "latest", "--json"),
        prod("logs", "latest"),
        prod("store", "check"),
        prod("recover", "latest"),
    ]
    assert [each.returncode for each in seen] == [1, 0, 0, 0, 0, 2]
    assert "other users may write to 'postgresql://postgres:***@127.0.0.1" in seen[-1].stderr
    (prod.directory / "mended").touch()
    seen.append(prod("recover", "latest", "--flow", "flows:broken"))
    assert seen[-1].returncode == 0, seen[-1].stderr
    assert (prod.directory / "loads").read_text() == "load "
    assert json.loads(seen[2].stdout)["store"].endswith("?schema=Nightly+runs")
    assert PASSWORD not in "".join(each.stdout + each.stderr for each in seen)
    kept = [file.read_bytes() for file in (prod.directory / "state").rglob("*") if file.is_file()]
    assert kept
    assert not any(PASSWORD.encode() in data for data in kept)


ASKING = """
from sequent import approve, container, step


@container
class release:
    ship = approve("Ship it?", receive=int, timeout="2d")

    @step
    def deliver(self, copies: int = ship.result) -> int:
        return copies

    result = deliver
"""


def test_a_question_is_answered_from_another_machine_and_after_its_driver_was_killed(prod, cluster):
    (prod.directory / "release.py").write_text(ASKING)
    running = prod.start("run", "release.py:release", "--run-id", "rel1")
    wait_until(lambda: is_asked(prod))
    at(prod, "second")
    unfit = prod("approve", "rel1", "ship", "--with", '"x"')
    assert (unfit.returncode, "which is not an int" in unfit.stderr) == (2, True), unfit.stderr
    running.kill()
    running.communicate()
    assert is_asked(prod)
    # However long this command waits for an answer, the lease does not end by itself.
    (name,) = re.findall('database = "(.*)"', (prod.directory / "sequent.toml").read_text())
    cluster.execute("UPDATE \"Nightly runs\".lease SET until = until + interval '1 hour'", name)
    answered = prod("approve", "rel1", "ship", "--with", "3", "--why", "tested")
    # From there nobody can tell yet that the driver is dead.
    assert answered.stderr.startswith(f"run rel1: asked process {running.pid} on ")
    at(prod, "state")
    done = prod("recover", "rel1", "--flow", "release.py:release")
    assert (done.returncode, done.stdout) == (0, "3\n"), done.stderr
    shown = prod("show", "rel1").stdout
    assert "asked" not in shown
    assert shown.splitlines()[-1].endswith(": tested")
    assert prod("approve", "rel1", "ship", "--no").returncode == 2


def test_a_question_is_answered_while_its_driver_waits(prod):
    (prod.directory / "release.py").write_text(ASKING)
    running = prod.start("run", "release.py:release", "--run-id", "rel1")
    wait_until(lambda: is_asked(prod))
    assert prod("approve", "rel1", "ship", "--with", "2").stderr == "run rel1: ship is approved\n"
    out, err = running.communicate()
    assert (running.returncode, out) == (0, "2\n"), err


def is_asked(line):
    return "waits for an answer: Ship it?" in line("show", "rel1").stdout


def test_the_log_of_each_attempt_names_the_host_of_the_driver_that_ran_it(prod):
    assert prod("run", "flows:broken").returncode == 1
    assert prod("recover", "latest", "--flow", "flows:broken").returncode == 1
    at(prod, "second")
    (prod.directory / "mended").touch()
    assert prod("recover", "latest", "--flow", "flows:broken").returncode == 0
    shown = prod("logs", "latest")
    assert (shown.returncode, shown.stdout.count("==>")) == (0, 1)
    assert f"not shown: send/1 (attempt 1) and 1 more: the log is on the host '{HERE}', where" in shown.stderr
    listed = prod("logs", "latest", "--json")
    missing = [log["missing"] for log in json.loads(listed.stdout)["logs"]]
    assert (listed.returncode, len(missing), missing.count(None)) == (0, 3, 1)
    assert all(f"is on the host '{HERE}'" in reason for reason in missing if reason)
    at(prod, "third")
    refused = prod("logs", "latest")
    assert (refused.returncode, refused.stdout) == (4, "")
    assert "send/1 (attempt 1) and 2 more: the log is on the host" in refused.stderr
    assert prod("show", "latest").returncode == 0
    at(prod, "state")
    shown = prod("logs", "latest")
    assert (shown.returncode, shown.stdout.count("==>")) == (0, 2)


HERE = os.uname().nodename


def at(line, name):
    """Be at another machine, as far as the state directory tells."""
    line.environment["XDG_STATE_HOME"] = str(line.directory / name)


def test_a_backup_is_the_servers(prod):
    prod("run", "flows:broken")
    refused = prod("store", "backup", "copy.db")
    assert refused.returncode == 2
    assert "pg_dump" in refused.stderr


def test_a_store_without_its_driver_says_what_to_install(prod):
    prod.environment["PYTHONPATH"] = f"{prod.directory}/shadow:{prod.environment['PYTHONPATH']}"
    (prod.directory / "shadow").mkdir()
    (prod.directory / "shadow" / "sitecustomize.py").write_text(
        "import importlib.util as util\nfind = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name == 'psycopg' else find(name, *more)\n"
    )
    refused = prod("ls")
    assert refused.returncode == 4
    assert "pip install 'sequent[postgres]'" in refused.stderr
