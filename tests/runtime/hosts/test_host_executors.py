"""Hosts by their settings: the first contact with all of them, and one that has nothing but Python."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from sequent.errors import HostError, HostStage, UnreachableHostsError, UsageError
from sequent.model.hosts import HostSettings
from sequent.runtime.executors.remote import host_executors, remote_executor
from sequent.runtime.executors.remote.host_records import recorded_hosts
from sequent.runtime.executors.remote.remote_run import key_of
from sequent.runtime.host_agent.outcome_spool import keeps_outcomes
from sequent.runtime.hosts.agents_there import list_agents_on, remove_agents_on
from sequent.runtime.hosts.shipping import bundle
from sequent.runtime.hosts.shipping.bundle import make_bundle
from tests.patience import PATIENCE, wait_until
from tests.runtime.driving import kill
from tests.runtime.hosts.host_runs import Hosts, record
from tests.runtime.hosts.sessions import PROGRAM, ROOT, STEPS, StandIn

BARE = getattr(sys, "_base_executable", sys.executable)
"""An interpreter without the packages of this one."""


def by_command(home: Path, name: str = "far", **more: object) -> HostSettings:
    """A stand-in, by a command that has a home of its own."""
    home.mkdir(exist_ok=True)
    return HostSettings(
        name=name,
        address=(name,),
        connect=("env", "-i", f"HOME={home}", f"PATH={os.environ['PATH']}", f"PYTHONPATH={more.pop('path', ROOT)}"),
        **more,
    )


@pytest.fixture
def agent(tmp_path):
    """The command of an agent, of which nothing is left."""
    yield f"{sys.executable} -P -c '{PROGRAM}' --allow-root"
    for home in ("far", "near"):
        if (tmp_path / home).exists():
            stand_in = StandIn(tmp_path / home)
            for pid in stand_in.agent_pids():
                kill(pid)


def test_a_host_is_used_by_its_settings(tmp_path, agent):
    settings = by_command(tmp_path / "far", command=agent, env={"FAR_AWAY": "set"}, max_concurrent=3)
    hosts = Hosts(tmp_path, [settings])
    hosts.executors.reach(["far"])
    driving = hosts.driving("far")
    assert json.loads(driving.run("where").result)[:2] == [str(tmp_path / "far"), "set"]
    hosts.executors.leave()


def test_functions_that_have_no_name_are_found_on_a_host_if_its_module_makes_them(tmp_path, agent):
    hosts = Hosts(tmp_path, [by_command(tmp_path / "far", command=agent)], target="tests.runtime.hosts.made_steps:flow")
    hosts.executors.reach(["far"])
    driving = hosts.driving("far")
    frames = [driving.start(path) for path in ("nameless", "closure", "method", "part")]
    assert [driving.end_of(frame).result for frame in frames] == ["1", "2", "3", "4"]
    hosts.executors.leave()


def test_all_hosts_that_cannot_be_reached_are_named_together(tmp_path, agent):
    good = by_command(tmp_path / "far", command=agent)
    without = by_command(tmp_path / "near", "near", command="no-such-agent")
    refused = HostSettings(name="off", address=("off",), connect=("false",))
    hosts = Hosts(tmp_path, [good, without, refused])
    with pytest.raises(UnreachableHostsError) as caught:
        hosts.executors.reach(["far", "near", "off"])
    hosts.executors.leave()
    assert [error.host for error in caught.value.errors] == ["near", "off"]
    assert caught.value.message.startswith("2 of 3 hosts cannot run steps, so nothing has started:\n  host 'near': ")
    assert "\n    hint: install Sequent there, " in caught.value.message


def test_a_flow_that_a_host_does_not_have_is_found_out_at_first_contact(tmp_path, agent):
    (tmp_path / "lone.py").write_text(
        "from sequent import container, step\n@container\nclass flow:\n  @step\n  def a(self): ...\n"
    )
    hosts = Hosts(tmp_path, [by_command(tmp_path / "far", command=agent)], target=f"{tmp_path}/lone.py:flow")
    with pytest.raises(HostError, match="module not found: 'lone'") as caught:
        hosts.executors.reach(["far"])
    hosts.executors.leave()
    assert caught.value.stage is HostStage.MODULE
    assert caught.value.hint == "copy it there, or set ship = true for the host"


def test_a_file_that_no_host_can_import_by_its_name_is_told(tmp_path, agent):
    (tmp_path / "my-flow.py").write_text(
        "from sequent import container, step\n@container\nclass flow:\n  @step\n  def a(self): ...\n"
    )
    hosts = Hosts(tmp_path, [by_command(tmp_path / "far", command=agent)], target=f"{tmp_path}/my-flow.py:flow")
    with pytest.raises(UsageError, match=r"cannot import .my-flow\.py.") as caught:
        hosts.executors.reach(["far"])
    hosts.executors.leave()
    assert "my_flow.py" in caught.value.hint


def test_only_a_driver_that_has_written_the_end_lets_a_host_forget_the_run(tmp_path, agent):
    settings = by_command(tmp_path / "far", command=agent)
    fenced = Hosts(tmp_path, [settings])
    fenced.executors.reach(["far"])
    fenced.executors.close()
    host = StandIn(tmp_path / "far")
    (serving,) = host.agent_pids()
    later = Hosts(tmp_path, [settings], epoch=2)
    later.executors.reach(["far"])
    assert host.agent_pids() == [serving]
    assert recorded_hosts(str(later.directory)) == ["far"]
    later.executors.leave()
    wait_until(lambda: not host.agent_pids())


def test_a_host_of_which_a_recovery_needs_nothing_forgets_the_run_as_well(tmp_path, agent, monkeypatch):
    monkeypatch.setattr(host_executors, "_LEAVING", PATIENCE)
    monkeypatch.setattr(remote_executor, "_LEAVE_WAIT", PATIENCE)
    settings = by_command(tmp_path / "far", command=agent)
    first = Hosts(tmp_path, [settings])
    first.executors.reach(["far"])
    first.driving("far").run("hello")
    # Its driver is killed before it can confirm the outcome.
    first.executors.leave()
    host = StandIn(tmp_path / "far")
    assert host.agent_pids()
    second = Hosts(tmp_path, [settings], epoch=2)
    second.executors.leave(has_succeeded=True)
    wait_until(lambda: not host.agent_pids())
    assert recorded_hosts(str(second.directory)) == []
    (place,) = (tmp_path / "far/.local/state/sequent/agents").glob("*/*")
    assert not any(keeps_outcomes(str(file)) for file in (place / "outcomes").iterdir())


def test_a_host_that_cannot_be_reached_when_a_run_has_succeeded_is_left_as_it_is(tmp_path, agent):
    first = Hosts(tmp_path, [by_command(tmp_path / "far", command=agent)])
    first.executors.reach(["far"])
    first.driving("far").run("hello")
    first.executors.leave()
    second = Hosts(tmp_path, [HostSettings(name="far", address=("far",), connect=("false",))], epoch=2)
    second.executors.leave(has_succeeded=True)
    assert recorded_hosts(str(second.directory)) == ["far"]


def test_an_agent_that_waits_for_the_driver_of_a_run_that_has_ended_is_removed_with_all_that_it_keeps(tmp_path, agent):
    settings = by_command(tmp_path / "far", command=agent)
    hosts = Hosts(tmp_path, [settings])
    hosts.executors.reach(["far"])
    hosts.driving("far").run("hello")
    hosts.executors.leave()
    (there,) = list_agents_on(settings, PATIENCE)
    assert there.serves
    assert remove_agents_on(settings, [there.key], PATIENCE) == ()
    host = StandIn(tmp_path / "far")
    assert not host.agent_pids()
    assert not any((tmp_path / "far/.local/state/sequent/agents").glob("*/*"))


# -- nothing but Python


def shipped(tmp_path: Path, **more: object) -> HostSettings:
    return by_command(tmp_path / "far", ship=True, python=BARE, command="sequent-agent --allow-root", path="", **more)


def lone_flow(tmp_path: Path, returned: str) -> str:
    place = tmp_path / "work"
    place.mkdir(exist_ok=True)
    (place / "beside.py").write_text(f"VALUE = {returned!r}\n")
    (place / "lonely.py").write_text(
        "from sequent import container, step\n\n\n@container\nclass flow:\n"
        "    @step\n    def value(self) -> str:\n        import beside\n        return beside.VALUE\n"
    )
    return f"{place}/lonely.py:flow"


def test_a_host_that_has_nothing_but_python_gets_all_that_it_needs(tmp_path, agent):
    hosts = Hosts(tmp_path, [shipped(tmp_path)], target=lone_flow(tmp_path, "sent along"))
    hosts.executors.reach(["far"])
    assert hosts.driving("far").run("value").result == '"sent along"'
    hosts.executors.leave()
    (sent,) = (tmp_path / "far/.cache/sequent/ship").iterdir()
    assert (sent / "sequent").is_dir()
    assert (sent / "beside.py").is_file()


def test_what_was_sent_is_not_sent_again(tmp_path, agent):
    for epoch in (1, 2):
        hosts = Hosts(tmp_path, [shipped(tmp_path)], epoch=epoch)
        hosts.executors.reach(["far"])
        hosts.executors.leave()
        (sent,) = (tmp_path / "far/.cache/sequent/ship").iterdir()
        (sent / "mark").touch()
    assert (sent / "mark").exists()
    assert sent.name == make_bundle(STEPS, str(Path(ROOT, "tests/runtime/hosts/remote_steps.py"))).digest


def test_a_python_that_is_not_there_is_named(tmp_path):
    settings = by_command(tmp_path / "far", ship=True, python="/no/such/python3")
    hosts = Hosts(tmp_path, [settings])
    with pytest.raises(HostError, match="/no/such/python3"):
        hosts.executors.reach(["far"])
    hosts.executors.leave()


def test_a_compiled_package_that_does_not_fit_is_said_so(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle.Bundle, "soabi", "cpython-399-other")
    hosts = Hosts(tmp_path, [shipped(tmp_path)])
    with pytest.raises(HostError, match="msgspec is compiled for cpython-399-other"):
        hosts.executors.reach(["far"])
    hosts.executors.leave()


def test_a_bundle_has_the_package_of_a_flow_in_one_and_nothing_compiled_by_python():
    names = set(bundle._flow_files("tests.runtime.hosts.remote_steps", f"{ROOT}/tests/runtime/hosts/remote_steps.py"))
    assert {name.partition("/")[0] for name, _ in names} == {"tests"}
    assert not [name for name, _ in names if name.endswith(".pyc")]


def test_the_key_of_a_run_is_the_same_in_each_recovery_and_for_no_other_run():
    assert key_of(record(), "far") == key_of(record(), "far")
    assert key_of(record(), "far") != key_of(record("r2"), "far")
