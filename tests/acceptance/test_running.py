"""Running a flow from the command line: its result, its help, and what is said of mistyped words."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


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


def test_a_step_that_reads_from_a_terminal_fails_with_a_hint_at_its_own_line(sequent):
    lines = [
        "from sequent import container, step",
        "",
        "@container(stop_on_exception=False)",
        "class flow:",
        "    @step",
        "    def ask(self):",
        "        input('name? ')",
        "    @step",
        "    def debug(self):",
        "        breakpoint()",
        "        return 1",
    ]
    (sequent.directory / "asking.py").write_text("\n".join(lines))
    done = sequent("run", "asking.py")
    assert done.returncode == 1
    assert "EOFError: EOF when reading a line\n        hint: a step has no terminal: take the value" in done.stderr
    assert "asking.py:7: input('name? ')" in done.stderr
    assert "BdbQuit: the debugger was left\n        hint: a step in a run has no terminal" in done.stderr
    assert "bdb.py" not in done.stderr


def test_help_after_a_target_shows_the_flows_parameters_and_starts_nothing(sequent):
    done = sequent("run", "flows:nightly", "--help")
    assert done.returncode == 0, done.stderr
    for word in (
        "What happens every night.",
        "--day",
        "business day",
        "DATE",
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
        (["flows:nightly", "--dya", "1"], "did you mean --day?"),
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


def test_a_run_goes_on_when_nobody_reads_its_progress(sequent):
    reading, writing = os.pipe()
    os.close(reading)
    process = sequent.start("run", "flows:nightly", "--day=2026-11-24", stderr=writing)
    os.close(writing)
    out, _ = process.communicate()
    assert process.returncode == 0
    assert out == "sent 2026-11-24:3\n"


@pytest.mark.parametrize("run_id", ["a/b", "", "latest", "x" * 65])
def test_a_run_that_cannot_have_its_id_leaves_no_store(sequent, run_id):
    done = sequent("run", "flows:nightly", "--day=2026-11-24", "--run-id", run_id, "--store", "new.db")
    assert done.returncode == 2
    assert "cannot be a run's id" in done.stderr
    (sequent.directory / "script.py").write_text(
        "import sequent\nflow = sequent.Sequent('flow', 'new.db')\nflow.add_step('a')\n"
        f"flow.run(run_id={run_id or '-'!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=sequent.directory,
        env=sequent.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert list(sequent.directory.glob("new.db*")) == []
