"""Plays a flow by hand: a test says what happens to tasks by their names, and sees what the engine orders.

A task is ``a`` (in sequence 1) or ``c.a/1.2``; a container is named by the sequence around it. The state of the
engine is checked after every fact.
"""

from __future__ import annotations

from sequent import Sequent
from sequent.compiler import compile_flow
from sequent.dsl.specification.definitions import definition_of
from sequent.model import facts
from sequent.model.directives import NO_DIRECTIVES, Directives, Selection
from sequent.model.effects import CloseFrame, CloseRepeat, Effect, OpenRepeat, StartTask
from sequent.model.facts import Fact
from sequent.model.hosts import hosts_in
from sequent.model.inputs import ItemsLiteralPlan
from sequent.model.items import Items
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.saved_state import StoredPlace
from sequent.model.scope import host_in, located, numbers_in, read_sequence, sequence_text
from sequent.model.spec import FlowSpec
from sequent.model.status import Status, Verdict
from tests.kept_rows import Key, Rows
from tests.simulated import World


def play_of(spec: FlowSpec, slots: int = 100) -> Play:
    """Start a flow that was specified by hand."""
    play = Play(compile_flow(spec), slots=slots)
    play.tell(facts.RunStarted())
    return play


def plan_of(flow: object) -> Plan:
    """The plan of a flow as an author writes it; one that is not built by calls has no parameters."""
    return compile_flow(definition_of(flow).spec)


def world(flow: object, slots: int = 100) -> Play:
    """Start a flow; steps need no function, since nothing is executed."""
    play = Play(plan_of(flow), slots=slots)
    play.tell(facts.RunStarted())
    return play


class Play(World):
    """A run under way. Items that are written down are found at once, as the driver does."""

    def __init__(
        self,
        plan: Plan,
        *,
        slots: int,
        rows: Rows | None = None,
        resumes: bool = False,
        directives: Directives = NO_DIRECTIVES,
        reserved: dict[StoredPlace, dict[str, int]] | None = None,
    ) -> None:
        super().__init__(plan, slots=slots, rows=rows, resumes=resumes, directives=directives, reserved=reserved)
        self.started: list[str] = []
        """Every task that started, in order."""
        self.closed: dict[str, Status] = {}
        """How repeats (``c``, by the sequence around) and iterations (``c/1.2``) ended; the flow is ``/1``."""
        self.attempts: dict[str, int] = {}
        """The number of each task's latest attempt."""

    def tell(self, fact: Fact) -> list[Effect]:
        effects = super().tell(fact)
        for effect in effects:
            if isinstance(effect, StartTask):
                name = shown(self._key(effect))
                self.started.append(name)
                self.attempts[name] = effect.attempt
            elif isinstance(effect, CloseFrame):
                path = dotted(self.plan.nodes[effect.scope.node].path)
                self.closed[f"{located(path, effect.scope.sequence)}/{sequence_text(effect.scope.sequence)}"] = (
                    effect.status
                )
            elif isinstance(effect, CloseRepeat):
                path = dotted(self.plan.nodes[effect.node].path)
                self.closed[shown((path, effect.scope.sequence))] = effect.status
        for effect in effects:
            if isinstance(effect, OpenRepeat):
                container = self.plan.nodes[effect.node]
                assert isinstance(container, ContainerPlan)
                if container.is_copied and isinstance(container.repeats, ItemsLiteralPlan):
                    self.open_copies(self._key(effect), tuple(hosts_in(container.repeats.text)))
                elif isinstance(container.repeats, ItemsLiteralPlan):
                    self.items(shown(self._key(effect)), len(Items(container.repeats.text)))
        return effects

    # -- what happens ---------------------------------------------------------------------------

    def succeed(self, *names: str) -> None:
        """Tasks end well, one after the other."""
        for name in names:
            self.end(key_of(name), Status.SUCCESS)

    def succeed_with(self, name: str, *, truthy: bool) -> None:
        """A task ends well, with a result that says whether its repeat ends."""
        self.end(key_of(name), Status.SUCCESS, Verdict.TRUTHY if truthy else Verdict.FALSY)

    def fail(self, *names: str) -> None:
        for name in names:
            self.end(key_of(name), Status.FAILURE)

    def lose(self, name: str) -> None:
        self.end(key_of(name), Status.WAITING)

    def announce(self, name: str) -> None:
        """The code of a task begins."""
        self.begin(key_of(name))

    def items(self, name: str, count: int | None) -> None:
        """The items of a container are found; None: they are drawn one at a time."""
        self.open(key_of(name), count)

    def item(self, name: str) -> None:
        """The next item is drawn."""
        self.draw(key_of(name))

    def end_items(self, name: str) -> None:
        self.draw(key_of(name), is_last=True)

    def break_items(self, name: str) -> None:
        self.break_draw(key_of(name))

    def hosts(self, name: str, *hosts: str) -> None:
        """The hosts of a step or container are known."""
        self.open_copies(key_of(name), hosts)

    def reach(self, *hosts: str, slots: int | None = 100) -> None:
        """Hosts can be reached; without slots of their own they are this machine."""
        for host in hosts:
            self.tell(facts.HostReached(host, slots))

    def lose_host(self, host: str) -> None:
        """A host cannot be reached any more."""
        self.tell(facts.HostLost(host))

    def take_back_task(self, name: str) -> None:
        """A task that was ordered never began."""
        self.take_back(key_of(name))

    def leave_task(self, name: str) -> None:
        """A task goes on on a host, where the driver learns nothing of it."""
        self.leave(key_of(name))

    def stop(self) -> None:
        self.tell(facts.StopRequested())

    def recover(self, *, rerun: tuple[str, ...] = (), skip: tuple[str, ...] = ()) -> Play:
        """Whatever drives the run is gone, and another takes it up with what was kept."""
        directives = Directives(rerun=tuple(map(selected, rerun)), skip=tuple(map(selected, skip)))
        play = Play(self.plan, slots=self.slots, rows=self.rows, directives=directives)
        play.tell(facts.RunStarted())
        return play

    def resume(self) -> Play:
        """The run was suspended, or whatever drove it is gone, and it is continued where it was."""
        play = Play(self.plan, slots=self.slots, rows=self.rows, resumes=True)
        play.tell(facts.RunStarted())
        return play

    def hold(self, name: str) -> None:
        """A person holds a place."""
        self.tell(facts.PlaceHeld(selected(name)))

    def release(self, name: str) -> None:
        self.tell(facts.PlaceReleased(selected(name)))

    def pause(self) -> None:
        """Whoever drives the run waits for no delay."""
        self.tell(facts.PauseRequested())

    def time_comes(self, *names: str) -> None:
        """What a task or container waits for has come."""
        for name in names:
            self.pass_time(key_of(name))

    def get_grant(self, name: str) -> None:
        """Other runs leave a task or container what it asked for."""
        self.grant(key_of(name))

    def quicken(self, path: str, *, is_quick: bool = True, host: str = "") -> None:
        """Tasks of a step take little time on a machine lately, or no longer do."""
        node = next(node.index for node in self.plan.nodes if dotted(node.path) == path and isinstance(node, StepPlan))
        self.tell(facts.StepPaced(node, is_quick, host))

    # -- what is seen ---------------------------------------------------------------------------

    @property
    def running(self) -> list[str]:
        return [shown(key) for key in self.active]

    @property
    def waiting_for_time(self) -> dict[str, int]:
        """Who waits for a time, and after how many failures."""
        return {shown(key): timer.failures for key, timer in self.timers.items()}

    @property
    def statuses(self) -> dict[str, str]:
        """How tasks settled, since the run or its recovery began."""
        return {shown(key): str(status) for key, status in self.settled.items()}

    @property
    def drawing(self) -> list[str]:
        """The containers of which an item is being drawn."""
        return [shown(key) for key in self.to_draw]

    @property
    def opening(self) -> list[str]:
        """The containers of which the items are being found."""
        return [shown(key) for key in self.to_open]

    @property
    def outcome(self) -> str | None:
        return None if self.ended is None else str(self.ended.status)

    @property
    def frames(self) -> int:
        """How many iterations are in memory."""
        return self.scheduler.active_frames


def selected(name: str) -> Selection:
    path, sequence = key_of(name)
    numbers = numbers_in(sequence) if "/" in name else ()
    return Selection(tuple(path.split(".")), numbers, host_in(sequence))


def key_of(name: str) -> Key:
    """The key of a name; no host has a dot in it."""
    typed, _, numbers = name.partition("/")
    names = [part.partition("@") for part in typed.split(".")]
    path, sequence = ".".join(part[0] for part in names), numbers or "1"
    host, depth = next(((part[2], depth) for depth, part in enumerate(names, 1) if part[2]), ("", 0))
    return path, read_sequence(sequence, host, depth)


def shown(key: Key) -> str:
    path, sequence = key
    where = located(path, sequence)
    return where if numbers_in(sequence) == (1,) else f"{where}/{sequence_text(sequence)}"


def endless():
    """Items that the engine is told to be drawn one at a time."""
    yield from ()


def loop(**options):
    """A flow of one container ``c`` with a step ``a``, and ``b`` after it."""
    flow = Sequent()
    c = flow.add_step("c", **options)
    a = c.add_step("a")
    c.add_step("b", requires=a)
    return flow
