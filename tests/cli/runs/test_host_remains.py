"""What runs have left on a host is listed in an order that people know."""

from __future__ import annotations

from msgspec.structs import replace

from sequent.cli.runs.host_remains import in_order
from sequent.runtime.executors.remote.remote_run import key_of_run
from sequent.runtime.hosts.protocol.remains import AgentThere, RunThere
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
