"""The page of what is left says of each task that has begun what the plan of a recovery says, without the flow."""

from __future__ import annotations

import json
import re
import signal

import pytest

from tests.acceptance.command_line import CommandLine
from tests.patience import wait_until
from tests.web.conftest import browser_of

FLOW = """
import os
import signal
from pathlib import Path

from sequent import STEP_FAILURE, STEP_SUCCESS, STP_RERUN, STP_SKIP, container, item, step


@container(stop_on_exception=False)
class delivery:
    @step(recovery={STEP_SUCCESS: STP_RERUN})
    def open_tunnel(self): ...

    @container(requires=open_tunnel)
    class read:
        @step
        def primary(self): raise ConnectionError("no answer")

        @step(requires=primary.failed)
        def replica(self): ...

    @container(repeats=range(4))
    class rows:
        @step
        def load(self, number: int = item()):
            if number:
                raise ValueError("bad")

        @step(requires=load.failed)
        def mend(self, number: int = item()):
            if number == 2:
                raise ValueError("bad")

    @step(recovery={STEP_FAILURE: STP_SKIP})
    def optional(self): raise ValueError("no matter")

    @step(requires=rows)
    def send(self): ...

    @step(requires=send.done)
    def tidy(self): ...

    @step(requires=optional.done)
    def log(self): ...

    @step(requires=(read, open_tunnel))
    def last(self):
        Path("began").write_text("now")
        if Path("wait").exists():
            signal.pause()
"""


@pytest.fixture
def delivered(tmp_path):
    sequent = CommandLine(tmp_path)
    (sequent.directory / "flows.py").write_text(FLOW)
    return sequent


def page_of(sequent):
    return browser_of(sequent.store).get("/runs/r1/remainder").text


def named(text):
    rows = re.findall(r"<tr data-row><td class=\"path\"><code>(.*?)</code></td><td>(.*?)</td><td>(.*?)</td>", text)
    return {name: (re.findall(r'"word">([^<]*)<', fate)[0], reason) for name, fate, reason in rows}


def planned(sequent):
    tasks = json.loads(sequent("recover", "r1", "--plan", "--json").stdout)["plan"]["tasks"]
    return {f"{task['path']}/{task['sequence']}": task["fate"] for task in tasks}


def test_each_task_that_has_begun_has_the_fate_that_the_plan_gives_it(delivered):
    assert delivered("run", "flows.py:delivery", "--run-id", "r1").returncode == 1
    text, plan = page_of(delivered), planned(delivered)
    tasks = named(text)
    decided = {name: fate for name, (fate, _) in tasks.items() if fate != "open"}
    assert decided == {name: plan[name] for name in decided}
    assert tasks["read.primary/1.1"] == (
        "kept",
        "it failed, and its failure was handled: the container around it is kept as a whole",
    )
    assert tasks["rows.load/1.3"] == ("rerun", "it failed")
    assert tasks["rows.mend/1.3"][0] == "open"
    assert len(decided) == len(tasks) - 1
    assert tasks["rows.load/1.2"][0] == tasks["rows.load/1.4"][0] == "kept"
    assert tasks["optional/1"] == ("passed over", "it failed, and its directive passes it over")
    assert "its directive runs successes again" in text
    assert "runs again if &#39;send&#39; does" in text
    assert "runs again only if a failure that it requires comes again" in text
    assert plan["tidy/1"] == "rerun"
    assert '<pre class="command">sequent recover r1</pre>' in text
    assert "sequent recover r1 --plan" in text
    steps = dict(re.findall(r'<a class="name"[^>]*>([a-z._]+)</a></td><td>(.*?)</td>', text, re.DOTALL))
    counts = {path: re.findall(r'"word">([^<]*)<', told) for path, told in steps.items()}
    assert counts == {
        "open_tunnel": ["1 rerun"],
        "read.primary": ["1 kept"],
        "read.replica": ["1 kept"],
        "rows.load": ["3 kept", "1 rerun"],
        "rows.mend": ["2 kept", "2 open"],
        "optional": ["1 passed over"],
        "send": ["1 open"],
        "tidy": ["1 open"],
        "log": ["1 open"],
        "last": ["1 kept"],
    }


def test_a_task_whose_driver_was_killed_runs_again_and_people_are_heard(delivered):
    (delivered.directory / "wait").touch()
    process = delivered.start("run", "flows.py:delivery", "--run-id", "r1")
    wait_until((delivered.directory / "began").exists)
    assert "A process drives the run" in page_of(delivered)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert delivered("hold", "r1", "send", "--why", "not yet").returncode == 0
    text = page_of(delivered)
    assert named(text)["last/1"] == ("rerun", "it was being executed when its driver ended")
    assert planned(delivered)["last/1"] == "rerun"
    assert "nothing starts there until sequent release r1 send" in text
    # The page imports no code of the author.
    (delivered.directory / "flows.py").unlink()
    assert named(page_of(delivered)) == named(text)


def test_the_report_says_the_same(delivered):
    assert delivered("run", "flows.py:delivery", "--run-id", "r1").returncode == 1
    report = delivered("report", "r1").stdout
    section = report[report.index('<section class="card" id="left">') :].partition("</section>")[0]
    assert named(section) == named(page_of(delivered))
    assert "runs again if &#39;send&#39; does" in section


def test_nothing_is_left_of_a_success(delivered):
    (delivered.directory / "good.py").write_text(
        "from sequent import container, step\n@container\nclass good:\n    @step\n    def one(self): ...\n"
    )
    assert delivered("run", "good.py:good", "--run-id", "r1").returncode == 0
    assert "Nothing: the run has succeeded." in page_of(delivered)
    assert 'id="left"' not in delivered("report", "r1").stdout
