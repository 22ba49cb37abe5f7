"""What all tests share: how long and how randomly hypothesis searches."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import traceback
import warnings

import pytest
from hypothesis import HealthCheck, settings

from tests import postgres, sshd
from tests.audited.audit_hook import LOG, hook
from tests.children import end_children
from tests.descriptors import open_descriptors
from tests.patience import PATIENCE, wait_until

hook.install()

# Shells start programs in the background with interrupts ignored, and those that tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Under several workers on few processors a single example may be slow for no reason of its own.
_patient = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("dev", max_examples=50, **_patient)
settings.register_profile("ci", max_examples=50, derandomize=True, **_patient)
settings.register_profile("nightly", max_examples=1_000, **_patient)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


@pytest.fixture(scope="session", autouse=True)
def audit_log(tmp_path_factory):
    """The file to which the processes of tests add what their audit hooks object to."""
    path = tmp_path_factory.mktemp("audit") / "objections"
    os.environ[LOG] = str(path)
    path.touch()
    return path


@pytest.fixture(scope="module", autouse=True)
def descriptors(request, audit_log):
    """Fail the last test of a file if its tests leave descriptors open."""
    failed, before = request.session.testsfailed, open_descriptors().items()
    yield
    # A failed test has told its own mistake.
    if request.session.testsfailed == failed and not open_descriptors().items() <= before:
        # Simulations close their stores when they are collected; threads may still close theirs.
        gc.collect()
        wait_until(lambda: open_descriptors().items() <= before, lambda: f"open: {open_descriptors().items() - before}")


@pytest.fixture(autouse=True)
def audited(audit_log):
    """Fail the test if a driver or a command did what a store says; see ``tests/audited/audit_hook.py``."""
    begin, told = len(hook.objections), audit_log.stat().st_size
    yield
    assert hook.objections[begin:] == []
    with audit_log.open() as file:
        file.seek(told)
        assert file.read() == ""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Let go of the files and connections that a failed test has left open: they are no other test's mistake."""
    report = yield
    if report.failed and call.excinfo is not None and not item.config.option.usepdb:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            forget_locals(call.excinfo.value)
            gc.collect()
    return report


def forget_locals(error):
    """Let go of all that the functions had in which an error was raised, and those before it."""
    while error is not None:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            with contextlib.suppress(RuntimeError):
                # One that is still executed is left as it is.
                frame.clear()
                # A copy of the variables, which was made for the report, is emptied as it is asked for.
                len(frame.f_locals)
        error = error.__context__


@pytest.fixture(autouse=True)
def children():
    """End the processes that the test has started, whatever became of it."""
    yield
    end_children()


@pytest.fixture(scope="session")
def ssh_hosts():
    """Two machines that are reached by SSH; a test that changes one of them puts it right."""
    with sshd.ssh_hosts() as hosts:
        yield hosts


@pytest.fixture(scope="session")
def cluster():
    """A server of PostgreSQL of these tests alone; a test that stops it starts it again."""
    with postgres.cluster() as made:
        yield made


@pytest.fixture(scope="module")
def chromium():
    """A browser without a screen. It has an event loop of its own, so it ends with the file."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"], timeout=1000 * PATIENCE
        )
        yield launched
        launched.close()
