"""The flow of a run: a random tree with repeats, requirements, delays, pools and hosts; and how its steps end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from random import Random

from attrs import evolve

from sequent.compiler import compile_flow
from sequent.errors import InvalidFlowError
from sequent.model.durations import Backoff
from sequent.model.plan import Plan, StepPlan
from sequent.model.references import Literal, dotted
from sequent.model.spec import ContainerSpec, Definition, FlowSpec, ItemsCall, ItemsLiteral, PoolSpec, StepSpec
from sequent.model.value_text import decode, encode
from sequent.model.work import FunctionWork, QuestionWork, references_of
from tests.flows import ASKED, SeededChoices, flow_spec

HOSTS = ("h1", "h2", "h3")
_MOST_NODES = 14
_TRIES = 3
_ASKING = 7
"""The rest of the seeds whose flows ask questions, so that the events of others do not depend on questions."""
SHARED = "shared"
"""The pool of all runs."""


class Workload:
    """What is run.

    Args:
        seed: decides everything.
        number: 0 for the first run of a world, 1 for the second.
        shared: the capacity of the pool that the runs share; 0: there is none.
    """

    def __init__(self, seed: int, number: int = 0, shared: int = 0) -> None:
        self._name = f"{seed}" if not number else f"{seed} {number}"
        random = Random(seed * 7 + 3 + number * 1_000_003)
        self.has_hosts = random.random() < 0.7
        self.literal_spec = _spec(random, shared, has_hosts=self.has_hosts)
        """The flow with all items written down."""
        if seed % 9 == _ASKING:
            asking = _with_questions(self.literal_spec.root, Random(f"{self._name} questions"))
            assert isinstance(asking, ContainerSpec)
            self.literal_spec = evolve(self.literal_spec, root=asking)
        self.items: dict[str, tuple[str, ...]] = {}
        """By path, the items of the repeats that are found by a call."""
        self.iterators: set[str] = set()
        """The repeats of these whose items are drawn one at a time."""
        self.spec = self._drawing(random) if random.random() < 0.3 else self.literal_spec
        self.plan = compile_flow(self.spec)
        self.changed_plans = (self.plan, compile_flow(_with_new_code(self.spec))) if random.random() < 0.2 else ()
        """The plans of the flow before and after its code is changed; () if it never is."""
        self.questions = {dotted(step.path) for step in self.plan.nodes if isinstance(step, StepPlan) and step.asks}
        """The steps that ask a question."""
        self.slots = random.randint(1, 4)
        self._failing = random.choice((0.0, 0.0, 0.15, 0.4))
        self._most_failures = random.choice((1, 2, 4))

    @property
    def never_fails(self) -> bool:
        """Whether no step ever fails by itself."""
        return not self._failing

    def plan_of(self, driver: int) -> Plan:
        """Return the plan of the flow as a driver finds it."""
        return self.changed_plans[driver // 2 % 2] if self.changed_plans else self.plan

    @cached_property
    def definition(self) -> Definition:
        """The flow, without any code."""
        return Definition(spec=self.spec, functions={}, items={}, bodies={}, result_types={}, param_types={}, flow=None)

    @cached_property
    def parts(self) -> Mapping[str, ContainerSpec | StepSpec]:
        """The steps and containers, by path."""
        return {dotted(path): part for path, part in parts_of(self.spec.root)}

    def _chance(self, task: object, what: str) -> Random:
        return Random(f"{self._name} {task} {what}")

    def fails(self, task: object, number: int, *, are_over: bool) -> bool:
        """Return whether an execution of a task, by its number, ends as a failure."""
        if are_over or not self._failing or number > self._most_failures:
            return False
        return self._chance(task, f"fails {number}").random() < self._failing

    def is_truthy(self, task: object) -> bool:
        """Return whether the result of a task ends its repeat."""
        return self._chance(task, "until").random() < 0.3

    def result_of(self, task: object) -> str:
        """Return the result of a task, the same each time, as wire text."""
        return self._chance(task, "result").choice(ASKED)

    def _drawing(self, random: Random) -> FlowSpec:
        """Return the flow with some of its items found by calls."""
        root = self._with_calls(random, self.literal_spec.root, ())
        assert isinstance(root, ContainerSpec)
        return evolve(self.literal_spec, root=root)

    def _with_calls(
        self, random: Random, part: ContainerSpec | StepSpec, path: tuple[str, ...]
    ) -> ContainerSpec | StepSpec:
        options: dict[str, object] = {}
        if isinstance(part, ContainerSpec):
            options["children"] = tuple(self._with_calls(random, child, (*path, child.name)) for child in part.children)
        if isinstance(part.repeats, ItemsLiteral) and random.random() < 0.7:
            items = decode(part.repeats.text)
            assert isinstance(items, list)
            self.items[dotted(path)] = tuple(encode(item, "an item") for item in items)
            if random.random() < 0.6:
                self.iterators.add(dotted(path))
            options["repeats"] = ItemsCall(name="items", takes_self=False)
        return evolve(part, **options)


def _spec(random: Random, shared: int, *, has_hosts: bool) -> FlowSpec:
    asks = random.random() < 0.3
    spec = _tree(random, asks=asks, has_hosts=has_hosts)
    pools = (PoolSpec(name="pool", capacity=random.randint(1, 3)),) if random.random() < 0.5 else ()
    pools += (PoolSpec(name=SHARED, capacity=shared, is_shared=True),) if shared else ()
    waits = random.random() < 0.5
    root = _with_options(spec.root, random, pools, waits=waits)
    assert isinstance(root, ContainerSpec)
    made = evolve(spec, root=root, pools=pools)
    try:
        compile_flow(made)
    except InvalidFlowError:
        # Its holds could wait for one another.
        return spec
    return made


def _tree(random: Random, *, asks: bool, has_hosts: bool) -> FlowSpec:
    """Return the largest of some trees; one with a copy on a host, if there are hosts."""
    trees: list[FlowSpec] = []
    while len(trees) < _TRIES or (has_hosts and not any(map(_has_copies, trees))):
        trees.append(flow_spec(SeededChoices(random), 12, asks_results=asks, has_hosts=has_hosts))
    return max(trees, key=lambda spec: (_has_copies(spec), _size(spec)))


def _has_copies(spec: FlowSpec) -> bool:
    return any("hosts" in part.values for _, part in parts_of(spec.root))


def _with_options(
    spec: ContainerSpec | StepSpec, random: Random, pools: tuple[PoolSpec, ...], *, waits: bool
) -> ContainerSpec | StepSpec:
    options: dict[str, object] = {}
    if isinstance(spec, ContainerSpec):
        options["children"] = tuple(_with_options(child, random, pools, waits=waits) for child in spec.children)
        return evolve(spec, **options)
    options["retries"] = random.choice((0, 0, 1, 2))
    if waits:
        options["backoff"] = random.choice((Backoff(), Backoff(first=20.0)))
        if random.random() < 0.25:
            options["values"] = {**spec.values, "delay": Literal(repr(random.choice((1.0, 30.0))))}
    for pool in pools:
        # Runs that share a pool wait for each other most of the time.
        if random.random() < (0.7 if pool.is_shared else 0.4):
            options["acquires"] = ((pool.name, random.randint(1, pool.capacity)),)
    return evolve(spec, **options)


def _with_questions(part: ContainerSpec | StepSpec, random: Random) -> ContainerSpec | StepSpec:
    """Return a flow in which some steps ask a question."""
    if isinstance(part, ContainerSpec):
        return evolve(part, children=tuple(_with_questions(child, random) for child in part.children))
    if random.random() < 0.5 or "hosts" in part.values or any(references_of(part.work)):
        return part
    return evolve(part, work=QuestionWork(Literal('"Go on?"')), retries=0, backoff=Backoff())


def _with_new_code(spec: FlowSpec) -> FlowSpec:
    """Return a flow with other code of every second function."""
    root = _changed(spec.root, [0])
    assert isinstance(root, ContainerSpec)
    return evolve(spec, root=root)


def _changed(part: ContainerSpec | StepSpec, count: list[int]) -> ContainerSpec | StepSpec:
    if isinstance(part, ContainerSpec):
        return evolve(part, children=tuple(_changed(child, count) for child in part.children))
    count[0] += 1
    if isinstance(part.work, FunctionWork) and count[0] % 2:
        return evolve(part, work=evolve(part.work, fingerprint="changed"))
    return part


def parts_of(
    spec: ContainerSpec, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], ContainerSpec | StepSpec]]:
    """Yield the steps and containers in a container, with their paths."""
    for child in spec.children:
        yield (*path, child.name), child
        if isinstance(child, ContainerSpec):
            yield from parts_of(child, (*path, child.name))


def _size(spec: FlowSpec) -> int:
    """Return the number of nodes, as far as a simulation of them is quick."""
    count = 1 + sum(1 for _ in parts_of(spec.root))
    return count if count <= _MOST_NODES else 0
