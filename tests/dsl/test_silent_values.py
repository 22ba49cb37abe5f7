"""A value of the author's that cannot show itself is told of by its type: no message of ours fails on it."""

import enum

import attrs
import pytest

import sequent
from sequent import Pool, command, container, param, step
from sequent import virtual_resource_pool as vrp
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import DefinitionError, InvalidFlowError, SequentError, UsageError


class Silent:
    def __repr__(self):
        raise ValueError("no words")

    __str__ = __repr__


class Key(Silent):
    def __hash__(self):
        return 1

    def __eq__(self, other):
        return self is other


@attrs.frozen(repr=False)
class Record(Silent):
    value: object = 1


class Odd(Exception):
    __repr__ = Silent.__repr__
    __str__ = Silent.__repr__


class Shade(enum.Enum):
    LIGHT = 1
    __repr__ = Silent.__repr__


def take(x=1): ...


def again(**kwargs):
    @container
    class block:
        region: int = param()
        one = step(take)

    container(**kwargs)(block)


def iterate():
    raise Odd
    yield


S = Silent()
OPTIONS = (
    *("delay", "timeout", "retries", "backoff", "retry_on", "priority", "max_concurrent", "acquires", "releases"),
    *("recovery", "handles", "parallel", "until"),
)
GIVEN = {
    **{word: (lambda word=word: step(**({"repeats": [1]} | {word: S}))(take)) for word in OPTIONS},
    "stop_on_exception": lambda: step(stop_on_exception=S)(take),
    "task_construct": lambda: step(task_construct=S)(take),
    "hosts": lambda: step(hosts=S)(take),
    "requires": lambda: step(requires=S)(take),
    "requires, in a pair": lambda: step(requires=((S, sequent.STEP_SUCCESS),))(take),
    "a status": lambda: step(requires=((step(take), S),))(take),
    "repeats": lambda: step(repeats=S)(take),
    "an item": lambda: step(repeats=[S])(take),
    "items that fail": lambda: step(repeats=type("Items", (list,), {"__iter__": lambda _: iterate()})([1]))(take),
    "a function": lambda: step(S),
    "args": lambda: step(args=(S,))(take),
    "args that are none": lambda: step(args=S)(take),
    "kwargs": lambda: step(kwargs={"x": S})(take),
    "kwargs that are none": lambda: step(kwargs=S)(take),
    "a key of kwargs": lambda: step(kwargs={Key(): 1})(take),
    "a key in kwargs": lambda: step(kwargs={"x": {Key(): 1}})(take),
    "beside a key": lambda: step(kwargs={"x": {Record(): S}})(take),
    "in a record": lambda: step(kwargs={"x": Record(S)})(take),
    "a default in a list": lambda: step(lambda x=[S]: x),
    "arguments that do not fit": lambda: step(kwargs={"y": 1})(lambda x=S: x),
    "a word": lambda: command("ls", S),
    "env": lambda: command("ls", env=S),
    "a variable": lambda: command("ls", env={"A": S}),
    "a variable's name": lambda: command("ls", env={Key(): "1"}),
    "cwd": lambda: command("ls", cwd=S),
    "stdin": lambda: command("ls", stdin=S),
    "success": lambda: command("ls", success=S),
    "shell": lambda: command("ls", shell=S),
    "result_or": lambda: step(take).result_or(S),
    "returned": lambda: step(take).returned(S),
    "returned, of another type": lambda: step(lambda: 1).returned(S),
    "a part": lambda: step(take).result[S],
    "a pool's name": lambda: Pool(S, 1),
    "a capacity": lambda: Pool("p", S),
    "shared": lambda: Pool("p", 1, shared=S),
    "an amount": lambda: step(acquires={Pool("p", 1): S})(take),
    "a pool that is none": lambda: step(acquires={Key(): 1})(take),
    "policy": lambda: vrp.ResourcePool("p", policy=S),
    "resource_cls": lambda: vrp.ResourcePool("p", resource_cls=S, policy={}),
    "help": lambda: param(help=S),
    "a default of a parameter": lambda: param(default=S),
    "a name": lambda: sequent.Sequent("flow").add_step(S, take),
    "a flow's name": lambda: sequent.Sequent(S),
    "config": lambda: sequent.Sequent("f", config=S),
    "a setting": lambda: sequent.Sequent("f", config={"max_concurrent": S}),
    "a key of config": lambda: sequent.Sequent("f", config={Key(): S}),
    "a tag": lambda: sequent.Sequent("f", config_tag=S),
    "a store": lambda: sequent.Sequent("f", store=S),
    "a mode": lambda: sequent.Sequent("f", run_mode=S),
    "a recovery": lambda: sequent.Sequent("f", recovery_run=S),
    "an id": lambda: sequent.Sequent("f", run_id=S),
    "a module": lambda: sequent.Sequent("f").add_step("a", take, import_module=S),
    "a command": lambda: sequent.Sequent("f").add_step("a", command=S),
    "an event": lambda: sequent.Sequent("f").add_event(S),
    "a container": lambda: container(S),
    "a container's kwargs": lambda: again(kwargs=S),
    "a container's argument": lambda: again(kwargs={"region": S}),
    "a container's argument of another type": lambda: again(kwargs={"region": Record()}),
    "a flow": lambda: definition_of(S),
}


@pytest.mark.parametrize("given", GIVEN)
def test_it_is_told_by_its_type(given):
    with pytest.raises((DefinitionError, UsageError, InvalidFlowError)) as caught:
        GIVEN[given]()
    assert str(caught.value)


def test_a_default_of_another_type_is_told():
    @container
    class flow:
        size: int = param(default=Record())
        shade: str = param(default=Shade.LIGHT)
        one = step(take)

    with pytest.raises(InvalidFlowError) as caught:
        definition_of(flow)
    assert "<a Record, whose __repr__ raises ValueError>" in str(caught.value)


def test_results_items_and_failures_that_cannot_show_themselves(tmp_path):
    @container(task_construct="invoke")
    class flow:
        @step
        def good(self) -> Record:
            return Record(3)

        @step(stop_on_exception=False)
        def bad(self):
            return [S]

        @step(stop_on_exception=False)
        def worse(self, given: Record = good.result):
            raise Odd(given)

        result = good

    outcome = flow.run(store=str(tmp_path / "store.db"))
    types = {failure.path: failure.type for failure in outcome.failures}
    assert types == {"bad": "NotDataError", "worse": "Odd"}
    assert repr(outcome)
    assert all(str(failure) for failure in outcome.failures)


def test_a_parameter_that_cannot_show_itself_is_told():
    @container
    class flow:
        size: int = param()
        one = step(take)

    with pytest.raises(SequentError, match="Silent"):
        flow(size=S).run(store=":memory:")
