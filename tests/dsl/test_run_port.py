"""``run()`` asks whoever runs flows, with parameters checked and encoded."""

import subprocess
import sys
from contextlib import contextmanager
from datetime import date
from threading import Event, Thread

import pytest

from sequent import RUN_CONTINUE, RUN_RECOVER, RUN_RESTART, Sequent, container, param, step
from sequent.api import run
from sequent.dsl import run_port
from sequent.errors import DefinitionError, UsageError
from sequent.model.outcome import Outcome
from sequent.model.status import RunStatus


@container
class nightly:
    day: date = param(help="business day")
    limit: int | None = param(default=3)

    @step
    def orders(self) -> None: ...


@contextmanager
def requests():
    """Collect what is asked for, in place of whoever runs flows."""
    asked = []
    run_port.set_runner(collecting(asked))
    try:
        yield asked
    finally:
        run_port.set_runner(run)


def collecting(asked):
    """A runner that runs nothing."""

    def collect(request):
        asked.append(request)
        return Outcome(run_id="r7", status=RunStatus.SUCCESS)

    return collect


def test_a_class_is_run_with_its_parameters():
    with requests() as asked:
        assert nightly(day=date(2026, 11, 24)).run(store=":memory:").run_id == "r7"
    (request,) = asked
    assert request.definition.spec.name == "nightly"
    assert request.params == {"day": '{"$da":"2026-11-24"}', "limit": "3"}
    assert request.store == ":memory:"


def test_a_missing_parameter_is_named():
    with requests() as asked, pytest.raises(UsageError, match=r"needs the parameter 'day' \(date\)"):
        nightly.run()
    assert not asked


def test_a_recovery_needs_no_parameters():
    with requests() as asked:
        nightly.run(run_mode=RUN_RECOVER, run_id="r3")
    assert (asked[0].run_mode, asked[0].run_id, asked[0].params) == (RUN_RECOVER, "r3", {})


def test_a_built_flow_is_run_and_knows_its_run():
    flow = Sequent(store="here.db")
    flow.add_step("a")
    with requests() as asked:
        assert flow.run(max_loops=2)
    assert flow.run_id == "r7"
    assert (asked[0].store, asked[0].max_loops) == ("here.db", 2)


def test_a_running_flow_takes_no_steps_and_runs_once():
    flow = Sequent("busy")
    flow.add_step("a")
    told = []

    def again(request):
        for call, kind in ((flow.run, UsageError), (lambda: flow.add_step("b"), DefinitionError)):
            with pytest.raises(kind, match="'busy' is already running") as caught:
                call()
            assert caught.value.code == "running"
            assert caught.value.place.file == __file__
            assert caught.value.hint
            told.append(call)
        return Outcome(run_id="r1", status=RunStatus.SUCCESS)

    with requests():
        run_port.set_runner(again)
        flow.run()
    assert len(told) == 2


def test_two_threads_do_not_run_a_flow_at_once():
    flow = Sequent()
    flow.add_step("a")
    entered, leave = Event(), Event()

    def wait(request):
        entered.set()
        leave.wait(30)
        return Outcome(run_id="r1", status=RunStatus.SUCCESS)

    with requests():
        run_port.set_runner(wait)
        first = Thread(target=flow.run)
        first.start()
        assert entered.wait(30)
        try:
            with pytest.raises(UsageError, match="already running"):
                flow.run()
        finally:
            leave.set()
            first.join()


def test_a_flow_runs_again_once_it_has_ended_also_in_an_error():
    flow = Sequent()
    flow.add_step("a")

    def fail(request):
        raise UsageError("the store is away")

    with requests() as asked:
        flow.run()
        run_port.set_runner(fail)
        with pytest.raises(UsageError, match="away"):
            flow.run()
        run_port.set_runner(collecting(asked))
        flow.add_step("b")
        flow.run()
        flow.close()
    assert [len(request.definition.spec.root.children) for request in asked] == [1, 2]
    assert [request.run_id for request in asked] == [None, None]


def test_the_mode_of_a_run_may_be_given_when_it_is_run_and_then_takes_up_the_flows_latest():
    flow = Sequent()
    flow.add_step("a")
    with requests() as asked:
        flow.run(max_loops=1)
        flow.run(run_mode=RUN_CONTINUE)
        flow.run(run_mode=RUN_RECOVER)
        flow.run()
    assert [(request.run_mode, request.run_id) for request in asked] == [
        (RUN_RESTART, None),
        (RUN_CONTINUE, "r7"),
        (RUN_RECOVER, "r7"),
        (RUN_RESTART, None),
    ]


def test_a_recovery_may_be_based_on_an_earlier_one():
    flow = Sequent(run_mode=RUN_RECOVER, recovery_run=2, run_id="r3")
    flow.add_step("a")
    with requests() as asked:
        flow.run()
        nightly.run(run_mode=RUN_RECOVER, recovery_run=0)
        nightly.run(run_mode=RUN_CONTINUE)
    assert [(request.run_mode, request.recovery_run) for request in asked] == [
        (RUN_RECOVER, 2),
        (RUN_RECOVER, 0),
        (RUN_CONTINUE, None),
    ]
    assert asked[0].run_id == "r3"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"store": 7}, "'store' is 7"),
        ({"store": b"store.db"}, "'store' is b'store.db'"),
        ({"run_id": 7}, "'run_id' is 7"),
        ({"accept_changes": "yes"}, "'accept_changes' is 'yes'"),
        ({"max_loops": 0}, "'max_loops' is 0"),
        ({"max_loops": 1.5}, "'max_loops' is 1.5"),
        ({"max_loops": True}, "'max_loops' is True"),
        ({"run_mode": "recover"}, "'run_mode' is 'recover'"),
        ({"recovery_run": 1}, "'recovery_run' is 1, but the run is not a recovery"),
        ({"recovery_run": -1, "run_mode": RUN_RECOVER}, "'recovery_run' is -1"),
    ],
)
def test_what_cannot_be_asked_of_a_run_is_told_at_its_line(given, text, blamed):
    def write():
        nightly(day=date(2026, 11, 24)).run(**given)  # wrong

    with requests() as asked:
        assert blamed(write, text).code == "option"
    assert not asked


def test_what_cannot_be_asked_of_a_built_flow_is_told_at_its_line(blamed):
    flow = Sequent(recovery_run=1)
    flow.add_step("a")

    def write_loops():
        flow.run(max_loops=0, run_mode=RUN_RECOVER)  # wrong

    def write_recovery():
        flow.run()  # wrong

    with requests() as asked:
        assert blamed(write_loops, "'max_loops' is 0").code == "option"
        assert blamed(write_recovery, "'recovery_run' is 1, but the run is not a recovery").code == "option"
    assert not asked


def test_run_is_refused_while_its_file_is_loaded():
    with requests() as asked:
        with run_port.loading("flows/x.py"), pytest.raises(UsageError, match=r"flows/x\.py is being loaded"):
            nightly(day=date(2026, 1, 1)).run()
        nightly(day=date(2026, 1, 1)).run()
    assert len(asked) == 1


def test_the_words_are_sorted_and_all_there():
    import sequent

    assert sequent.__all__ == sorted(sequent.__all__, key=lambda word: (not word.isupper(), word))
    for word in sequent.__all__:
        assert getattr(sequent, word) is not None
    with pytest.raises(AttributeError, match="'stpe'"):
        _ = sequent.stpe


@pytest.mark.parametrize("line", ["import sequent", "from sequent import Sequent, container, step, command, context"])
def test_importing_the_words_loads_nothing_slow(line):
    program = f"{line}\nimport sys\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "sequent" in loaded
    assert not loaded & {"sqlalchemy", "networkx", "rich", "paramiko", "cyclopts", "asyncio", "loguru"}
