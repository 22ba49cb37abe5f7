"""The engine beside the reference, through random outcomes, crashes and recoveries: they must agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

from attrs import define, evolve, field
from hypothesis import strategies as st

from sequent.compiler import compile_flow
from sequent.model import facts
from sequent.model.directives import Directives, Selection
from sequent.model.durations import Backoff
from sequent.model.hosts import hosts_in
from sequent.model.inputs import ItemsLiteralPlan
from sequent.model.plan import StepPlan
from sequent.model.references import Literal, dotted
from sequent.model.scope import host_in, numbers_in
from sequent.model.spec import ContainerSpec, FlowSpec, ItemsCall, ItemsLiteral, StepSpec
from sequent.model.status import Action, RunStatus, Status, Verdict
from sequent.model.value_text import decode
from sequent.model.work import QuestionWork, references_of
from tests.reference import Reference
from tests.reference_directives import Asked
from tests.reference_tree import Key, Recorded
from tests.simulated import World
from tests.small_flows import DRAWN, HOUR

MAX_RECOVERIES = 6
HOSTS = ("h1", "h2", "h3")
MADE = -1
"""How many items a repeat has of which a step decides that."""
ANSWERS = ("1", "2", '"x"', "null", "true")
"""What steps return, as wire text: what the random flows ask for, and more."""


@define
class Mood:
    """How a recovery goes: how many of ten ends are failures or losses, and when it ends early."""

    failures: int = 0
    losses: int = 0
    crash_after: int | None = None
    stop_after: int | None = None
    outages: int = 0
    """Of how many of ten things that happen one is that a host is lost, or reached."""
    holds: int = 0
    """The same for tasks that a person holds, releases or marks."""


moods = st.builds(
    Mood,
    failures=st.sampled_from((0, 1, 3, 6)),
    losses=st.sampled_from((0, 0, 1)),
    crash_after=st.none() | st.integers(0, 30),
    stop_after=st.none() | st.none() | st.integers(0, 20),
    outages=st.sampled_from((0, 1, 3)),
    holds=st.sampled_from((0, 0, 2)),
)


@define
class Pair:
    """The engine in its world and the reference beside it: each is told the same, and they must agree."""

    spec: FlowSpec
    world: World
    reference: Reference
    counts: dict[str, int | None]
    random: Random
    mood: Mood
    steps: int = field(default=0)
    held: list[Selection] = field(factory=list)

    def go(self) -> RunStatus | None:
        """Go on until the run has ended; None where it crashed before."""
        for host in HOSTS:
            self.reference.host_changed(host, is_reachable=False)
        self.world.tell(facts.RunStarted())
        self.compare()
        while self.world.ended is None:
            if self.steps == self.mood.crash_after:
                return None
            self.happen()
            self.compare()
            self.steps += 1
            assert self.steps < 2_000, "the run does not end"
        return self.world.ended.status

    def happen(self) -> None:
        """Let one thing happen, here and there."""
        world, reference, random = self.world, self.reference, self.random
        if self.steps == self.mood.stop_after:
            reference.stopped()
            world.tell(facts.StopRequested())
            return
        if random.randrange(10) < self.mood.outages and self.change_host():
            return
        if random.randrange(10) < self.mood.holds and self.hold_or_release():
            return
        choices = [
            (kind, key)
            for kind in ("active", "to_open", "to_draw", "timers", "questions")
            for key in getattr(world, kind)
            if kind != "active" or host_in(key[1]) not in reference.unreachable or random.randrange(3) == 0
        ]
        if not choices:
            assert self.hold_or_release(ends=True) or self.change_host(is_back=True), "the run waits for nothing"
            return
        kind, key = random.choice(choices)
        if kind == "active":
            self.let_task_be(key)
        elif kind == "questions":
            self.answer(key)
        elif kind == "timers":
            reference.time_came(key)
            world.pass_time(key)
        elif kind == "to_open" and self.opens_copies(key):
            hosts = self.hosts_of(key)
            reference.opened(key, len(hosts))
            world.open_copies(key, hosts)
        elif random.randrange(10) == 0 and self.mood.failures:
            reference.broke(key)
            world.break_draw(key)
        elif kind == "to_open":
            count = self.count_of(key)
            reference.opened(key, count)
            world.open(key, count)
        elif random.randrange(2):
            reference.drew(key)
            world.draw(key)
        else:
            reference.exhausted(key)
            world.draw(key, is_last=True)

    def change_host(self, *, is_back: bool = False) -> bool:
        """A host is lost, or can be reached; say whether there is such a host."""
        down = self.reference.unreachable
        hosts = sorted(down) if is_back else HOSTS
        if not hosts:
            return False
        host = self.random.choice(hosts)
        is_back = host in down
        self.reference.host_changed(host, is_reachable=is_back)
        self.world.tell(facts.HostReached(host, self.world.slots) if is_back else facts.HostLost(host))
        return True

    def hold_or_release(self, *, ends: bool = False) -> bool:
        """A person holds a task, or releases one; say whether there is such a task."""
        if self.held and (ends or self.random.randrange(2)):
            place = self.held.pop(self.random.randrange(len(self.held)))
            self.world.tell(facts.PlaceReleased(place))
            return True
        known = [key for key, task in self.reference.tasks.items() if not task.status.is_settled]
        if ends or not known:
            return False
        path, sequence = key = self.random.choice(sorted(known, key=str))
        place = Selection(tuple(path.split(".")), numbers_in(sequence), host_in(sequence))
        if self.random.randrange(2):
            self.mark(key, place)
            return True
        if place not in self.held:
            self.held.append(place)
        self.world.tell(facts.PlaceHeld(place))
        return True

    def answer(self, key: Key) -> None:
        """A person answers a question, and another one once more; or nobody does in time."""
        if self.random.randrange(20) < self.mood.failures:
            self.reference.marked(key, Status.FAILURE, Verdict.UNKNOWN, "")
            self.world.run_out(key)
            return
        place = Selection(tuple(key[0].split(".")), numbers_in(key[1]), host_in(key[1]))
        self.settle(key, place, facts.QuestionAnswered, is_open=True)
        again = facts.QuestionAnswered(-1, place, Status.SUCCESS)
        self.world.refused.pop(-1, None)
        self.world.tell(again)
        assert self.world.ended is not None or -1 in self.world.refused, "a question is answered twice"

    def mark(self, key: Key, place: Selection) -> None:
        """A person gives a task its outcome, if it has not begun; or answers a question that is not asked."""
        child = self.reference.tasks[key]
        is_open = child.status in {Status.WAITING, Status.READY} and not child.is_kept
        if key not in self.world.questions and self.random.randrange(4) == 0:
            self.settle(key, place, facts.QuestionAnswered, is_open=False)
        else:
            self.settle(key, place, facts.TaskMarked, is_open=is_open)

    def settle(
        self, key: Key, place: Selection, kind: type[facts.TaskMarked | facts.QuestionAnswered], *, is_open: bool
    ) -> None:
        """A person gives an outcome to a task; it is refused if that is not possible."""
        status = Status.FAILURE if self.random.randrange(10) < self.mood.failures else Status.SUCCESS
        verdict, text = self.random.choice((Verdict.FALSY, Verdict.TRUTHY)), self.random.choice(ANSWERS)
        step = next(node for node in self.world.plan.nodes if isinstance(node, StepPlan) and node.path == place.path)
        answers = tuple(number for number, texts in enumerate(step.asked) if text in texts)
        if status is Status.FAILURE:
            verdict, text, answers = Verdict.UNKNOWN, "", ()
        if is_open:
            self.reference.marked(key, status, verdict, text)
        self.world.tell(kind(self.steps, place, status, verdict, answers))
        assert (self.steps in self.world.refused) != is_open

    def is_held(self, key: Key) -> bool:
        return any(place.has(tuple(key[0].split(".")), key[1]) for place in self.held)

    def opens_copies(self, key: Key) -> bool:
        container = self.world.plan.container(self.world.to_open[key].node)
        return container.is_copied

    def hosts_of(self, key: Key) -> tuple[str, ...]:
        """The hosts on which something has copies."""
        repeats = self.world.plan.container(self.world.to_open[key].node).repeats
        assert isinstance(repeats, ItemsLiteralPlan)
        return tuple(hosts_in(repeats.text))

    def count_of(self, key: Key) -> int | None:
        """With how many items a repeat begins, or began; items that were made by steps may be others than before."""
        count, known = self.counts[key[0]], self.reference.count_of(key)
        return known if known is not None else self.random.randrange(4) if count == MADE else count

    def let_task_be(self, key: Key) -> None:
        """A task begins, succeeds, fails, is lost, or goes on unseen on its host as the run stops."""
        chance = self.random.randrange(10)
        if self.reference.is_halted and host_in(key[1]) and self.random.randrange(3) == 0:
            self.reference.was_left(key)
            self.world.leave(key)
        elif key not in self.world.began and self.random.randrange(3) == 0:
            self.reference.began(key)
            self.world.begin(key)
        elif chance < self.mood.losses:
            self.reference.lost(key)
            self.world.end(key, Status.WAITING)
        elif chance < self.mood.failures:
            self.reference.ended(key, Status.FAILURE)
            self.world.end(key, Status.FAILURE)
        else:
            verdict, text = self.random.choice((Verdict.FALSY, Verdict.TRUTHY)), self.random.choice(ANSWERS)
            self.reference.ended(key, Status.SUCCESS, verdict, text)
            self.world.end(key, Status.SUCCESS, verdict, answers=self.answers_of(key, text))

    def answers_of(self, key: Key, text: str) -> tuple[int, ...]:
        """Which of what is asked of a step's result that text is."""
        step = self.world.plan.nodes[self.world.active[key].node]
        assert isinstance(step, StepPlan)
        return tuple(number for number, texts in enumerate(step.asked) if text in texts)

    def compare(self) -> None:
        """Check that both agree, after what has just happened."""
        world, reference = self.world, self.reference
        for key in world.active:
            if key not in reference.active():
                assert host_in(key[1]) not in reference.unreachable, f"{key} started on a host out of reach"
                assert not self.is_held(key), f"{key} started though it is held"
                reference.started(key)
        assert set(world.active) == reference.active()
        self.check_questions()
        self.check_waiting(reference.startable())
        settled = {key: status for key, status in reference.statuses().items() if status.is_settled}
        assert {key: s for key, s in world.settled.items() if not reference.is_tried_again(key)} == settled
        assert world.timers.keys() >= reference.delayed()
        if not reference.is_halted:
            wanted = reference.to_open() | reference.to_draw()
            assert {*world.to_open, *world.to_draw} >= wanted >= world.ordered
        assert (world.ended.status if world.ended else None) is reference.outcome()
        if world.ended is not None:
            counted = Counter(status for status in settled.values())
            assert world.ended.counts == counted

    def check_questions(self) -> None:
        """Check that all questions are asked, except those of tasks that were held before."""
        asked, wanted = self.world.questions.keys(), self.reference.asking()
        if not self.reference.is_halted and self.world.ended is None:
            assert asked <= wanted
            assert all(self.is_held(key) for key in wanted - asked), f"{wanted - asked} are not asked"

    def check_waiting(self, waiting: set[Key]) -> None:
        """Check that what is ready and has not started has to wait: for a slot of its machine, or for its host."""
        running = Counter(host_in(sequence) for _, sequence in self.world.active)
        for path, sequence in waiting:
            host = host_in(sequence)
            is_full = running[host] == self.world.slots
            assert host in self.reference.unreachable or is_full or self.is_held((path, sequence)), (
                f"{path} could start"
            )


def counts_of(spec: StepSpec | ContainerSpec, path: str = "") -> Iterator[tuple[str, int | None]]:
    """How many items each repeat has; None where they are drawn, MADE where a step makes them."""
    if isinstance(spec.repeats, ItemsLiteral):
        items = decode(spec.repeats.text)
        assert isinstance(items, list)
        yield path, len(items)
    elif spec.repeats is not None:
        yield path, None if isinstance(spec.repeats, ItemsCall) else MADE
    for child in spec.children if isinstance(spec, ContainerSpec) else ():
        yield from counts_of(child, f"{path}.{child.name}" if path else child.name)


def fixed_counts(spec: ContainerSpec, random: Random) -> dict[str, int | None]:
    """The same, where what a step makes is always as long."""
    return {path: random.randrange(4) if count == MADE else count for path, count in counts_of(spec)}


def some_drawn(spec: ContainerSpec | StepSpec, random: Random) -> ContainerSpec | StepSpec:
    """The same, where some repeats draw their items one at a time."""
    if spec.repeats is not None and random.randrange(3) == 0:
        spec = evolve(spec, repeats=DRAWN)
    if isinstance(spec, ContainerSpec):
        spec = evolve(spec, children=tuple(some_drawn(child, random) for child in spec.children))
    return spec


def some_waits(spec: ContainerSpec | StepSpec, random: Random) -> ContainerSpec | StepSpec:
    """The same, where some steps have delays, and some are tried again."""
    if isinstance(spec, ContainerSpec):
        return evolve(spec, children=tuple(some_waits(child, random) for child in spec.children))
    return evolve(
        spec,
        values={**spec.values, **random.choice(({}, {}, {}, {"delay": HOUR}))},
        retries=random.choice((0, 0, 1, 2)),
        backoff=random.choice((Backoff(), Backoff(first=60.0))),
    )


def some_questions(spec: ContainerSpec | StepSpec, random: Random) -> ContainerSpec | StepSpec:
    """The same, where some steps ask a question."""
    if isinstance(spec, ContainerSpec):
        return evolve(spec, children=tuple(some_questions(child, random) for child in spec.children))
    if random.randrange(5) or "hosts" in spec.values or any(references_of(spec.work)):
        return spec
    return evolve(spec, work=QuestionWork(Literal('"Go on?"')), retries=0, backoff=Backoff())


def some_directives(spec: ContainerSpec | StepSpec, random: Random) -> ContainerSpec | StepSpec:
    """The same, where some steps say what a recovery does with them."""
    if isinstance(spec, ContainerSpec):
        return evolve(spec, children=tuple(some_directives(child, random) for child in spec.children))
    if random.randrange(2):
        return spec
    statuses = (Status.READY, Status.ACTIVE, Status.FAILURE)
    recovery = {status: Action.SKIP for status in statuses if random.randrange(3) == 0}
    if random.randrange(3) == 0:
        recovery[Status.SUCCESS] = Action.RERUN
    return evolve(spec, recovery=recovery, retries=0)


def some_asked(world: World, random: Random) -> Asked:
    """What is asked for by hand: mostly nothing, else some of what there is, in every iteration or in one."""
    if random.randrange(3):
        return Asked()
    paths = [dotted(node.path) for node in world.plan.nodes if node.path]
    known = [*world.rows.sequences(), *((path, ()) for path in paths)]
    chosen = random.sample(known, min(len(known), 3))
    return Asked(rerun=tuple(chosen[:1]), skip=tuple(chosen[1 : random.randrange(1, 4)]))


def directives_of(asked: Asked) -> Directives:
    rerun, skip = (
        tuple(Selection(tuple(path.split(".")), numbers_in(sequence), host_in(sequence)) for path, sequence in keys)
        for keys in (asked.rerun, asked.skip)
    )
    return Directives(rerun=rerun, skip=skip)


def check(
    spec: FlowSpec,
    course: list[Mood],
    slots: int,
    random: Random,
    asks: Callable[[World, Random], Asked] | None = None,
) -> None:
    """Run a flow, and recover it until it is a success."""
    plan = compile_flow(spec)
    counts = dict(counts_of(spec.root))
    record: dict[Key, Recorded] = {}
    world = World(plan, slots=slots)
    asked = Asked()
    for mood in [*course, Mood()]:
        reference = Reference(spec, record, world.rows.recovery, asked)
        if reference.is_finished:
            assert not world.revision, "a finished run in which nothing runs again is left alone"
            continue
        pair = Pair(spec, world, reference, counts, random, mood)
        status = pair.go()
        iterations = {key: row.status for key, row in world.rows.iterations().items()}
        assert iterations == {key: recorded.status for key, recorded in record.items() if key[0].endswith("/")}
        if status is RunStatus.SUCCESS and asks is None:
            return
        asked = Asked() if asks is None else asks(world, random)
        world = world.crash(directives_of(asked))
    if asks is not None:
        return
    raise AssertionError("a recovery in which nothing fails is a success")


courses = st.lists(moods, min_size=1, max_size=MAX_RECOVERIES)
randoms = st.builds(Random, st.integers(0, 1 << 32))
