"""Every row of the original's documentation: its calls, keywords, constants, statuses and examples, each by name."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

import sequent
from sequent import (
    RUN_RECOVER,
    RUN_RESTART,
    SEQUENT_RESTART,
    STEP_ACTIVE,
    STEP_COMPLETE,
    STEP_FAILURE,
    STEP_READY,
    STEP_SUCCESS,
    STP_RERUN,
    STP_SKIP,
    Sequent,
    and_,
    or_,
)
from sequent import virtual_resource_pool as vrp
from sequent.compiler import compile_flow
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import DefinitionError
from tests.golden.ledger import breaks, note, noted, runs, script, works

PROGRAMS = Path(__file__).parents[2] / "examples/documentation"


def tells(*args, **kwargs):
    note(f"{args}{kwargs}".replace(" ", ""))


def named(name):
    return lambda: note(name)


def comes_and_goes():
    note("comes")
    note("goes")


def fails_once(name):
    note(name)
    if noted().count(name) == 1:
        raise RuntimeError("not yet")


# -- Sequent(name, store, run_mode, recovery_run, config, config_tag) --------------------------------


def test_name_is_the_flows(home):
    flow = Sequent(name="nightly")
    flow.add_step("a", func=works)
    flow.run()
    assert [run.target.flow for run, _ in runs()] == ["nightly"]


def test_name_may_be_left_out(home):
    flow = Sequent()
    flow.add_step("a", func=works)
    assert flow.run()


def test_store_is_the_path_of_a_file(home):
    flow = Sequent(store=str(home / "mine.db"))
    flow.add_step("a", func=works)
    assert flow.run()
    assert (home / "mine.db").exists()


def test_store_in_memory_leaves_nothing(home):
    flow = Sequent(store=":memory:")
    flow.add_step("a", func=works)
    assert flow.run()
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("mode", [RUN_RESTART, SEQUENT_RESTART, sequent.RUN_RESTART])
def test_run_mode_restart_makes_a_run_of_its_own(home, mode):
    for _ in range(2):
        flow = Sequent(name="again", run_mode=mode)
        flow.add_step("a", func=works)
        assert flow.run()
    assert len(runs()) == 2


def recovering(**options):
    flow = Sequent(name="flow", **options)
    first = flow.add_step("first", func=named("first"))
    flow.add_step("second", func=fails_once, args=("second",), requires=((first, STEP_SUCCESS),))
    return flow


def test_run_mode_recover_skips_what_has_succeeded(home):
    assert not recovering().run()
    assert recovering(run_mode=RUN_RECOVER).run()
    assert noted() == ["first", "second", "second"]


def test_run_id_names_the_run_to_recover(home):
    flow = recovering()
    flow.run()
    other = Sequent(name="flow")
    other.add_step("x", func=works)
    other.run()
    assert recovering(run_mode=RUN_RECOVER, run_id=flow.run_id).run()
    assert noted() == ["first", "second", "second"]


def test_recovery_run_names_the_recovery_that_is_the_basis(home):
    flow = recovering()
    flow.run()
    assert recovering(run_mode=RUN_RECOVER, run_id=flow.run_id).run()
    again = recovering(run_mode=RUN_RECOVER, run_id=flow.run_id, recovery_run=0)
    assert again.run()
    assert noted() == ["first", "second", "second", "second"]


@pytest.mark.parametrize(
    "config",
    [
        {"workdir": "work"},
        {"logdir": "logs"},
        {"task_construct": "process"},
        {"task_construct": "thread"},
        {"max_concurrent": 1},
        {"max_concurrent": 0},
        {"stop_on_exception": True},
        {"sleep_between_loops": 0.05},
        {"LOGGING": {"logging_level": logging.DEBUG}},
        {"envvar_prefix": "MINE_"},
    ],
    ids=lambda config: "=".join(map(str, *config.items())),
)
def test_config_takes_every_keyword_of_the_original(home, config):
    flow = Sequent(config=config)
    flow.add_step("a", func=works)
    assert flow.run()


def test_config_tag_says_under_which_key_the_settings_stand(home):
    flow = Sequent(config={"production": {"max_concurrent": 1}, "other": {"nonsense": 1}}, config_tag="production")
    flow.add_step("a", func=works)
    assert flow.run()


# -- add_event(require) ------------------------------------------------------------------------------


def test_add_event_raises_itself_once_what_it_requires_holds(home):
    flow = Sequent()
    a = flow.add_step("a", func=named("a"))
    b = flow.add_step("b", func=breaks)
    both = flow.add_event(require=((a, STEP_SUCCESS), (b, STEP_FAILURE)))
    either = flow.add_event(or_((a, STEP_FAILURE), both))
    flow.add_step("c", func=named("c"), requires=either)
    flow.add_step("d", func=named("d"), requires=and_(both, (a, STEP_COMPLETE)))
    flow.add_step("e", func=named("e"), requires=(both, either))
    assert flow.run()
    assert noted()[0] == "a"
    assert sorted(noted()[1:]) == ["c", "d", "e"]


# -- add_step(name, func, args, kwargs, hosts, requires, delay, acquires, releases, recovery, config) ---


def test_func_args_and_kwargs_are_what_is_called(home):
    flow = Sequent()
    flow.add_step("a", func=tells, args=(1, "two"), kwargs={"three": [3]})
    assert flow.run()
    assert noted() == ["(1,'two'){'three':[3]}"]


def test_hosts_left_empty_is_the_local_host(home):
    flow = Sequent()
    flow.add_step("a", func=named("a"), hosts=[])
    assert flow.run()
    assert noted() == ["a"]


@pytest.mark.parametrize("requires", [(), {}, None])
def test_requires_left_empty_requires_nothing(home, requires):
    flow = Sequent()
    flow.add_step("a", func=named("a"), requires=requires)
    assert flow.run()


@pytest.mark.parametrize(
    ("status", "func", "runs_then"),
    [
        (STEP_READY, works, True),
        (STEP_ACTIVE, works, True),
        (STEP_SUCCESS, works, True),
        (STEP_SUCCESS, breaks, False),
        (STEP_FAILURE, works, False),
        (STEP_FAILURE, breaks, True),
        (STEP_COMPLETE, works, True),
        (STEP_COMPLETE, breaks, True),
    ],
)
def test_requires_each_status(home, status, func, runs_then):
    flow = Sequent(config={"stop_on_exception": False})
    a = flow.add_step("a", func=func)
    flow.add_step("b", func=named("b"), requires=((a, status),))
    flow.run()
    assert noted() == ["b"] * runs_then


def test_delay_is_waited_for_once_what_is_required_holds(home):
    flow = Sequent()
    a = flow.add_step("a", func=works)
    flow.add_step("b", func=works, requires=((a, STEP_SUCCESS),), delay=0.3)
    assert flow.run()
    ((_, (first, second)),) = runs()
    assert second.started - first.ended >= 0.3


def pool(limit):
    class Resources(vrp.Resource):
        pass

    return vrp.ResourcePool("RP1", resource_cls=Resources, policy={"resource_limit": limit}).load()


def test_acquires_waits_until_the_resources_are_there(home):
    rp1, flow = pool(2), Sequent()
    for name in "abc":
        flow.add_step(name, func=comes_and_goes, acquires=[(rp1, 2)])
    assert flow.run()
    assert noted() == ["comes", "goes"] * 3


def test_releases_none_gives_back_what_was_acquired(home):
    rp1, flow = pool(1), Sequent()
    a = flow.add_step("a", func=works, acquires=[(rp1, 1)], releases=None)
    flow.add_step("b", func=named("b"), acquires=[(rp1, 1)], requires=((a, STEP_SUCCESS),))
    assert flow.run()
    assert noted() == ["b"]


def test_releases_empty_keeps_it_until_a_later_step_releases_it(home):
    rp1, flow = pool(1), Sequent()
    a = flow.add_step("a", func=works, acquires=[(rp1, 1)], releases=[])
    b = flow.add_step("b", func=named("b"), releases=[(rp1, 1)], requires=((a, STEP_SUCCESS),))
    flow.add_step("c", func=named("c"), acquires=[(rp1, 1)], requires=((b, STEP_SUCCESS),))
    assert flow.run()
    assert noted() == ["b", "c"]


@pytest.mark.parametrize(
    ("recovery", "expected"),
    [
        ({}, ["a", "b", "b"]),
        ({STEP_SUCCESS: STP_SKIP}, ["a", "b", "b"]),
        ({STEP_SUCCESS: STP_RERUN}, ["a", "b", "a", "b"]),
    ],
    ids=["default", "skip", "rerun"],
)
def test_recovery_says_what_becomes_of_a_success(home, recovery, expected):
    def build(**options):
        flow = Sequent(name="flow", **options)
        a = flow.add_step("a", func=named("a"), recovery=recovery)
        flow.add_step("b", func=fails_once, args=("b",), requires=((a, STEP_SUCCESS),))
        return flow

    assert not build().run()
    assert build(run_mode=RUN_RECOVER).run()
    assert noted() == expected


@pytest.mark.parametrize(
    ("recovery", "expected"),
    [({}, ["a", "a"]), ({STEP_FAILURE: STP_RERUN}, ["a", "a"]), ({STEP_FAILURE: STP_SKIP}, ["a"])],
    ids=["default", "rerun", "skip"],
)
def test_recovery_says_what_becomes_of_a_failure(home, recovery, expected):
    def build(**options):
        flow = Sequent(name="flow", **options)
        flow.add_step("a", func=fails_once, args=("a",), recovery=recovery)
        return flow

    assert not build().run()
    assert build(run_mode=RUN_RECOVER).run()
    assert noted() == expected


def test_recovery_takes_directives_for_what_was_ready_or_active(home):
    flow = Sequent()
    flow.add_step("a", func=works, recovery={STEP_READY: STP_RERUN, STEP_ACTIVE: STP_RERUN})
    assert flow.run()


def test_config_of_a_step_says_whether_its_failure_stops_the_flow(home):
    flow = Sequent(config={"max_concurrent": 1})
    flow.add_step("a", func=breaks, config={"stop_on_exception": False})
    flow.add_step("b", func=named("b"))
    assert not flow.run()
    assert noted() == ["b"]


def test_repeats_makes_a_container_repeat(home):
    flow = Sequent()
    s1 = flow.add_step("s1", repeats=[1, 2])
    s1.add_step("a", func=lambda: note(os.environ["SEQUENT_STEP_SEQUENCE"]))
    assert flow.run()
    assert noted() == ["1.1", "1.2"]


# -- run(max_loops) ----------------------------------------------------------------------------------


def test_run_goes_on_until_nothing_is_left(home):
    flow = Sequent()
    flow.add_step("a", func=works, delay=0.1)
    assert flow.run(max_loops=-1)


def test_run_with_max_loops_does_what_is_due_and_leaves_the_rest(home):
    flow = Sequent()
    flow.add_step("a", func=named("a"))
    flow.add_step("b", func=named("b"), delay=86400)
    outcome = flow.run(max_loops=1)
    assert (bool(outcome), str(outcome.status)) == (False, "suspended")
    assert noted() == ["a"]


def test_a_failure_that_no_event_follows_makes_the_result_false(home):
    flow = Sequent()
    flow.add_step("a", func=breaks)
    assert not flow.run()


# -- the rest ------------------------------------------------------------------------------------------


def test_hosts_within_hosts_are_refused_and_so_is_a_flow_that_another_host_cannot_find(home):
    flow = Sequent()
    block = flow.add_step("block", hosts=["ubuntud01_eventor"])
    block.add_step("a", func=works)
    with pytest.raises(
        DefinitionError, match="'block' runs on host 'ubuntud01_eventor', where its flow cannot be found"
    ):
        flow.run()
    block.add_step("b", func=works, hosts=["other"])
    with pytest.raises(DefinitionError, match=r"'block.b' has hosts \['other'\] inside 'block', which has hosts"):
        compile_flow(definition_of(flow).spec)


def test_the_resource_program_ends(home):
    done = script(PROGRAMS / "resources.py", home)
    assert done.returncode == 0, done.stderr
    ((run, attempts),) = runs()
    assert (run.status, [attempt.sequence for attempt in attempts]) == ("success", ["1.1", "1.2"])
