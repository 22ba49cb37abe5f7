"""Files of runs on a host: they can be listed, and removed with their agents."""

from __future__ import annotations

import fcntl
import shutil
import sys
from pathlib import Path

import pytest

from sequent.errors import HostError
from sequent.runtime.host_agent import inventory
from sequent.runtime.hosts.agents_there import list_agents_on, remove_agents_on
from sequent.runtime.hosts.protocol.messages import EndedThere
from tests.patience import PATIENCE, wait_until
from tests.runtime.hosts.sessions import KEY, settings_of
from tests.runtime.hosts.speaking import Speaker


def test_what_a_run_has_left_is_listed_with_its_run(host):
    speaker = Speaker.attached(host)
    speaker.start("t1")
    speaker.wait(lambda message: isinstance(message, EndedThere))
    (found,) = list_agents_on(settings_of(host), PATIENCE)
    assert (found.key, found.run.id, found.run.flow) == (KEY, "r", "flow")
    assert (found.serves, found.attempts, found.outcomes) == (True, 1, 1)
    assert found.size > 0


def test_what_is_removed_goes_with_the_agent_that_serves_it(host):
    Speaker.attached(host)
    assert remove_agents_on(settings_of(host), [KEY, "../../elsewhere"], PATIENCE) == ()
    assert not list((host.home / ".local/state/sequent/agents").glob("*/*"))
    wait_until(lambda: not host.agent_pids())


def test_an_agent_that_starts_while_files_are_removed_keeps_its_own(host, monkeypatch):
    Speaker.attached(host).start("t1")
    monkeypatch.setenv("HOME", str(host.home))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    remove, speakers = shutil.rmtree, []

    def remove_slowly(path, **how):
        if Path(path, "tokens").exists():
            speakers.append(Speaker.attached(host, epoch=2))
        remove(path, **how)

    monkeypatch.setattr(shutil, "rmtree", remove_slowly)
    inventory.remove_agents([KEY])
    (speaker,) = speakers
    speaker.start("t2")
    speaker.wait(lambda message: isinstance(message, EndedThere))
    (found,) = list_agents_on(settings_of(host), PATIENCE)
    assert (found.key, found.serves, found.attempts) == (KEY, True, 1)


def test_files_stay_where_an_agent_starts(host):
    Speaker.attached(host)
    with open(host.place / "starting", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (found,) = remove_agents_on(settings_of(host), [KEY], PATIENCE)
    assert (found.key, found.serves) == (KEY, True)
    assert remove_agents_on(settings_of(host), [KEY], PATIENCE) == ()


def test_the_rest_of_an_interrupted_removal_goes_with_the_next(host):
    Speaker.attached(host)
    rest = host.place.with_name(f"{KEY}.gone")
    (rest / "logs").mkdir(parents=True)
    assert {each.key for each in list_agents_on(settings_of(host), PATIENCE)} == {KEY, rest.name}
    assert remove_agents_on(settings_of(host), [KEY, rest.name], PATIENCE) == ()
    assert not rest.exists()


@pytest.mark.parametrize("name", ["", ".", "..", f"../{KEY}"])
def test_a_name_that_is_no_key_removes_nothing(host, name):
    speaker = Speaker.attached(host)
    (found,) = remove_agents_on(settings_of(host), [name], PATIENCE)
    assert (found.key, found.serves) == (KEY, True)
    speaker.start("t1")
    assert speaker.wait(lambda message: isinstance(message, EndedThere)).ended.problem is None


def test_a_host_on_which_nothing_ever_ran_has_nothing(host):
    assert list_agents_on(settings_of(host), PATIENCE) == ()


def test_a_host_without_an_agent_says_so(host):
    with pytest.raises(HostError, match="no-such-agent"):
        list_agents_on(settings_of(host, command="no-such-agent"), PATIENCE)


def test_an_agent_is_sent_to_a_host_without_one_for_that_too(host):
    bare = getattr(sys, "_base_executable", sys.executable)
    assert list_agents_on(settings_of(host, command="", ship=True, python=bare), PATIENCE) == ()
