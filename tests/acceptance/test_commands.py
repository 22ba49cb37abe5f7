"""The command line as a user has it: a process, its two streams and its exit code."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

FLOWS = '''
from datetime import date
from pathlib import Path

from sequent import container, param, step

Path("loaded").touch()


@container
class nightly:
    """What happens every night."""

    day: date = param(help="business day")
    rows: int = param(default=3, help="how many rows")

    @step
    def load(self) -> str:
        print(f"loading {self.rows} rows")
        return f"{self.day}:{self.rows}"

    @step
    def send(self, loaded: str = load.result) -> str:
        return f"sent {loaded}"

    result = send


@container
class broken:
    @step
    def load(self) -> int:
        with Path("loads").open("a") as file:
            file.write("load ")
        return 1

    @step
    def send(self, loaded: int = load.result) -> None:
        print("about to send\\x1b]0;owned\\x07")
        if not Path("mended").exists():
            raise ValueError("the receiver is away")
'''

WAITING = """
from pathlib import Path

from sequent import container, step


@container
class slow:
    @step
    def wait(self) -> None:
        Path("began").write_text("now")
        Path("go").read_text()

    @step(requires=wait)
    def after(self) -> None:
        Path("after").touch()
"""

MISTAKEN = """
from sequent import container, step


@container
class wrong:
    @step
    def a(self) -> None: ...

    @container
    class block:
        @step
        def b(self) -> None: ...

    @step(requires=a & a.failed)
    def never(self) -> None: ...

    @step(requires=a.failed & a.skipped)
    def nor_this(self) -> None: ...
"""


class CommandLine:
    """Runs commands in a directory with a store of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.store = directory / "store" / "runs.db"
        self.store.parent.mkdir(mode=0o700)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SEQUENT_", "PYTEST"))},
            "SEQUENT_STORE": str(self.store),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "NO_COLOR": "1",
        }

    def start(self, *words: str, **options: object) -> subprocess.Popen[str]:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        command = [sys.executable, "-m", "sequent", *words]
        return subprocess.Popen(command, cwd=self.directory, env=self.environment, text=True, **streams)

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*words)
        out, err = process.communicate()
        return subprocess.CompletedProcess(words, process.returncode, out, err)


@pytest.fixture
def sequent(tmp_path):
    line = CommandLine(tmp_path)
    (tmp_path / "flows.py").write_text(FLOWS)
    (tmp_path / "waiting.py").write_text(WAITING)
    (tmp_path / "mistaken.py").write_text(MISTAKEN)
    return line


# -- run ------------------------------------------------------------------------------------------


def test_a_target_alone_is_run_and_its_result_is_all_of_stdout(sequent):
    done = sequent("flows:nightly", "--day", "2026-11-24")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "sent 2026-11-24:3\n"
    lines = done.stderr.splitlines()
    assert " of nightly" in lines[0]
    assert lines[1:3] == ["✓ success  load/1", "✓ success  send/1"]
    assert "success in" in lines[3]
    assert len(lines) == 4


def test_a_flow_in_a_file_is_run_by_its_path(sequent):
    done = sequent("run", "flows.py:nightly", "-p", "day=2026-11-24", "--rows=5")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "sent 2026-11-24:5\n"


def test_quiet_says_only_the_end(sequent):
    done = sequent("run", "flows:nightly", "-q", "--day=2026-11-24")
    assert len(done.stderr.splitlines()) == 1


def test_json_is_one_document_with_the_result(sequent):
    done = sequent("run", "flows:nightly", "--day=2026-11-24", "--run-id", "night1", "--json")
    run = json.loads(done.stdout)["run"]
    assert (run["id"], run["status"], run["result"]) == ("night1", "success", "sent 2026-11-24:3")
    assert run["counts"] == {"success": 2}


def test_help_after_a_target_shows_the_flows_parameters_and_starts_nothing(sequent):
    done = sequent("run", "flows:nightly", "--help")
    assert done.returncode == 0, done.stderr
    for word in (
        "What happens every night.",
        "--day",
        "business day",
        "date",
        "--rows",
        "default: 3",
        "--max-concurrent",
    ):
        assert word in done.stdout
    assert sequent("ls").stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["flows:nightly"], "'day'"),
        (["flows:nightly", "--day", "soon"], "'soon'"),
        (["flows:nightly", "-p", "day"], "has no '='"),
        (["flows:nightly", "-p", "dya=1"], "did you mean 'day'"),
        (["flows:nightly", "--dya", "1"], "Did you mean --day"),
        (["flows:nigthly"], "nightly"),
        (["flwos:nightly"], "flows"),
        (["flows.py"], "flows.py:"),
        (["rum", "flows:nightly"], "'run'"),
        (["ls", "--limt", "1"], "--limit"),
        (["show", "nosuchrun"], "nosuchrun"),
    ],
)
def test_what_is_mistyped_exits_2_names_what_is_near_and_shows_no_traceback(sequent, words, said):
    done = sequent(*words)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_an_error_is_a_document_with_json(sequent):
    done = sequent("run", "flows:nigthly", "--json")
    assert done.returncode == 2
    document = json.loads(done.stdout)
    assert document["version"] == 1
    assert "nigthly" in document["error"]["message"]
    assert done.stderr == ""


# -- check, plan, graph -----------------------------------------------------------------------------


def test_check_tells_all_mistakes_at_once_at_their_lines(sequent):
    done = sequent("check", "mistaken:wrong")
    assert done.returncode == 2
    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert len(errors) == 2
    assert all("mistaken.py:" in line for line in errors)
    assert "'never'" in done.stderr
    assert "'nor_this'" in done.stderr


def test_check_of_a_right_flow_says_so(sequent):
    done = sequent("check", "flows:nightly")
    assert (done.returncode, done.stdout) == (0, "nightly: 2 steps, no mistakes\n")


def test_plan_has_the_steps_in_order_with_what_they_wait_for(sequent):
    done = sequent("plan", "flows:nightly")
    assert done.stdout == "nightly\n  load\n  send  after load\n"
    parts = json.loads(sequent("plan", "flows:nightly", "--json").stdout)["plan"]["parts"]
    assert [(part["path"], part["waits_for"]) for part in parts] == [("load", None), ("send", "load")]
    assert parts[0]["place"]["file"].endswith("flows.py")


@pytest.mark.parametrize("form", ["mermaid", "dot", "json"])
def test_graph_draws_every_step(sequent, form):
    done = sequent("graph", "flows:nightly", "--format", form)
    assert done.returncode == 0, done.stderr
    assert "load" in done.stdout
    assert "send" in done.stdout
    if form == "json":
        assert json.loads(done.stdout)["version"] == 1


def test_graph_refuses_another_form_with_those_there_are(sequent):
    done = sequent("graph", "flows:nightly", "--format", "gif")
    assert done.returncode == 2
    assert "mermaid" in done.stderr


# -- a failure, and its recovery ----------------------------------------------------------------------


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


def test_a_store_that_others_can_write_does_not_say_what_code_to_load(sequent):
    sequent("run", "flows:broken", "--run-id", "night7")
    (sequent.directory / "loaded").unlink()
    sequent.store.chmod(0o666)
    done = sequent("recover", "night7")
    assert done.returncode in (2, 4)
    assert "0666" in done.stderr
    assert not (sequent.directory / "loaded").exists()


# -- what only reads ----------------------------------------------------------------------------------


def test_commands_that_read_never_load_a_flow(sequent):
    sequent("run", "flows:broken", "--run-id", "night7")
    (sequent.directory / "loaded").unlink()
    for words in (
        ["ls"],
        ["show", "night7", "-v"],
        ["logs", "night7"],
        ["ls", "--json"],
        ["--help"],
        ["run", "--help"],
    ):
        done = sequent(*words)
        assert done.returncode == 0, done.stderr
        assert done.stdout
    assert not (sequent.directory / "loaded").exists()


def test_history_is_readable_when_the_flow_is_gone(sequent):
    sequent("run", "flows:broken", "--run-id", "night7")
    (sequent.directory / "flows.py").unlink()
    assert "broken" in sequent("ls").stdout
    shown = sequent("show", "night7").stdout
    assert "ValueError: the receiver is away" in shown
    assert "  load: 1 success" in shown
    assert "about to send" in sequent("logs", "night7", "send").stdout


def test_a_closed_pipe_ends_quietly(sequent):
    sequent("run", "flows:nightly", "--day=2026-11-24")
    for words in (["ls"], ["logs", "latest"], ["plan", "flows:nightly"], ["--help"]):
        reading, writing = os.pipe()
        os.close(reading)
        process = sequent.start(*words, stdout=writing)
        os.close(writing)
        _, err = process.communicate()
        assert err == ""
        assert process.returncode in (0, 141)


def test_a_run_goes_on_when_nobody_reads_its_progress(sequent):
    reading, writing = os.pipe()
    os.close(reading)
    process = sequent.start("run", "flows:nightly", "--day=2026-11-24", stderr=writing)
    os.close(writing)
    out, _ = process.communicate()
    assert process.returncode == 0
    assert out == "sent 2026-11-24:3\n"


# -- signals, and two drivers -------------------------------------------------------------------------


@pytest.fixture
def waiting_run(sequent):
    """A run whose first step has begun, and goes on once ``go`` is written."""
    os.mkfifo(sequent.directory / "began")
    os.mkfifo(sequent.directory / "go")
    process = sequent.start("run", "waiting:slow", "--run-id", "slow1")
    assert (sequent.directory / "began").read_text() == "now"
    yield process
    process.kill()
    process.communicate()


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


# -- a terminal ---------------------------------------------------------------------------------------


def on_terminal(sequent, *words, **environment):
    """Run a command with a terminal as its stderr and stdout; what it wrote there."""
    ours, theirs = pty.openpty()
    sequent.environment = {**sequent.environment, "TERM": "xterm", "COLUMNS": "100", "LINES": "40", **environment}
    for name in ("CI", *(name for name, value in environment.items() if not value)):
        if not environment.get(name):
            sequent.environment.pop(name, None)
    process = sequent.start(*words, stdout=theirs, stderr=theirs)
    os.close(theirs)
    written = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:
            break
        if not chunk:
            break
        written += chunk
    os.close(ours)
    assert process.wait() in (0, 1)
    return written.decode()


def test_on_a_terminal_a_table_of_steps_is_drawn_with_the_failure_above_it(sequent):
    text = on_terminal(sequent, "run", "flows:broken", NO_COLOR="")
    assert "\x1b[?25h" in text
    assert "step" in text
    assert "\x1b[31m✗ failure" in text
    assert "ValueError: the receiver is away" in text
    assert "recover" in text


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"CI": "true"}])
def test_a_terminal_that_cannot_redraw_gets_plain_lines(sequent, environment):
    text = on_terminal(sequent, "run", "flows:nightly", "--day=2026-11-24", **environment)
    assert "\x1b" not in text
    assert "success  load/1" in text


def test_a_log_on_a_terminal_cannot_steer_it(sequent):
    sequent("run", "flows:broken", "--run-id", "night7")
    text = on_terminal(sequent, "logs", "night7")
    assert "\x1b" not in text
    assert "about to send\\x1b]0;owned\\x07" in text
