"""Hosts in simulated time: copies, hosts out of reach and back, and hosts that restart."""

from __future__ import annotations

import pytest

from sequent import Sequent, container, item, step
from sequent.errors import UsageError
from sequent.model.status import Status
from sequent.testing import Host, simulate

HOUR = 3600.0


@container
class spread:
    @step
    def find(self) -> list[str]:
        return []

    @container(hosts=["etl1", "etl2"], stop_on_exception=False)
    class block:
        @step(repeats=["a", "b"])
        def load(self, name: str = item()) -> int:
            return len(name)

        @step
        def total(self, sizes: list[int] = load.result) -> int:
            return sum(sizes)

        result = total

    @step
    def report(self, totals: dict[str, int] = block.result) -> dict[str, int]:
        return totals

    result = report


def on_two(**options):
    flow = Sequent("f")
    load = flow.add_step("load", func=len, args=("x",), hosts=["etl1", "etl2"], **options)
    flow.add_step("after", func=len, args=("x",), requires=load)
    return flow


def test_each_host_has_its_copy_and_results_come_by_host():
    night = simulate(
        spread, results={"block.total": lambda task: len(task.host), "report": lambda task: task.kwargs["totals"]}
    )
    assert night.outcome.result == {"etl1": 4, "etl2": 4}
    assert night.order("block@etl2") == ["block@etl2.load/1.1.1", "block@etl2.load/1.1.2", "block@etl2.total/1.1"]
    assert night.status_of("block") is night.status_of("block@etl1") is Status.SUCCESS


def test_one_copy_is_named_with_its_host():
    night = simulate(spread, failing=["block@etl2.load"], durations={"block@etl1.load/1.1.2": "1h"})
    assert night.failed == ("block@etl2.load/1.1.1", "block@etl2.load/1.1.2")
    assert night.status_of("block@etl1.load/1.1.2") is Status.SUCCESS
    assert night.ended_at("block@etl1.load") == HOUR
    with pytest.raises(UsageError, match="the iterations of 'block' differ"):
        night.status_of("block")
    again = night.recover(failing=())
    assert again.order("block") == ["block@etl2.load/1.1.1", "block@etl2.load/1.1.2", "block@etl2.total/1.1"]


def test_what_is_heard_of_a_host_comes_once_it_can_be_reached_again():
    night = simulate(on_two(), durations={"load": "30m"}, hosts={"etl2": Host(down=[("10m", "2h")])})
    assert (night.ended_at("load@etl1"), night.ended_at("load@etl2")) == (HOUR / 2, 2 * HOUR)
    assert night.started_at("after") == 2 * HOUR


def test_tasks_of_a_host_out_of_reach_wait_for_it():
    night = simulate(on_two(), durations={"load": "30m"}, hosts={"etl2": Host(down=[(0, "2h")])})
    assert (night.started_at("load@etl1"), night.started_at("load@etl2")) == (0.0, 2 * HOUR)


def test_a_host_that_restarts_loses_what_runs_there():
    night = simulate(on_two(), durations={"load": "30m"}, hosts={"etl2": Host(restarts=["10m", "5h"])})
    assert (night.attempts("load@etl1"), night.attempts("load@etl2")) == (1, 2)
    assert night.ended_at("load@etl2") == HOUR * 2 / 3


def test_a_stop_does_not_wait_for_a_host_that_stays_down_and_a_recovery_goes_on_there():
    night = simulate(on_two(), durations={"load": "30m"}, hosts={"etl2": Host(down=[("10m", None)])}, stop_at="3h")
    assert (night.outcome.status.value, night.duration) == ("stopped", 3 * HOUR)
    again = night.recover(hosts={})
    assert again.order() == ["load@etl2/1", "after"]


def test_no_more_run_on_a_host_at_once_than_it_has_room_for():
    flow = Sequent("f")
    flow.add_step("load", func=len, args=("x",), hosts=["etl1", "etl2"], repeats=range(6), parallel=0)
    night = simulate(flow, durations={"load": "1h"}, hosts={"etl1": Host(max_concurrent=2)})
    assert (night.peak_running("load@etl1"), night.peak_running("load@etl2")) == (2, 6)


def test_hosts_may_come_from_a_result():
    flow = Sequent("f")
    find = flow.add_step("find", func=sorted, args=([],))
    flow.add_step("load", func=len, args=("x",), hosts=find.result)
    night = simulate(flow, results={"find": ["etl7"]}, hosts={"etl7": Host(down=[(0, "1h")])})
    assert night.started_at("load@etl7") == HOUR


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"hosts": {"etl3": Host()}}, "hosts has 'etl3', and no step is on such a host"),
        ({"hosts": {"etl1": "1h"}}, r"hosts\['etl1'\] is '1h'"),
        ({"hosts": {"etl1": Host(down=[("soon", "1h")])}}, r"hosts\['etl1'\]: 'soon'"),
        ({"hosts": ["etl1"]}, r"hosts is \['etl1'\]"),
        ({"failing": ["after@etl1"]}, "names 'after@etl1', which has no copies on hosts"),
        ({"failing": ["load/1"]}, "names 'load/1', which does not say on which host"),
    ],
)
def test_a_host_that_cannot_be_is_refused(options, text):
    with pytest.raises(UsageError, match=text):
        simulate(on_two(), **options)
