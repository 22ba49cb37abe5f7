"""Files of runs on a host: they can be listed, and removed with their agents."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from sequent.errors import HostError
from sequent.model.value_text import encode
from sequent.runtime.host_agent import inventory
from sequent.runtime.hosts.agents_there import list_agents_on, remove_agents_on
from sequent.runtime.hosts.protocol.messages import Attached, EndedThere
from tests.patience import PATIENCE, wait_until
from tests.runtime.driving import kill
from tests.runtime.hosts.gates import begun, gate
from tests.runtime.hosts.sessions import KEY, settings_of
from tests.runtime.hosts.speaking import Speaker, attach


@pytest.fixture
def here(host, monkeypatch):
    """The host, as the removal in this process sees it."""
    monkeypatch.setenv("HOME", str(host.home))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    return host


def leave(host):
    """Leave an agent without a driver there."""
    Speaker.attached(host).session.close()
    wait_until(lambda: not (host.place / "driven").exists())


def end_agent(host):
    """Kill the agent, and let its directory stay."""
    for pid in host.agent_pids():
        kill(pid)
    wait_until(lambda: not host.agent_pids())


def waits_to_start(session):
    """Whether a session has opened the lock of those that start an agent."""
    descriptors = Path(f"/proc/{session.process.pid}/fd")
    return any(os.path.realpath(each).endswith("/starting") for each in descriptors.iterdir())


def test_what_a_run_has_left_is_listed_with_its_run(host):
    speaker = Speaker.attached(host)
    speaker.start("t1")
    speaker.wait(lambda message: isinstance(message, EndedThere))
    (found,) = list_agents_on(settings_of(host), PATIENCE)
    assert (found.key, found.run.id, found.run.flow) == (KEY, "r", "flow")
    assert (found.serves, found.attempts, found.outcomes) == (True, 1, 1)
    assert found.size > 0


def test_what_is_removed_goes_with_the_agent_that_serves_it(host):
    leave(host)
    assert remove_agents_on(settings_of(host), [KEY, "../../elsewhere"], PATIENCE) == ()
    assert not list((host.home / ".local/state/sequent/agents").glob("*/*"))
    wait_until(lambda: not host.agent_pids())


def test_an_agent_with_a_driver_stays_with_its_files_and_its_steps(host, tmp_path):
    directory = gate(tmp_path)
    speaker = Speaker.attached(host)
    speaker.start("t1", "gated", inputs=(encode(str(directory)),), makers=("source",))
    wait_until(lambda: begun(directory))
    (found,) = remove_agents_on(settings_of(host), [KEY], PATIENCE)
    assert (found.key, found.serves, found.attempts) == (KEY, True, 1)
    (directory / "go").touch()
    assert speaker.wait(lambda message: isinstance(message, EndedThere)).ended.problem is None


@pytest.mark.parametrize("starts_again", [False, True])
def test_a_driver_of_an_agent_that_was_killed_keeps_no_files(host, starts_again):
    Speaker.attached(host)
    end_agent(host)
    assert (host.place / "driven").exists()
    if starts_again:
        Speaker(host)
    assert remove_agents_on(settings_of(host), [KEY], PATIENCE) == ()


def test_a_driver_that_comes_while_the_agent_is_ended_is_not_told_that_it_is_served(here, monkeypatch):
    speaker, end_agent = Speaker(here), inventory._end_agent

    def end_slowly(*arguments):
        speaker.say(attach())
        speaker.end.settimeout(0.5)
        with pytest.raises(TimeoutError):
            speaker.wait(lambda message: isinstance(message, Attached))
        end_agent(*arguments)

    monkeypatch.setattr(inventory, "_end_agent", end_slowly)
    inventory.remove_agents([KEY])
    assert speaker.ended()
    assert not here.agent_pids()


def test_a_directory_that_was_made_while_another_one_was_removed_stays(here, monkeypatch):
    leave(here)
    starting = inventory.starting

    @contextmanager
    def start_behind_another(place, *, waits):
        end_agent(here)
        path.rename(path.with_name("renamed"))
        path.mkdir(mode=0o700)
        with starting(place, waits=waits):
            yield

    path = here.place
    monkeypatch.setattr(inventory, "starting", start_behind_another)
    inventory.remove_agents([KEY])
    assert path.exists()


def test_a_session_that_waits_while_the_directory_is_removed_is_served_in_another(host):
    leave(host)
    end_agent(host)
    path = host.place
    with open(path / "starting", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        session = host.connect()
        wait_until(lambda: waits_to_start(session))
        path.rename(path.with_name("renamed"))
    Speaker.attached(SimpleNamespace(connect=lambda: session))
    assert path.exists()


def test_a_session_is_served_in_another_directory_if_its_own_was_removed_before_it_could_wait(host):
    leave(host)
    end_agent(host)
    path = host.place
    host.program = (
        "import shutil; from sequent.runtime.host_agent import attaching; reach = attaching.reach\n"
        f"attaching.reach = lambda place: (reach(place), shutil.rmtree({str(path)!r}), "
        f"setattr(attaching, 'reach', reach))[0]\n{host.program}"
    )
    Speaker.attached(host)
    assert path.exists()


def test_an_agent_that_starts_while_files_are_removed_keeps_its_own(here, monkeypatch):
    host = here
    leave(host)
    (host.place / "tokens").write_text("t1\n")
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
    leave(host)
    with open(host.place / "starting", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (found,) = remove_agents_on(settings_of(host), [KEY], PATIENCE)
    assert (found.key, found.serves) == (KEY, True)
    assert remove_agents_on(settings_of(host), [KEY], PATIENCE) == ()


def test_the_rest_of_an_interrupted_removal_goes_with_the_next(host):
    leave(host)
    rest = host.place.with_name(f"{KEY}.1.gone")
    (rest / "logs").mkdir(parents=True)
    link = rest.with_name("link.gone")
    (host.home / "elsewhere/logs").mkdir(parents=True)
    link.symlink_to(host.home / "elsewhere")
    (found,) = list_agents_on(settings_of(host), PATIENCE)
    assert found.key == KEY
    (found,) = remove_agents_on(settings_of(host), ["00" * 16], PATIENCE)
    assert found.key == KEY
    assert not rest.exists()
    assert (link / "logs").exists()


def test_a_rest_that_cannot_be_removed_is_in_the_way_of_nothing(here, monkeypatch):
    root = here.home / ".local/state/sequent/agents" / os.uname().nodename
    monkeypatch.setattr(shutil, "rmtree", lambda path, **_: None)
    for _ in range(2):
        (root / KEY).mkdir(parents=True, mode=0o700)
        (root / KEY / "tokens").touch()
        inventory.remove_agents([KEY])
        assert not (root / KEY).exists()
    assert len(list(root.iterdir())) == 2


def test_a_directory_that_others_may_enter_stays(host):
    leave(host)
    host.place.chmod(0o755)
    (found,) = remove_agents_on(settings_of(host), [KEY], PATIENCE)
    assert (found.key, found.serves) == (KEY, True)


def test_two_that_look_at_once_see_no_agent_in_one_another(host):
    leave(host)
    end_agent(host)
    with open(host.place / "serving", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        (found,) = list_agents_on(settings_of(host), PATIENCE)
    assert not found.serves


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
