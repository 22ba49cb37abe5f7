"""Commands that name the copy of a step on a host: one that there is, or a mistyped one."""

from __future__ import annotations

import pytest

FLOW = """
from pathlib import Path

from sequent import container, step


@container
class copied:
    @step
    def wait(self) -> None:
        assert Path("go").exists(), "no go"

    @container(requires=wait)
    class inner:
        @step(hosts=["localhost", "127.0.0.1"])
        def load(self) -> int:
            raise ValueError("not yet")
"""


@pytest.fixture
def failed(sequent):
    """A run that has failed before its copies began."""
    (sequent.directory / "copied.py").write_text(FLOW)
    assert sequent("run", "copied.py:copied", "--run-id", "run1").returncode == 1
    return sequent


@pytest.mark.parametrize("has_begun", [False, True])
@pytest.mark.parametrize(
    "words",
    [
        ("show", "run1", "PATH"),
        ("why", "run1", "PATH"),
        ("hold", "run1", "PATH"),
        ("mark", "run1", "PATH", "success", "--result", "1"),
        ("recover", "run1", "--plan", "--from", "PATH"),
        ("recover", "run1", "--plan", "--rerun", "PATH"),
        ("recover", "run1", "--plan", "--skip", "PATH"),
    ],
    ids=lambda words: " ".join(words[:1] + words[3:-1]),
)
def test_a_copy_that_there_will_never_be_is_refused(failed, words, has_begun):
    if has_begun:
        (failed.directory / "go").touch()
        assert failed("recover").returncode == 1
    for path, problem, hint in (
        ("inner.load@localhots", "on host 'localhots'", "did you mean 'localhost'? "),
        ("inner.load@", "names no host", "write"),
        ("wait@localhost", "'wait' has no copies on hosts", ""),
    ):
        done = failed(*(path if word == "PATH" else word for word in words))
        assert done.returncode == 2, done.stdout
        assert problem in done.stderr.splitlines()[0]
        assert hint in done.stderr
    right = failed(*("inner.load@127.0.0.1" if word == "PATH" else word for word in words))
    assert right.returncode == 0, right.stderr


def test_a_copy_that_has_begun_is_found_though_the_flow_names_its_host_no_longer(failed):
    (failed.directory / "go").touch()
    assert failed("recover").returncode == 1
    (failed.directory / "copied.py").write_text(FLOW.replace('"127.0.0.1"', '"::1"'))
    assert failed("recover", "--accept-changes").returncode == 1
    for words in (
        ("show", "run1", "inner.load@127.0.0.1"),
        ("why", "run1", "inner.load@127.0.0.1"),
        ("mark", "run1", "inner.load@127.0.0.1", "success", "--result", "1"),
        ("recover", "run1", "--plan", "--accept-changes", "--rerun", "inner.load@127.0.0.1"),
        ("recover", "run1", "--plan", "--accept-changes", "--skip", "inner.load@127.0.0.1"),
    ):
        done = failed(*words)
        assert done.returncode == 0, done.stderr


CHANGED = """
from sequent import container, step


@container
class changed:
    @step({options})
    def load(self) -> None: ...

    @step(requires=load)
    def check(self) -> None:
        raise ValueError("no")
"""
TWO_HOSTS = "hosts=['localhost', '127.0.0.1']"


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ("", "repeats=[1, 2]", "Now also: repeats a list. This run has begun it as a step\n"),
        ("", TWO_HOSTS, "Now also: on localhost, 127.0.0.1. This run has begun it as a step\n"),
        ("repeats=[1, 2]", "", "No longer: repeats a list. This run has begun it as a step that repeats\n"),
        (TWO_HOSTS, "", "No longer: on localhost, 127.0.0.1. This run has begun it with copies on hosts\n"),
        (
            "repeats=[1, 2]",
            f"repeats=[1, 2], {TWO_HOSTS}",
            "Now also: on localhost, 127.0.0.1. This run has begun it as a step that repeats\n",
        ),
    ],
)
def test_what_has_begun_neither_gains_nor_loses_copies_or_iterations(sequent, before, now, told):
    flow = sequent.directory / "changed.py"
    flow.write_text(CHANGED.format(options=before))
    assert sequent("run", "changed.py:changed").returncode == 1
    flow.write_text(CHANGED.format(options=now))
    done = sequent("recover", "--accept-changes")
    assert done.returncode == 2
    assert told in done.stderr
    assert "hint: put 'load' back as it was, or start a new run" in done.stderr
