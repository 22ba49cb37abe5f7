"""The specification: the author's flow, as data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from attrs import Factory, evolve, field, frozen

from sequent.by_fields import ByFields
from sequent.errors import Place
from sequent.model.durations import AT_ONCE, Backoff
from sequent.model.hosts import HostSettings
from sequent.model.references import Compound, Literal, Path, Reference, Value
from sequent.model.requirements import Requirement
from sequent.model.status import Action, Construct, Status
from sequent.model.variables import PREFIX
from sequent.model.work import FunctionWork, Work

MOST_LEVELS = 100
"""The maximum depth of a flow, and so the maximum length of a path."""
LONGEST_NAME = 64
"""The maximum number of characters in the name of a step, container, flow or pool."""
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
    """A callable that returns the items, or an iterator over them; it is called in a worker."""

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
    """Return the capacity of a pool, for people."""
    return "no limit" if capacity == UNLIMITED else f"{capacity:,}"


Amounts = tuple[tuple[str, int], ...]
"""The amount of each pool, by name."""


NO_VALUES: Mapping[str, Value] = {}


@frozen(kw_only=True, eq=False, repr=False)
class PlainOptions(ByFields):
    """Options of steps and containers whose values the author writes; ``model.option_table`` describes them."""

    parallel: int = 1
    priority: int = 0
    max_concurrent: int | None = None
    """The maximum number of its tasks at once, over all iterations; None or below 1: no limit."""
    handles: bool = True
    stop_on_exception: bool | None = None
    """None if the container around decides; for the flow itself, ``FlowConfig`` has it."""


@frozen(kw_only=True, eq=False, repr=False)
class PlainStepOptions(PlainOptions):
    """The same for a step, with the options that only steps have."""

    retries: int = 0
    backoff: Backoff = AT_ONCE
    retry_on: tuple[str | int, ...] = ()
    """The qualified names (``module.Class``) of exceptions, and exit codes; empty: any failure."""
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
    """Whether a repeated step ends once its own result is truthy."""
    values: Mapping[str, Value] = NO_VALUES
    """The given options whose values are computed by a run, by name: ``hosts``, ``delay``, ``timeout``."""
    acquires: Amounts = ()
    releases: Amounts | None = None
    """The amounts given back at the end. None: those acquired; empty: none, the run keeps them."""
    returns: str = field(default="", eq=False)
    """The type of its result, if that cannot be None."""
    place: Place | None = field(default=None, eq=False)
    option_places: Mapping[str, Place] = field(factory=dict[str, Place], eq=False)
    """The line of each option written on its own line, if known."""

    @property
    def pickles(self) -> bool:
        """Whether its result is pickled."""
        return isinstance(self.work, FunctionWork) and self.work.pickles


@frozen(kw_only=True, eq=False, repr=False)
class ContainerSpec(PlainOptions):
    """A block that starts, repeats and ends as one, as written; the root is the flow itself."""

    name: str
    children: tuple[StepSpec | ContainerSpec, ...] = ()
    attributes: tuple[tuple[str, Value], ...] = ()
    """The values that its body takes from outside: items, parameters, outer values; steps see them on ``self``."""
    requires: Requirement | None = None
    repeats: ItemsSpec | None = None
    values: Mapping[str, Value] = NO_VALUES
    """As for a step; ``parallel`` only if it is computed by a run."""
    acquires: Amounts = ()
    """The amounts taken before its first iteration, and held until it has settled."""
    releases: Amounts | None = None
    until: str | None = None
    result: str | None = None
    place: Place | None = field(default=None, eq=False)
    option_places: Mapping[str, Place] = field(factory=dict[str, Place], eq=False)


def steps_in(container: ContainerSpec, path: Path = ()) -> Iterator[tuple[Path, StepSpec]]:
    """Yield the steps of a container, at any depth, with their paths; ``path`` is its own."""
    for child in container.children:
        below = (*path, child.name)
        if isinstance(child, StepSpec):
            yield below, child
        else:
            yield from steps_in(child, below)


@frozen(kw_only=True, eq=False, repr=False)
class ParamSpec(ByFields):
    """A typed value that the flow is started with."""

    name: str
    type: str
    """The annotation, as a string."""
    default: Literal | None = None
    """None if the parameter is required."""
    help: str = ""
    place: Place | None = field(default=None, eq=False)


@frozen(kw_only=True, eq=False, repr=False)
class FlowConfig(ByFields):
    """Settings of the whole flow."""

    task_construct: Construct = Construct.PROCESS
    max_concurrent: int | None = None
    """The maximum number of tasks at once; None: the number of processors; below 1: no limit."""
    stop_on_exception: bool = True
    sleep_between_loops: float = 1.0
    """Accepted; it only bounds waiting, since dispatch is event-driven."""
    prune_older_than: float | None = None
    """Seconds after which successful runs are removed, at the end of another one; None: never."""
    workdir: str = ""
    """The directory for its steps' scratch directories; '': the run's own."""
    logdir: str = ""
    """The directory for its runs' logs; '': the run's own."""
    envvar_prefix: str = PREFIX
    """The prefix of the environment variables that give steps their place."""
    logging_level: int = 20
    logging_formats: tuple[tuple[int, str], ...] = ()
    """The format of a line of ``logging`` (``%(message)s``) for each level; level 0: all others."""
    logging_datefmt: str = ""
    """The time format of ``logging``; '': its default."""
    logging_console: bool = False
    """Whether ``run()`` shows the output of its steps."""
    hosts: Mapping[str, HostSettings] = field(factory=dict[str, HostSettings])
    """The hosts that have settings, by the name that steps give."""
    remotes: tuple[str, ...] = ()
    """The hosts to reach before anything starts, beside those that steps name."""
    ssh_config: str = ""
    """The SSH configuration by which hosts are reached; '': the user's own."""

    def host(self, name: str) -> HostSettings:
        """Return the settings of a host, which need not be in the configuration."""
        found = self.hosts.get(name) or HostSettings(name=name, address=(name,))
        return evolve(found, ssh_config=self.ssh_config)


@frozen(kw_only=True, eq=False, repr=False)
class Origin(ByFields):
    """The place from which a flow is loaded again."""

    module: str = ""
    """The module that contains it; ``__main__`` or '' if it cannot be imported."""
    attribute: str = ""
    """Its name in that module; '' if it has none (built within a function)."""
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
    """The places in the flow of its own settings, by the fields of ``FlowConfig``; other sources may set the rest."""
    origin: Origin = field(factory=Origin, eq=False)
    warnings: tuple[str, ...] = field(default=(), eq=False)
    """Warnings about accepted input that is probably a mistake: one sentence each, with its place."""


@frozen(kw_only=True, eq=False)
class Definition:
    """A specification together with its code, in which a worker finds a step."""

    spec: FlowSpec
    functions: Mapping[Path, Callable[..., object]]
    """The callable of each step (commands have none)."""
    items: Mapping[Path, Callable[..., object]]
    """The callable of each ``repeats`` that has one."""
    bodies: Mapping[Path, type]
    """The class of each container that was written as one: ``self`` is an instance of it."""
    result_types: Mapping[Path, object]
    """The annotated type of each step's result, as an object if it is known."""
    param_types: Mapping[str, object]
    """The type of each parameter, as an object."""
    flow: object
    """The author's own object: a ``Sequent``, or the result of ``@container``."""
