"""Delays, timeouts, retries and the waits between them: what each form says, and what none of them can be."""

import subprocess
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sequent import Sequent, command, container, item, outer, param, step
from sequent.dsl.specification.definitions import definition_of
from sequent.model.durations import Backoff
from sequent.model.references import ItemOf, Literal, OuterName, OuterValue, ParamOf, PartOf, ResultOf
from sequent.model.value_text import decode


def work(*args, **kwargs): ...


class OwnError(Exception):
    class InnerError(Exception): ...


def written(**options):
    """The specification of a step with these options, which all ways of writing one must agree on."""

    @container
    class flow:
        one = step(**options)(work)
        two = command("true", **options)

    built = Sequent("flow")
    built.add_step("one", work, **options)
    one, two = definition_of(flow).spec.root.children
    (three,) = definition_of(built).spec.root.children
    for other in (two, three):
        for name in ("values", "retries", "backoff", "retry_on"):
            assert getattr(other, name) == getattr(one, name)
    return one


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("30s", 30.0),
        ("6h", 21600.0),
        ("1h 30m", 5400.0),
        (5, 5.0),
        (0.25, 0.25),
        (timedelta(minutes=2), 120.0),
        ("3652d", 3652 * 86400.0),
    ],
)
def test_a_length_of_time_is_so_many_seconds(given, seconds):
    one = written(delay=given, timeout=given)
    assert decode(one.values["delay"].text) == seconds
    assert decode(one.values["timeout"].text) == seconds


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 24, 6, tzinfo=UTC),
        datetime(2026, 3, 29, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")),
    ],
)
def test_a_delay_may_be_a_moment_before_which_nothing_starts(moment):
    assert decode(written(delay=moment).values["delay"].text) == moment


@pytest.mark.parametrize("nothing", [None, 0, 0.0, "0s", timedelta()])
def test_no_delay_is_none(nothing):
    assert written(delay=nothing).values == {}


@pytest.mark.parametrize("nothing", [None, 0])
def test_no_retries_are_none(nothing):
    one = written(retries=nothing, timeout=None, backoff=None, retry_on=None)
    assert (one.retries, one.values, one.backoff, one.retry_on) == (0, {}, Backoff(), ())


@pytest.mark.parametrize(
    ("given", "backoff"),
    [
        ("60s", Backoff(first=60.0, factor=2.0)),
        (5, Backoff(first=5.0, factor=2.0)),
        (timedelta(seconds=1), Backoff(first=1.0, factor=2.0)),
        (("60s",), Backoff(first=60.0, factor=2.0)),
        (("60s", 1), Backoff(first=60.0, factor=1.0)),
        (("1s", 1.5, "10m"), Backoff(first=1.0, factor=1.5, ceiling=600.0)),
        (("1s", 3, None, 0.1), Backoff(first=1.0, factor=3.0, jitter=0.1)),
    ],
)
def test_the_waits_between_attempts_are_the_first_a_factor_a_ceiling_and_a_jitter(given, backoff):
    assert written(retries=3, backoff=given).backoff == backoff


@pytest.mark.parametrize(
    ("given", "causes"),
    [
        (OSError, ("builtins.OSError",)),
        (75, (75,)),
        ((ConnectionError, 75, TimeoutError, 3), (3, 75, "builtins.ConnectionError", "builtins.TimeoutError")),
        ([subprocess.CalledProcessError], ("subprocess.CalledProcessError",)),
        ({OwnError.InnerError}, (f"{__name__}.OwnError.InnerError",)),
        ((3, 3), (3,)),
        ((), ()),
    ],
)
def test_what_is_tried_again_is_kept_by_name(given, causes):
    assert written(retries=1, retry_on=given).retry_on == causes


def test_a_delay_and_a_timeout_may_be_known_only_while_running():
    @container
    class flow:
        wait: str = param(default="3s")
        limits: dict[str, int] = param()
        first = step(work)
        one = step(delay=wait, timeout=first.result)(work)

        @container(repeats=["1s", "2s"], delay=first.result)
        class inner:
            here: str = item()
            wait: str = outer.wait
            two = step(delay=here, timeout=wait)(work)
            three = step(delay=outer.limits, timeout=outer.first.result)(work)

        four = step(repeats=[1, 2], delay=item())(work)

    first, one, inner, four = definition_of(flow).spec.root.children
    two, three = inner.children
    assert "delay" not in first.values
    assert (one.values["delay"], one.values["timeout"]) == (ParamOf("wait"), ResultOf(("first",)))
    assert inner.values["delay"] == ResultOf(("first",))
    assert (two.values["delay"], two.values["timeout"]) == (ItemOf(), OuterValue("wait"))
    assert (three.values["delay"], three.values["timeout"]) == (OuterValue("limits"), ResultOf(OuterName("first")))
    assert four.values["delay"] == ItemOf()


def test_a_part_of_a_reference_may_be_a_delay():
    @container
    class flow:
        first = step(work)
        one = step(delay=first.result["wait"], timeout=first.result["limits"][0])(work)

    one = definition_of(flow).spec.root.children[1]
    assert one.values["delay"] == PartOf(ResultOf(("first",)), ("wait",))
    assert one.values["timeout"] == PartOf(ResultOf(("first",)), ("limits", 0))


def test_a_container_may_be_delayed():
    @container
    class flow:
        @container(delay="6h")
        class inner:
            a = step(work)

    (inner,) = definition_of(flow).spec.root.children
    assert inner.values["delay"] == Literal("21600.0")


def test_a_timeout_may_be_shorter_than_a_delay_since_it_counts_from_the_begin():
    one = written(delay="6h", timeout="30s")
    assert (one.values["delay"].text, one.values["timeout"].text) == ("21600.0", "30.0")
