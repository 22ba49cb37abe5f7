"""Commands that start nothing: they look at a flow before it runs, or at what has been recorded."""

from __future__ import annotations

import json
import os
import textwrap

import pytest


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


@pytest.mark.parametrize("form", ["svg", "mermaid", "dot", "json"])
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


def test_graph_draws_a_run_whose_id_looks_like_a_module(sequent):
    sequent("run", "flows:nightly", "--day", "2026-11-24", "--run-id", "night.seven")
    assert "send: " in sequent("graph", "night.seven").stdout
    assert "module not found: 'night.eight'" in sequent("graph", "night.eight").stderr


def test_graph_of_a_run_has_its_states_also_when_the_flow_is_gone(sequent):
    sequent("run", "flows:broken", "--run-id", "night7")
    (sequent.directory / "flows.py").unlink()
    nodes = json.loads(sequent("graph", "night7", "--json").stdout)["graph"]["nodes"]
    assert {node["path"]: node["status"] for node in nodes} == {"load": "success", "send": "failure"}
    assert "send: failure" in sequent("graph", "latest").stdout
    done = sequent("graph", "night", "--output", "night.svg")
    assert (done.returncode, done.stdout) == (0, "")
    assert "night7: failure" in (sequent.directory / "night.svg").read_text()


def test_graph_of_a_run_shows_what_is_active_and_once_its_driver_is_dead_what_waits_again(sequent, waiting_run):
    def statuses():
        nodes = json.loads(sequent("graph", "slow1", "--json").stdout)["graph"]["nodes"]
        return {node["status"] for node in nodes}

    assert "active" in statuses()
    waiting_run.kill()
    waiting_run.wait()
    assert "active" not in statuses()
    assert "waiting" in statuses()


def test_graph_of_a_run_shows_the_steps_that_were_skipped_because_of_a_failure(sequent):
    text = """
        from sequent import container, step

        @container
        class early:
            @step
            def load(self):
                raise ValueError

            @step(requires=load)
            def send(self): ...
        """
    (sequent.directory / "early.py").write_text(textwrap.dedent(text))
    sequent("run", "early.py:early")
    nodes = json.loads(sequent("graph", "latest", "--json").stdout)["graph"]["nodes"]
    assert {node["path"]: node["status"] for node in nodes} == {"load": "failure", "send": "skipped"}


def test_graph_says_what_it_cannot_draw_or_write(sequent):
    done = sequent("graph", "nosuch")
    assert done.returncode == 2
    assert "'nosuch'" in done.stderr
    done = sequent("graph", "flows:nightly", "-o", "nowhere/flow.svg")
    assert done.returncode == 2
    assert "nowhere/flow.svg" in done.stderr


def test_commands_that_read_never_load_a_flow(sequent):
    sequent("run", "flows:broken", "--run-id", "night7")
    (sequent.directory / "loaded").unlink()
    for words in (
        ["ls"],
        ["show", "night7", "-v"],
        ["logs", "night7"],
        ["ls", "--json"],
        ["graph", "night7", "--format", "svg"],
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


def test_show_tells_why_a_container_could_not_repeat(sequent):
    (sequent.directory / "five.py").write_text(
        """
from sequent import container, item, step


@container
class five:
    @step
    def count(self) -> object:
        return 5

    @container(repeats=count.result)
    class each:
        @step
        def work(self, number: int = item()) -> None: ...
"""
    )
    assert sequent("run", "five.py:five").returncode == 1
    shown = sequent("show").stdout
    assert "failure  each/1\n    TypeError: 'each': repeats needs a list" in shown
    assert "five.py:11" in shown
    assert "TypeError" not in sequent("show", "latest", "count").stdout
    assert "TypeError" not in sequent("show", "latest", "--status", "success").stdout
