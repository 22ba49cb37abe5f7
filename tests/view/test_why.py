"""Each reason to wait, and each end, as one sentence and as data."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from sequent import Pool, approve, container, item, step
from sequent.errors import UsageError
from sequent.model.interventions import Intervention, InterventionKind
from sequent.model.status import RunStatus, Status
from sequent.runtime.records import TaskPlace
from sequent.testing import Host
from sequent.testing.clock import BEGINNING
from sequent.testing.simulation import EarlyEnd
from sequent.testing.world import World
from sequent.view.truths import TRUTHS
from sequent.view.typed_places import read_place
from sequent.view.why import Why, why_of
from tests.view.moments import Watched, reasons, told

db = Pool("db", 2)


@container(max_concurrent=3)
class nightly:
    @step
    def first(self) -> int:
        return 1

    @container(repeats=[1, 2, 3], requires=first, stop_on_exception=False)
    class load:
        number: int = item()

        @step(acquires={db: 2})
        def read(self) -> int:
            return 1

        @step(requires=read)
        def check(self) -> None:
            pass

        @step(requires=check.failed)
        def alarm(self) -> None:
            pass

        @step(requires=alarm)
        def call(self) -> None:
            pass

    @step(acquires={db: 1}, requires=first)
    def other(self) -> None:
        pass

    ship = approve("Ship it?", requires=first)

    @step(requires=first, delay="1h")
    def late(self) -> None:
        pass

    @step(requires=(ship | late) & load)
    def end(self) -> None:
        pass

    @step(requires=first.failed, handles=False)
    def alert(self) -> None:
        pass


SECONDS = {"load.read": 60, "ship": "1d", "other": 5}


def test_what_waits_for_others_names_those_that_are_open(monkeypatch):
    found = told(monkeypatch, nightly, 10, "load.check/1.1", "end", durations=SECONDS)
    assert found["load.check/1.1"] == "waits: load.read/1.1 has not ended"
    assert found["end"] == "waits: (late/1 has not begun or ship/1 is not answered) and load/1 has not ended"


def test_the_requirement_is_a_tree_with_the_truth_of_each_part(monkeypatch):
    (end,) = reasons(monkeypatch, nightly, 200, "end", durations=SECONDS).values()
    either, load = end.requirement.parts
    assert (end.requirement.is_all, TRUTHS[end.requirement.truth]) == (True, "not yet")
    assert (either.is_all, TRUTHS[either.truth]) == (False, "not yet")
    assert [(part.path, part.claim, part.status, TRUTHS[part.truth]) for part in either.parts] == [
        ("late", "success", Status.READY, "not yet"),
        ("ship", "success", Status.READY, "not yet"),
    ]
    assert (load.path, load.claim, load.status, TRUTHS[load.truth]) == ("load", "success", Status.SUCCESS, "true")


def test_what_waits_for_a_pool_names_its_holders(monkeypatch):
    (read,) = reasons(monkeypatch, nightly, 3, "load.read/1.1", durations=SECONDS).values()
    assert read.sentence == "waits for 2 of pool 'db', held by other/1"
    (need,) = read.waiting.pools
    assert (need.pool, need.wanted, need.free, need.capacity, need.is_shared) == ("db", 2, 1, 2, False)
    assert [(hold.amount, hold.holder) for hold in need.holders] == [(1, TaskPlace("other", (1,)))]


def test_what_waits_for_a_time_says_how_long(monkeypatch):
    found = told(monkeypatch, nightly, 12, "late", durations=SECONDS)
    assert found["late"].startswith("starts in 59 min ")


def test_an_attempt_that_is_to_be_repeated_says_its_number(monkeypatch):
    @container
    class flow:
        @step(retries=3, backoff="20s")
        def a(self) -> None:
            pass

    seconds = {"a": 5}
    assert told(monkeypatch, flow, 8, "a", failing={"a": 2}, durations=seconds) == {"a": "starts in 20 s (attempt 2)"}
    (again,) = told(monkeypatch, flow, 26, "a", failing={"a": 2}, durations=seconds).values()
    assert again.startswith("has been running since ")
    assert again.endswith(" (attempt 2)")


def test_what_waits_for_a_person_says_the_question(monkeypatch):
    (ship,) = reasons(monkeypatch, nightly, 10, "ship", durations=SECONDS).values()
    assert ship.sentence == "waits for an answer to 'Ship it?'"
    assert ship.waiting.question == "Ship it?"


def test_what_waits_for_a_slot_says_so(monkeypatch):
    @container(max_concurrent=1)
    class flow:
        @step
        def a(self) -> None:
            pass

        @step
        def b(self) -> None:
            pass

    assert told(monkeypatch, flow, 1, "b", durations={"a": 5}) == {"b": "waits: all 1 slots are taken"}


def test_what_waits_for_a_limit_names_it(monkeypatch):
    @container(max_concurrent=4)
    class flow:
        @container(max_concurrent=1)
        class inner:
            @step
            def a(self) -> None:
                pass

            @step
            def b(self) -> None:
                pass

    found = told(monkeypatch, flow, 1, "inner.b", durations={"inner.a": 5})
    assert found == {"inner.b": "waits: at most 1 of inner at once, now inner.a/1.1"}


def test_what_waits_for_a_host_says_why_and_when_it_is_tried_again(monkeypatch):
    @container
    class flow:
        @step
        def a(self) -> None:
            pass

        @step(hosts=["edge2"], requires=a)
        def b(self) -> None:
            pass

    found = told(monkeypatch, flow, 40, "b@edge2", hosts={"edge2": Host(down=[(5, 300)])}, durations={"a": 10, "b": 60})
    assert found["b@edge2"].startswith("waits: host 'edge2' cannot be reached since ")
    assert "; next try at " in found["b@edge2"]


def test_what_a_person_holds_says_who_since_when_and_why(monkeypatch):
    request = Intervention(kind=InterventionKind.HOLD, user="anna", host="etl1", place="load/1.2", why="maintenance")
    found: dict[str, Why] = {}

    def look(watched: Watched) -> None:
        store = watched.world._store
        if not found:
            store.intervene(store.runs()[0], request)
            found.update({name: watched.why(name) for name in ("load/1.2", "late")})
            store.intervene(store.runs()[0], replace(request, place="late"))
            found["held"] = watched.why("late")

    with monkeypatch.context() as patched:
        watched = Watched(patched, look)
        watched.world = World(nightly, {}, BEGINNING, None, 1000)
        watched.world.change({"durations": {"load.read": 5}}, 0.0)
        watched.world.begin(EarlyEnd(3, -1))
    assert found["late"].sentence == "starts in 1 h 00 min"
    assert found["held"].sentence == "has been held by anna@etl1 since 2026-01-01T00:00:00+00:00: maintenance"
    assert found["held"].waiting.hold.request.place == "late"
    assert (
        "has not begun; load/1 is under way, 1 at a time; it has been held by anna@etl1 since "
        in found["load/1.2"].sentence
    )


def test_what_waits_in_a_run_without_a_driver_says_so(monkeypatch):
    found: dict[str, str] = {}

    def look(watched: Watched) -> None:
        facts = watched.facts
        facts.record = replace(facts.record, owner=None, status=RunStatus.INTERRUPTED)
        for name in ("load", "load/1.1", "load.read/1.1", "load.check/1.1", "late"):
            place = read_place(facts, name)
            found[name] = why_of(facts, tuple(place.path.split(".")), place.sequence, BEGINNING.timestamp()).sentence

    with monkeypatch.context() as patched:
        watched = Watched(patched, look)
        watched.world = World(nightly, {}, BEGINNING, None, 1000)
        watched.world.change({"durations": {"load.read": 5}}, 0.0)
        watched.world.begin(EarlyEnd(3, -1))
    assert found["load"] == found["load/1.1"] == "has begun and not ended: the run is interrupted"
    assert found["load.read/1.1"] == (
        "had been running since 2026-01-01T00:00:00+00:00 when its driver ended; "
        "it waits for a driver: the run is interrupted; recover it"
    )
    assert found["load.check/1.1"] == "waits: load.read/1.1 was running when its driver ended"
    assert found["late"] == "starts in 1 h 00 min"


def test_a_copy_that_waits_for_another_says_so(monkeypatch):
    @container
    class flow:
        @step(hosts=["etl1", "etl2"], max_concurrent=1)
        def load(self) -> None:
            pass

    names = ("load", "load@etl1", "load@etl2")
    found = told(monkeypatch, flow, 2, *names, durations={"load": 5})
    assert found["load"] == "is under way"
    assert found["load@etl1"].startswith("has been running since ")
    assert found["load@etl2"] == "waits: at most 1 of load at once, now load@etl1/1"


def test_an_iteration_of_a_repeated_step_says_what_it_waits_for(monkeypatch):
    @container(max_concurrent=2)
    class flow:
        @step(repeats=[1, 2, 3, 4], parallel=3)
        def load(self) -> None:
            pass

    found = told(monkeypatch, flow, 2, "load/1.1", "load/1.3", "load/1.5", durations={"load": 5})
    assert found["load/1.1"].startswith("has been running since ")
    assert found["load/1.3"] == "waits: all 2 slots are taken"
    assert found["load/1.5"] == "never begins: load/1 has 4 items"


def test_an_iteration_that_has_not_begun_says_what_is_under_way(monkeypatch):
    found = told(monkeypatch, nightly, 10, "load/1.3", "load.check/1.3", "load/1.9", durations=SECONDS)
    assert found["load/1.3"] == "waits: iteration load/1.3 has not begun; load/1 is under way, 1 at a time"
    assert found["load.check/1.3"] == found["load/1.3"]
    assert found["load/1.9"] == "never begins: load/1 has 3 items"


def test_what_is_in_a_container_that_waits_says_why_that_one_does(monkeypatch):
    found = told(monkeypatch, nightly, 1, "load.read/1.1", durations={**SECONDS, "first": 5})
    assert found == {"load.read/1.1": "has not begun: load/1 waits: first/1 has not ended"}


def test_what_was_skipped_names_the_first_cause(monkeypatch):
    found = told(monkeypatch, nightly, 999, "alert", "load.check/1.2", "load.call/1.2", failing=["load.read/1.2"])
    assert found["alert"] == "was skipped because first/1 succeeded"
    assert found["load.check/1.2"] == "was skipped because load.read/1.2 failed"
    chain = "load.alarm/1.2 was skipped, because load.check/1.2 was skipped, because load.read/1.2 failed"
    assert found["load.call/1.2"] == f"was skipped because {chain}"


def test_what_was_cancelled_names_the_failure_that_stopped_its_container(monkeypatch):
    @container
    class flow:
        @step
        def a(self) -> None:
            pass

        @step
        def slow(self) -> None:
            pass

        @step(requires=slow)
        def b(self) -> None:
            pass

    (b,) = reasons(monkeypatch, flow, 3, "b", failing=["a"], durations={"a": 1, "slow": 10}).values()
    assert b.status is Status.CANCELLED
    assert b.sentence.startswith("was cancelled because a/1 failed (")
    assert b.cause.path == "a"


def test_what_has_ended_says_how_and_a_container_names_its_first_failure(monkeypatch):
    found = told(monkeypatch, nightly, 999_999, "load.read/1.1", "load.read/1.2", "load/1.2", failing=["load.read/1.2"])
    assert found["load.read/1.1"].startswith("succeeded at ")
    assert found["load.read/1.2"].startswith("failed at ")
    assert found["load/1.2"].startswith("failed: load.read/1.2 failed (")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nix", "has no step or container 'nix'"),
        ("load.read", "'load' repeats: name the iteration that you mean"),
        ("load.read/1.2.3", "'1.2.3' has too many numbers for 'load.read'"),
        ("first/2", "begins with 1"),
        ("first/1.1", "too many numbers"),
        ("load@edge2", "'load' has no copies on hosts"),
        ("load/x", "'x' is not a sequence"),
        ("load.read/1.12345678901234567890", "'1.12345678901234567890' is not a sequence"),
        (f"load.read/1.{'9' * 5000}", "is not a sequence"),
    ],
)
def test_a_place_that_there_is_not_is_refused(monkeypatch, name, message):
    with pytest.raises(UsageError) as refused:
        told(monkeypatch, nightly, 999, name)
    assert message in refused.value.message


def test_numbers_may_be_left_out_where_nothing_repeats(monkeypatch):
    @container
    class flow:
        @container
        class a:
            @step
            def b(self) -> None:
                pass

    (b,) = reasons(monkeypatch, flow, 1, "a.b", durations={"a.b": 5}).values()
    assert b.place.sequence == (1, 1)
