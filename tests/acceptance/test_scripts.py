"""A run that a script started, taken up from the command line: the script is run again, and its mistakes are told."""

from __future__ import annotations

import json

import pytest

SCRIPT = """
import sys
from pathlib import Path

import sequent

def load():
    print("loading")

def send():
    if not Path("mended").exists():
        raise ValueError("the receiver is away")

Path("lines").open("a").write("above ")
flow = sequent.Sequent("nightly")
loaded = flow.add_step("load", func=load)
flow.add_step("send", func=send, requires=loaded)
if len(sys.argv) > 1:
    flow.add_step(sys.argv[1], func=load)
flow.run()
print("the script's last line")
"""


@pytest.fixture
def script(sequent):
    """A script, and what runs it; its only run has failed."""
    file = sequent.directory / "night.py"
    file.write_text(SCRIPT)
    failed = sequent.run_script("night.py", "extra")
    assert "the receiver is away" in failed.stderr
    return file


def changed(script, old: str, new: str) -> None:
    text = script.read_text()
    assert old in text
    script.write_text(text.replace(old, new))


def test_a_recovery_of_a_scripts_run_exits_as_the_run_ended(sequent, script):
    assert sequent("recover").returncode == 1
    (sequent.directory / "mended").touch()
    mended = sequent("recover")
    assert (mended.returncode, mended.stdout) == (0, "the script's last line\n")


def test_what_a_script_is_refused_is_told_as_a_command_tells_it(sequent, script):
    changed(script, '"load"', '"read"')
    refused = sequent("recover", "r00001")
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: the flow 'nightly' has changed since run r00001 was made:\n")
    assert "\n  hint: put 'load' back as it was, or start a new run" in refused.stderr
    assert refused.stderr.endswith(f"sequent recover r00001 --renamed load=read --store {sequent.store}\n")
    assert "Traceback" not in refused.stderr
    assert "flow.run()" in sequent("--debug", "recover", "r00001").stderr
    told = json.loads(sequent("recover", "r00001", "--json").stdout)
    assert told["error"]["code"] == "changed-flow"


def test_every_mistake_of_the_flow_in_a_script_is_told_at_its_line(sequent, script):
    changed(script, "requires=loaded)", "requires=loaded & loaded.failed)\nflow.add_step('s', requires=loaded.lost)")
    refused = sequent("recover", "r00001")
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    changed(script, "\nflow.add_step('s', requires=loaded.lost)", "\nflow.add_step('Send', func=load)")
    refused = sequent("recover", "r00001")
    line = script.read_text().splitlines().index('flow.add_step("send", func=send, requires=loaded & loaded.failed)')
    assert [part.split(": ")[1] for part in refused.stderr.splitlines() if part.startswith("error")] == [
        f"{script}:{line + 2}",
        f"{script}:{line + 1}",
    ]


def test_an_error_of_the_script_itself_is_shown_as_python_shows_it(sequent, script):
    changed(script, "flow = sequent", "1 / 0\nflow = sequent")
    failed = sequent("recover", "r00001")
    assert failed.returncode == 1
    assert "Traceback" in failed.stderr
    assert failed.stderr.endswith("ZeroDivisionError: division by zero\n")


def test_a_script_that_does_not_run_the_flow_any_more_is_told_of(sequent, script):
    changed(script, "flow.run()", "")
    refused = sequent("recover", "r00001")
    assert refused.returncode == 2
    assert f"the script {str(script)!r} was run again, but did not run the flow 'nightly'" in refused.stderr


def test_a_script_that_is_gone_is_told_of(sequent, script):
    script.unlink()
    refused = sequent("recover", "r00001")
    assert refused.returncode == 2
    assert f"but {str(script)!r} does not exist" in refused.stderr
    assert "put it back" in refused.stderr


def test_what_a_recovery_of_a_scripts_run_would_do_is_told_without_running_its_flow_or_what_follows(sequent, script):
    (sequent.directory / "lines").unlink()
    told = sequent("recover", "r00001", "--plan")
    assert told.returncode == 0, told.stderr
    assert [line.split()[0] for line in told.stdout.splitlines()[1:6]] == ["↻", "send/1", "✓", "load/1", "extra/1"]
    assert "the script's last line" not in told.stdout + told.stderr
    assert (sequent.directory / "lines").read_text() == "above "
    assert "running" not in sequent("ls").stdout


def test_it_is_told_of_a_script_that_runs_only_as_such(sequent, script):
    changed(script, "flow.run()", "if __name__ == '__main__':\n    flow.run()")
    told = sequent("recover", "r00001", "--plan")
    assert "↻ 1 task runs\n  send/1 " in told.stdout


def test_a_flow_that_only_the_running_script_makes_is_not_looked_for_by_running_it(sequent, script):
    text = script.read_text()
    above, below = text.split("flow = ")
    body = "".join(f"    {line}\n" for line in ("flow = " + below).splitlines())
    script.write_text(f"{above}if __name__ == '__main__':\n{body}")
    refused = sequent("recover", "r00001", "--plan")
    assert refused.returncode == 2
    assert "the flow 'nightly' is not at the top level of the script" in refused.stderr
    assert f"--flow {script}:NAME" in refused.stderr


def test_what_is_set_on_the_command_line_is_set_for_the_script(sequent, script):
    changed(script, "flow.run()", "import os\nflow.run()\nprint(os.environ.get('SEQUENT_CONFIG'))")
    (sequent.directory / "mended").touch()
    (sequent.directory / "own.toml").write_text("[here]\nmax_concurrent = 'many'\n")
    refused = sequent("recover", "r00001", "--config", "own.toml", "--config-tag", "here")
    assert "own.toml" in refused.stderr
    assert "'many'" in refused.stderr
    (sequent.directory / "own.toml").write_text("[here]\nmax_concurrent = 2\n")
    mended = sequent("recover", "r00001", "--config", "own.toml", "--config-tag", "here", "--max-concurrent", "1")
    assert mended.stdout.startswith(str(sequent.directory / "own.toml"))


def test_how_many_run_at_once_and_what_is_logged_are_among_it(sequent, script):
    changed(script, "flow.run()", "import os\nprint({k: v for k, v in os.environ.items() if k in KEYS})\nflow.run()")
    changed(script, "import sys", "import sys\nKEYS = 'SEQUENT_MAX_CONCURRENT', 'SEQUENT_LOGGING__LOGGING_LEVEL'")
    told = sequent("recover", "r00001", "--max-concurrent", "3", "--log-level", "debug").stdout
    assert "{'SEQUENT_MAX_CONCURRENT': '3', 'SEQUENT_LOGGING__LOGGING_LEVEL': '10'}" in told


def test_options_that_a_script_has_itself_are_refused_by_name(sequent, script):
    refused = sequent("recover", "r00001", "--flow", "night.py:flow")
    assert "leave --flow out" in refused.stderr


def test_out_of_a_store_that_others_may_write_no_script_is_run(sequent, script):
    (store,) = sequent.directory.rglob("*.db")
    store.chmod(0o666)
    for command in ("recover", "continue"):
        refused = sequent(command, "r00001")
        assert refused.returncode == 2
        assert "is writable by others (mode 0666)" in refused.stderr
        assert "python SCRIPT" in refused.stderr
