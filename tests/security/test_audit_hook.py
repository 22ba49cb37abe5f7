"""The audit hook objects to what it is there for, in this process and in those that tests start."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

import sequent
from tests.audited.audit_hook import LOG, PLANTED, SITE, ObjectionError, hook
from tests.called import watched

PACKAGE = Path(sequent.__file__).parent
ROOT = PACKAGE.parent
DATA = pickle.dumps(Fraction(1, 2))


@pytest.fixture
def apart(tmp_path, monkeypatch):
    """Objections in this test are no failure of it."""
    monkeypatch.setenv(LOG, str(tmp_path / "objections"))
    yield tmp_path / "objections"
    hook.objections.clear()


def code_in(file: Path, text: str):
    """A function that runs a text as if it stood in that file."""
    code = compile(text, str(file), "exec")
    return lambda: exec(code, {"pickle": pickle, "DATA": DATA})  # noqa: S102  that is the point


def test_a_driver_or_a_command_that_unpickles_is_objected_to_even_if_it_swallows_errors(apart):
    with pytest.raises(ObjectionError, match="find_class"):
        code_in(PACKAGE / "cli" / "x.py", "try:\n    pickle.loads(DATA)\nexcept Exception:\n    pass")()
    assert "pickle.find_class" in apart.read_text()


def test_a_worker_and_code_that_is_not_ours_may_unpickle(apart):
    code_in(PACKAGE / "runtime" / "worker" / "x.py", "pickle.loads(DATA)")()
    assert pickle.loads(DATA) == Fraction(1, 2)  # noqa: S301  our own
    assert not apart.exists()


ACTS = {
    "import": f"__import__('{PLANTED}')",
    "evaluate": f"eval('{PLANTED}')",
    "open": f"open('/nowhere/{PLANTED}.py')",
    "system": f"__import__('os').system('true {PLANTED}')",
    "start": f"__import__('subprocess').run(['true', '{PLANTED}'])",
}


@pytest.mark.parametrize("act", ACTS)
def test_a_command_that_does_what_a_store_says_is_objected_to(act, apart):
    run = code_in(Path("x.py"), ACTS[act])
    with pytest.raises(ObjectionError), watched():
        run()
    assert PLANTED in apart.read_text()


LISTING = """
import sys
from sequent.cli import main
from sequent.runtime.store.sql import run_list

genuine = run_list.RunRow.checksum
def checksum(row):
    {act}
    return genuine(row)
run_list.RunRow.checksum = checksum
sys.exit(main(["ls"]))
"""


PROCESSES = {
    f"import pickle; pickle.loads({DATA!r})": "pickle.find_class",
    f"import {PLANTED}": f"import {PLANTED}",
    f"eval({PLANTED!r})": "compile",
}


def test_so_it_is_in_a_process_of_its_own(tmp_path):
    log, script = tmp_path / "objections", tmp_path / "listing.py"
    path = os.pathsep.join((str(ROOT), SITE))
    environment = {**os.environ, "PYTHONPATH": path, "SEQUENT_STORE": str(tmp_path / "s.db"), LOG: str(log)}

    def run(*words: str) -> int:
        return subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, check=False).returncode

    flow = f"{Path(__file__).with_name('plain_flow.py')}:plain"
    assert run(sys.executable, "-m", "sequent", "run", flow) == 0
    script.write_text(LISTING.format(act="pass"))
    assert run(sys.executable, str(script)) == 0
    assert not log.exists()
    for act, said in PROCESSES.items():
        script.write_text(LISTING.format(act=act))
        assert run(sys.executable, str(script)) != 0
        assert said in log.read_text().splitlines()[-1]
