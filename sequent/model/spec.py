"""The specification: the author's flow, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import Factory, evolve, field, frozen

from sequent.by_fields import ByFields
from sequent.errors import Place
from sequent.model.durations import AT_ONCE, Backoff
from sequent.model.hosts import HostSettings
from sequent.model.references import Compound, Literal, Path, Reference, Value
from sequent.model.requirements import Requirement
from sequent.model.status import Action, Construct, Status
from sequent.model.variables import PREFIX
from sequent.model.work import Work

MOST_LEVELS = 100
"""How deep a flow may be nested: so long may a path be."""
LONGEST_NAME = 64
"""How many characters the name of a step, container, flow or pool may have."""
UNLIMITED = 2**31 - 1
"""The capacity of a pool that has no limit."""


@frozen(eq=False, repr=False)
class ItemsLiteral(ByFields):
    """A literal list or range, as wire text."""

    text: str
    classes: tuple[type, ...] = field(default=(), eq=False)
    """The enums and records in it, with which the text is read back."""


@frozen(eq=False, repr=False)
class ItemsCall(ByFields):
    """A callable that gives the items, or an iterator over them; it is called in a worker."""

    name: str
    takes_self: bool
    is_endless: bool = False
    """Whether it is known never to end (``itertools.count``)."""
    fingerprint: str = field(default="", eq=False)


ItemsSpec = ItemsLiteral | ItemsCall | Reference | Compound


@frozen(eq=False, repr=False)
class PoolSpec(ByFields):
    """A named resource with a capacity."""

    name: str
    capacity: int
    is_shared: bool = False
    """Whether all runs of a store share it."""
    place: Place | None = field(default=None, eq=False)


def capacity_text(capacity: int) -> str:
    """How much there is of a pool, for people."""
    return "no limit" if capacity == UNLIMITED else f"{capacity:,}"


Amounts = tuple[tuple[str, int], ...]
"""So much of each pool, by name."""


NO_VALUES: Mapping[str, Value] = {}


@frozen(kw_only=True, eq=False, repr=False)
class PlainOptions(ByFields):
    """Options of steps and containers whose values the author writes; ``model.options`` describes them."""

    parallel: int = 1
    priority: int = 0
    max_concurrent: int | None = None
    """How many of its tasks may execute at once, over all iterations; None or below 1: no limit."""
    handles: bool = True
    stop_on_exception: bool | None = None
    """None where the container around decides; of the flow itself ``FlowConfig`` says it."""


@frozen(kw_only=True, eq=False, repr=False)
class PlainStepOptions(PlainOptions):
    """The same for a step, with the options that only steps have."""

    retries: int = 0
    backoff: Backoff = AT_ONCE
    retry_on: tuple[str | int, ...] = ()
    """Qualified names (``module.Class``) of exceptions, and exit codes; empty: any failure."""
    recovery: Mapping[Status, Action] = field(factory=dict[Status, Action])
    """The actions of a recovery, by the status of the step; only those that differ from the default."""
    task_construct: Construct | None = None


@frozen(kw_only=True, eq=False, repr=False)
class StepSpec(PlainStepOptions):
    """A leaf, as written."""

    name: str
    work: Work
    requires: Requirement | None = None
    repeats: ItemsSpec | None = None
    until: bool = False
    """Of a repeated step: it ends once its own result is truthy."""
    values: Mapping[str, Value] = NO_VALUES
    """The given options that may be known only while running, by name: ``hosts``, ``delay``, ``timeout``."""
    acquires: Amounts = ()
    releases: Amounts | None = None
    """The amounts given back at the end. None: those acquired; empty: none, they are kept for the run."""
    place: Place | None = field(default=None, eq=False)
    option_places: Mapping[str, Place] = field(factory=dict[str, Place], eq=False)
    """The line of each option written on its own line, if known."""


@frozen(kw_only=True, eq=False, repr=False)
class ContainerSpec(PlainOptions):
    """A block that starts, repeats and ends as one, as written; the root is the flow itself."""

    name: str
    children: tuple[StepSpec | ContainerSpec, ...] = ()
    attributes: tuple[tuple[str, Value], ...] = ()
    """The values that its body takes from outside: items, parameters, outer values; a step sees them on ``self``."""
    requires: Requirement | None = None
    repeats: ItemsSpec | None = None
    values: Mapping[str, Value] = NO_VALUES
    """As of a step; ``parallel`` only where it is known only while running."""
    acquires: Amounts = ()
    """Taken before its first iteration, and held until it has settled."""
    releases: Amounts | None = None
    until: str | None = None
    result: str | None = None
    place: Place | None = field(default=None, eq=False)
    option_places: Mapping[str, Place] = field(factory=dict[str, Place], eq=False)


@frozen(kw_only=True, eq=False, repr=False)
class ParamSpec(ByFields):
    """A typed value that the flow is started with."""

    name: str
    type: str
    """The annotation, as text."""
    default: Literal | None = None
    """None where the parameter must be given."""
    help: str = ""
    place: Place | None = field(default=None, eq=False)


@frozen(kw_only=True, eq=False, repr=False)
class FlowConfig(ByFields):
    """Settings of the whole flow."""

    task_construct: Construct = Construct.PROCESS
    max_concurrent: int | None = None
    """How many tasks may execute at once; None: the number of processors; below 1: no limit."""
    stop_on_exception: bool = True
    sleep_between_loops: float = 1.0
    """Accepted, and only bounds waiting: dispatch is event-driven."""
    prune_older_than: float | None = None
    """Seconds after which runs that have succeeded are removed, as another one ends; None: never."""
    workdir: str = ""
    """The directory for its steps' scratch directories; empty: the run's own."""
    logdir: str = ""
    """The directory for its runs' logs; empty: the run's own."""
    envvar_prefix: str = PREFIX
    """The prefix of the environment variables that tell steps their place."""
    logging_level: int = 20
    logging_formats: tuple[tuple[int, str], ...] = ()
    """How ``logging`` writes a line (``%(message)s``) of each level; level 0: of every other."""
    logging_datefmt: str = ""
    """The time format of ``logging``; empty: its default."""
    logging_console: bool = False
    """Whether ``run()`` shows the output of its steps."""
    hosts: Mapping[str, HostSettings] = field(factory=dict[str, HostSettings])
    """The hosts of which more is known than the name that steps give, by that name."""
    remotes: tuple[str, ...] = ()
    """Hosts that are to be reached before anything starts, beside those that steps name."""
    ssh_config: str = ""
    """The SSH configuration by which hosts are reached; empty: the user's own."""

    def host(self, name: str) -> HostSettings:
        """What is known of a host, of which the configuration need not say anything."""
        found = self.hosts.get(name) or HostSettings(name=name, address=(name,))
        return evolve(found, ssh_config=self.ssh_config)


@frozen(kw_only=True, eq=False, repr=False)
class Origin(ByFields):
    """Where a flow is found again."""

    module: str = ""
    """The module that holds it; ``__main__`` or empty where it cannot be imported."""
    attribute: str = ""
    """Its name in that module; empty where it has none (built within a function)."""
    file: str = ""
    """The real path of the module's file."""


@frozen(kw_only=True, eq=False, repr=False)
class FlowSpec(ByFields):
    """A whole definition."""

    name: str
    root: ContainerSpec
    params: tuple[ParamSpec, ...] = ()
    pools: tuple[PoolSpec, ...] = ()
    """The pools that its steps and containers name."""
    config: FlowConfig = Factory(FlowConfig)
    config_places: Mapping[str, Place] = field(factory=dict[str, Place], eq=False)
    """Where the flow itself says each of its settings, by the fields of ``FlowConfig``; others may say the rest."""
    origin: Origin = field(factory=Origin, eq=False)
    warnings: tuple[str, ...] = field(default=(), eq=False)
    """Accepted input that is probably a mistake: one sentence each, with its place."""


@frozen(kw_only=True, eq=False)
class Definition:
    """A specification together with its code, from which a worker finds a step."""

    spec: FlowSpec
    functions: Mapping[Path, Callable[..., object]]
    """The callable of each step (not of commands)."""
    items: Mapping[Path, Callable[..., object]]
    """The callable of each ``repeats`` that has one."""
    bodies: Mapping[Path, type]
    """The class of each container that was written as one: ``self`` is made from it."""
    result_types: Mapping[Path, object]
    """The type that each step's result is annotated with, as an object where it is known."""
    param_types: Mapping[str, object]
    """The type of each parameter, as an object."""
    flow: object
    """The author's own object: a ``Sequent``, or the result of ``@container``."""
