"""A failure, a signal or a second driver, and the command by which the run goes on."""

from __future__ import annotations

import json
import signal

import pytest

from tests.acceptance.command_line import FLOWS


def test_a_failure_shows_the_users_line_the_log_and_the_next_command_which_works(sequent):
    failed = sequent("run", "flows:broken", "--store", str(sequent.store))
    assert failed.returncode == 1
    assert "ValueError: the receiver is away" in failed.stderr
    line = FLOWS.splitlines().index('            raise ValueError("the receiver is away")') + 1
    assert f'flows.py:{line}: raise ValueError("the receiver is away")' in failed.stderr
    following = failed.stderr.splitlines()[-1].removeprefix("next: sequent ").split()
    assert following[0] == "recover"
    assert following[-2:] == ["--store", str(sequent.store)]

    log = next(line for line in failed.stderr.splitlines() if "log: sequent" in line).split("log: sequent ")[1]
    assert "about to send" in sequent(*log.split()).stdout

    (sequent.directory / "mended").touch()
    mended = sequent(*following)
    assert mended.returncode == 0, mended.stderr
    assert (sequent.directory / "loads").read_text() == "load "

    again = sequent("recover")
    assert again.returncode == 0
    assert "nothing to do" in again.stderr


def test_recover_without_a_run_names_the_latest_before_it_starts(sequent):
    sequent("run", "flows:broken", "--run-id", "night7")
    done = sequent("recover")
    assert done.returncode == 1
    assert done.stderr.startswith("recovering night7, a run of broken")


def test_recover_with_nothing_recorded_says_so(sequent):
    done = sequent("recover")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_recover_with_another_flow_is_refused_by_name(sequent):
    sequent("run", "flows:broken", "--run-id", "night7")
    done = sequent("recover", "night7", "--flow", "flows:nightly")
    assert done.returncode == 2
    assert "'broken'" in done.stderr
    assert "'nightly'" in done.stderr


@pytest.mark.parametrize("words", [("recover", "night7"), ("recover", "--plan"), ("try", "night7", "load")])
def test_a_flow_that_has_moved_is_missed_with_the_option_that_names_its_new_place(sequent, words):
    sequent("run", "flows.py:broken", "--run-id", "night7")
    (sequent.directory / "flows.py").rename(sequent.directory / "batches.py")
    done = sequent(*words)
    assert done.returncode == 2
    assert "file not found" in done.stderr
    assert "if the flow has moved, give its new place: --flow path/file.py:flow" in done.stderr
    assert "file not found" not in sequent(*words, "--flow", "batches.py:broken").stderr


@pytest.mark.parametrize("words", [("recover", "night7"), ("try", "night7", "load")])
def test_a_run_whose_directory_is_gone_starts_nothing(sequent, words):
    (sequent.directory / "old").mkdir()
    started = sequent.start(
        "run", f"{sequent.directory}/flows.py:broken", "--run-id", "night7", cwd=sequent.directory / "old"
    )
    started.communicate()
    (sequent.directory / "old").rename(sequent.directory / "new")
    done = sequent(*words)
    assert done.returncode == 2
    assert f"run in '{sequent.directory}/old', where it was started, and that directory is gone" in done.stderr
    assert "(attempt" not in done.stderr
    (sequent.directory / "old").symlink_to("new")
    assert "is gone" not in sequent(*words).stderr


def test_a_store_that_others_can_write_does_not_say_what_code_to_load(sequent):
    sequent("run", "flows:broken", "--run-id", "night7")
    (sequent.directory / "loaded").unlink()
    sequent.store.chmod(0o666)
    done = sequent("recover", "night7")
    assert done.returncode in (2, 4)
    assert "0666" in done.stderr
    assert not (sequent.directory / "loaded").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_lets_running_steps_finish_and_leaves_a_run_that_can_be_recovered(sequent, waiting_run, number, code):
    waiting_run.send_signal(number)
    said = [waiting_run.stderr.readline()]
    while "stopping" not in said[-1]:
        said.append(waiting_run.stderr.readline())
        assert said[-1], said
    (sequent.directory / "go").write_text("go")
    _, err = waiting_run.communicate()
    assert waiting_run.returncode == code, err
    assert "Traceback" not in err
    assert "next: sequent recover slow1" in err
    assert not (sequent.directory / "after").exists()
    assert sequent("recover", "slow1").returncode == 0
    assert (sequent.directory / "after").exists()


def test_a_second_driver_is_refused_with_who_drives_it(sequent, waiting_run):
    done = sequent("recover", "slow1")
    assert done.returncode == 3
    assert str(waiting_run.pid) in done.stderr
    assert "Traceback" not in done.stderr
    (sequent.directory / "go").write_text("go")
    waiting_run.communicate()
    assert waiting_run.returncode == 0


def test_an_attempt_that_died_with_its_driver_is_told_as_lost(sequent, waiting_run):
    waiting_run.kill()
    waiting_run.wait()
    shown = sequent("show", "slow1", "-v").stdout
    assert "wait/1  attempt 1  ? lost" in shown
    (sequent.directory / "go").unlink()
    (sequent.directory / "go").touch()
    (sequent.directory / "began").unlink()
    assert sequent("recover", "slow1").returncode == 0
    shown = sequent("show", "slow1", "-v").stdout
    assert "wait/1  attempt 1  ? lost" in shown
    assert "wait/1  attempt 2  \u2713 success" in shown
    statuses = [
        attempt["status"] for attempt in json.loads(sequent("show", "slow1", "-v", "--json").stdout)["run"]["attempts"]
    ]
    assert statuses == ["lost", "success", "success"]
