"""Logs and scratch directories where the settings say, and found there by every command."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

FLOW = """
from pathlib import Path

from sequent import container, context, step

@container
class noting:
    @step
    def note(self) -> None:
        print("written to a log")
        file = context().scratch / "notes"
        with file.open("a") as notes:
            notes.write("x")
        if not Path("mended").exists():
            raise ValueError("not yet")
        print(file.read_text())
"""


@pytest.fixture
def noting(sequent):
    """The command line, with settings that lead elsewhere, and a run that has failed."""
    (sequent.directory / "noting.py").write_text(FLOW)
    (sequent.directory / "sequent.toml").write_text("logdir = 'kept/logs'\nworkdir = 'kept/work'\n")
    assert sequent("run", "noting.py:noting").returncode == 1
    return sequent


def test_logs_and_scratch_directories_are_in_a_directory_of_the_run_there(noting):
    logs, work = noting.directory / "kept/logs/noting-r00001", noting.directory / "kept/work/noting-r00001"
    assert "written to a log" in "".join(file.read_text() for file in logs.iterdir() if file.suffix == ".log")
    assert [file.read_text() for file in work.glob("*/notes")] == ["x"]
    assert {stat.S_IMODE(place.stat().st_mode) for place in (logs, work)} == {0o700}
    assert "written to a log\n" in noting("logs", "latest").stdout


def test_a_recovery_goes_on_there_whatever_is_set_by_then(noting):
    (noting.directory / "mended").touch()
    (noting.directory / "sequent.toml").write_text("logdir = 'others'\n")
    assert noting("recover").returncode == 0
    assert [line for line in noting("logs", "latest").stdout.splitlines() if line == "xx"] == ["xx"]
    assert not (noting.directory / "others/noting-r00001").exists()


def test_runs_of_two_stores_do_not_meet_there(noting):
    noting("run", "noting.py:noting", "--store", "second.db")
    assert sorted(path.name for path in (noting.directory / "kept/logs").iterdir()) == [
        "noting-r00001",
        "noting-r00001-2",
    ]


def test_a_run_whose_logs_were_cleared_away_is_recovered(noting):
    shutil.rmtree(noting.directory / "kept")
    (noting.directory / "mended").touch()
    done = noting("recover")
    assert done.returncode == 0, done.stderr
    assert "\nx\n" in noting("logs", "latest").stdout


def test_where_nothing_can_be_written_no_run_is_made(noting):
    (noting.directory / "file").touch()
    (noting.directory / "sequent.toml").write_text("logdir = 'file'\n")
    refused = noting("run", "noting.py:noting")
    assert refused.returncode == 2
    assert f"'logdir' is '{noting.directory}/file', which is not writable: File exists" in refused.stderr
    assert len(noting("ls").stdout.splitlines()) == 2


@pytest.mark.parametrize("key", ["logdir", "workdir"])
def test_a_config_of_python_says_it_as_well(sequent, key):
    script = sequent.directory / "script.py"
    script.write_text(
        "import sequent\n"
        "def work():\n    print('seen')\n    sequent.context().scratch\n"
        f"flow = sequent.Sequent('script', store=':memory:', config={{{key!r}: 'there'}})\n"
        "flow.add_step('work', func=work)\n"
        "assert flow.run()\n"
    )
    done = sequent.run_script("script.py")
    assert done.returncode == 0, done.stderr
    assert any((Path(sequent.directory) / "there/script-r00001").iterdir())
