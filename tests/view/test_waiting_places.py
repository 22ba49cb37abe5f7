"""The tasks and containers that wait, each with its sentence."""

from __future__ import annotations

from sequent import container, item, step
from sequent.runtime.records import TaskPlace
from sequent.testing import Host
from sequent.testing.clock import BEGINNING
from sequent.testing.simulation import EarlyEnd
from sequent.testing.world import World
from sequent.view.waiting_places import waiting_places
from tests.view.moments import Watched


def test_all_that_waits_is_listed_once_and_a_container_stands_for_its_contents(monkeypatch):
    @container
    class flow:
        @container(repeats=["eu", "us", "as"], parallel=2)
        class region:
            name: str = item()

            @step
            def load(self) -> None:
                pass

            @step(requires=load)
            def check(self) -> None:
                pass

        @container(requires=region)
        class after:
            @step
            def one(self) -> None:
                pass

        @step(requires=region.failed, handles=False)
        def alert(self) -> None:
            pass

    found: list[list[tuple[TaskPlace, str]]] = []

    def look(watched: Watched) -> None:
        found.append([(why.place, why.sentence) for why in waiting_places(watched.facts, 0.0)])

    with monkeypatch.context() as patched:
        watched = Watched(patched, look)
        watched.world = World(flow, {}, BEGINNING, None, 1000)
        watched.world.change({"durations": {"region.load": 5}}, 0.0)
        watched.world.begin(EarlyEnd(None, -1))
    open_region = "waits: region/1 has not ended"
    assert found[0] == [
        (TaskPlace("region.check", (1, 1)), "waits: region.load/1.1 has not ended"),
        (TaskPlace("region.check", (1, 2)), "waits: region.load/1.2 has not ended"),
        (TaskPlace("after", (1,)), open_region),
        (TaskPlace("alert", (1,)), open_region),
    ]


def test_a_copy_that_waits_for_its_host_is_listed_beside_one_that_runs(monkeypatch):
    @container
    class flow:
        @step
        def first(self) -> None:
            pass

        @step(hosts=["edge1", "edge2"], requires=first)
        def load(self) -> None:
            pass

    found: list[list[tuple[TaskPlace, str]]] = []

    def look(watched: Watched) -> None:
        if watched.now <= 40:
            found.append([(why.place, why.sentence[:44]) for why in waiting_places(watched.facts, 0.0)])

    with monkeypatch.context() as patched:
        watched = Watched(patched, look)
        watched.world = World(flow, {}, BEGINNING, None, 1000)
        hosts = {"edge2": Host(down=[(5, 300)])}
        watched.world.change({"durations": {"first": 10, "load": 60}, "hosts": hosts}, 0.0)
        watched.world.begin(EarlyEnd(None, -1))
    assert found[-1] == [(TaskPlace("load", (1, "edge2")), "waits: host 'edge2' cannot be reached since ")]
