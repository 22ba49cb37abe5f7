"""Runs that are suspended and continued, from a program, a script and by hand, over a store in a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import sequent
from sequent.errors import UsageError
from sequent.model.status import RunStatus
from sequent.runtime.recovery import scripts
from sequent.runtime.store import open_store

LATER = 0.2
"""Seconds of a delay that a test waits for."""


def work() -> str:
    return "done"


def fail() -> None:
    raise ValueError("no")


def flow_of(path: Path, mode: sequent.dsl.run_port.RunMode | None = None, **options: object) -> sequent.Sequent:
    more = {} if mode is None else {"run_mode": mode}
    flow = sequent.Sequent("f", store=str(path), config={"task_construct": "invoke"}, **more)
    now = flow.add_step("now", func=options.get("func", work))
    flow.add_step("later", func=work, delay=options.get("delay", LATER), requires=((now, sequent.STEP_SUCCESS),))
    return flow


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.db"


def test_a_suspended_run_is_false_and_goes_on_where_it_was(path):
    outcome = flow_of(path).run(max_loops=1)
    assert (outcome.status, bool(outcome)) == (RunStatus.SUSPENDED, False)
    again = flow_of(path, sequent.RUN_CONTINUE).run()
    assert (again.status, again.run_id, again.recovery) == (RunStatus.SUCCESS, outcome.run_id, 0)
    store = open_store(str(path))
    assert [(told.path, told.attempt) for told in store.attempts(store.find("latest"))] == [("now", 1), ("later", 1)]
    store.close()


def test_a_run_that_is_continued_too_early_is_suspended_again(path):
    flow_of(path, delay="1h").run(max_loops=1)
    for _ in range(2):
        assert flow_of(path, sequent.RUN_CONTINUE, delay="1h").run(max_loops=1).status is RunStatus.SUSPENDED


def test_continuing_a_run_that_has_succeeded_tells_its_outcome_and_does_nothing(path):
    flow_of(path).run()
    outcome = flow_of(path, sequent.RUN_CONTINUE).run()
    assert (outcome.status, outcome.recovery) == (RunStatus.SUCCESS, 0)


def test_a_run_that_has_failed_is_not_continued_and_the_way_out_is_told(path):
    flow_of(path, func=fail).run()
    with pytest.raises(UsageError, match=r"run 'r00001' has failed: there is nothing to continue") as caught:
        flow_of(path, sequent.RUN_CONTINUE).run()
    assert "sequent recover r00001 --max-loops 1" in str(caught.value)


def test_where_there_is_no_run_none_is_continued(path):
    with pytest.raises(UsageError, match="has no run to continue"):
        flow_of(path, sequent.RUN_CONTINUE).run()


def test_a_run_in_memory_cannot_be_continued():
    with pytest.raises(UsageError, match="':memory:' ends with its process"):
        flow_of(Path(":memory:"), sequent.RUN_CONTINUE).run()


def test_a_suspended_run_can_be_recovered_instead(path):
    flow_of(path).run(max_loops=1)
    outcome = flow_of(path, sequent.RUN_RECOVER).run()
    assert (outcome.status, outcome.recovery) == (RunStatus.SUCCESS, 1)


def test_a_script_is_continued_by_running_it_again(path, tmp_path):
    script = tmp_path / "job.py"
    program = (
        "import sequent\n"
        "def work(): return 1\n"
        f"flow = sequent.Sequent('job', store={str(path)!r}, config={{'task_construct': 'invoke'}})\n"
        "now = flow.add_step('now', func=work)\n"
        f"flow.add_step('later', func=work, delay={LATER}, requires=((now, sequent.STEP_SUCCESS),))\n"
        "flow.run(max_loops=LOOPS)\n"
    )
    script.write_text(program.replace("LOOPS", "1"))
    subprocess.run([sys.executable, str(script)], cwd=tmp_path, check=True, capture_output=True)
    store = open_store(str(path))
    assert store.find("latest").status is RunStatus.SUSPENDED
    # Now it makes as many passes as it takes.
    script.write_text(program.replace("LOOPS", "-1"))
    assert scripts.run_again(store.find("latest"), store.name, scripts.CONTINUE_RUN, {}) == 0
    assert [(record.id, record.status) for record in store.runs()] == [("r00001", RunStatus.SUCCESS)]
    store.close()
