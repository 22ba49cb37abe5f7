"""A store in PostgreSQL as users have it: named by settings, with a password that is shown nowhere."""

from __future__ import annotations

import json
import os

import pytest

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


def test_logs_on_another_machine_are_named_by_their_host(prod):
    assert prod("run", "flows:broken").returncode == 1
    prod.environment["XDG_STATE_HOME"] = str(prod.directory / "elsewhere")
    refused = prod("logs", "latest")
    assert refused.returncode == 4
    assert f"they are on the host '{os.uname().nodename}'" in refused.stderr
    assert prod("show", "latest").returncode == 0


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
