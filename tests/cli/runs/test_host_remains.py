"""What runs have left on a host is listed in an order that people know, and removed only if their runs have ended."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event

import pytest
from msgspec.structs import replace

from sequent.cli.arguments.options import DEFAULTS
from sequent.cli.runs import host_remains
from sequent.cli.runs.host_remains import in_order, list_remains
from sequent.model.hosts import HostSettings
from sequent.model.spec import FlowConfig
from sequent.model.status import RunStatus
from sequent.runtime.executors.remote.remote_run import key_of_run
from sequent.runtime.hosts.protocol.remains import AgentThere, RunThere
from tests.patience import LATE
from tests.runtime.hosts.host_runs import record


def there(key: str, run_id: str = "") -> AgentThere:
    run = RunThere(id=run_id, flow="flow" if run_id else "")
    return AgentThere(key=key, run=run, serves=False, attempts=1, outcomes=0, size=1)


def test_remains_are_listed_by_the_start_of_their_runs_and_those_of_other_stores_behind_them():
    records = [replace(record(run_id=f"r{number}"), created=100.0 - number) for number in range(8)]
    runs = {key_of_run(each): each for each in records}
    found = tuple(there(key) for key in sorted(runs))
    others = (there("ff" * 16, "b"), there("ee" * 16, "c"), there("dd" * 16, "a"))
    listed = in_order((*others, *found), runs)
    assert [runs[each.key].id for each in listed[:8]] == [f"r{number}" for number in reversed(range(8))]
    assert [each.run.id for each in listed[8:]] == ["a", "b", "c"]


class Stored:
    """A store with one run, which may be recovered at any time."""

    found = replace(record(), status=RunStatus.FAILURE)

    def runs(self):
        return [self.found]

    def recover(self):
        self.found = replace(self.found, status=RunStatus.RUNNING)


@pytest.fixture
def store(monkeypatch):
    @contextmanager
    def opened(_):
        yield made

    made = Stored()
    monkeypatch.setattr(host_remains, "opened_store", opened)
    return made


def clean(*hosts):
    config = FlowConfig(hosts={name: HostSettings(name=name, address=(name,)) for name in hosts})
    assert list_remains(config, hosts, DEFAULTS, 1.0, cleans=True) == 0


@pytest.mark.parametrize("recovers", [False, True])
def test_a_run_that_is_recovered_while_hosts_answer_keeps_its_files(store, monkeypatch, capsys, recovers):
    def list_agents(*_):
        found = (there(key_of_run(store.found)),)
        if recovers:
            store.recover()
        return found

    asked = []
    monkeypatch.setattr(host_remains, "list_agents_on", list_agents)
    monkeypatch.setattr(host_remains, "remove_agents_on", lambda _, keys, __: (asked.extend(keys), ())[1])
    clean("far")
    assert len(asked) == (not recovers)
    assert ("nothing is left there" in capsys.readouterr().out) == (not recovers)


def test_a_run_that_is_recovered_while_one_host_is_cleaned_keeps_its_files_on_the_next(store, monkeypatch, capsys):
    cleaned, asked = Event(), []

    def list_agents(host, _):
        if host.name == "far":
            cleaned.wait(LATE)
        return (there(key_of_run(store.found)),)

    def remove_agents(host, *_):
        asked.append(host.name)
        store.recover()
        cleaned.set()
        return ()

    monkeypatch.setattr(host_remains, "list_agents_on", list_agents)
    monkeypatch.setattr(host_remains, "remove_agents_on", remove_agents)
    clean("near", "far")
    assert asked == ["near"]
    assert "running" in capsys.readouterr().out
