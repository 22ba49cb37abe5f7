"""The orders for an executor, and its reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct

from sequent.model.outcome import LogSpan, Problem
from sequent.model.record_text import Count
from sequent.model.references import CompoundForm
from sequent.model.run_target import Target
from sequent.model.scope import path_on_host
from sequent.model.status import Verdict
from sequent.model.story import MOST_PARTS, StoryPart
from sequent.model.variables import PREFIX

MOST_DRAWING = 4
"""Workers, or threads, that draw items: a small set of their own, so that a draw never waits behind a step."""


class Message(Struct, frozen=True, array_like=True, tag=True, forbid_unknown_fields=True):
    """A message between driver, agents and workers; its class says what it is."""


class WorkerSetup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The data that the workers of a run are given once."""

    run_id: str
    directory: str
    """The run's own directory: segments of logs, the list of workers, the agent's lock."""
    target: Target
    logging_level: int = 20
    logging_formats: tuple[tuple[int, str], ...] = ()
    logging_datefmt: str = ""
    envvar_prefix: str = PREFIX
    """As the flow's configuration has them (see ``FlowConfig``)."""
    sys_path: tuple[str, ...] = ()
    """The driver's module search path; empty: that of the worker's own interpreter."""
    around: str = ""
    """The runs around its steps, as ``nested_runs.around_steps`` returns them."""
    store_options: str = ""
    """The options that name the store in commands of hints."""
    host: str = ""
    """The name of their host; '' for the machine on which the run was started."""
    variables: Mapping[str, str] = {}
    """The additions to their environment."""
    sources: tuple[tuple[str, str], ...] = ()
    """The SHA-256 of the sources of modules, as the driver has them: others are refused."""
    no_shell: bool = False
    """Whether ``shell=`` is refused."""
    needs_own_maker: bool = False
    """Whether a function that makes the flow is refused if the flow's module has only imported it."""
    is_new: bool = False
    """Whether nothing of the run has run before, so that no process of it can be left."""
    takes_stories: bool = False
    """On another host: whether the driver understands notes and artifacts; the agent there finds that out."""
    pickle_key: str = ""
    """The file of the key with which results are pickled; '' if no step does, and on other hosts."""


Seconds = Annotated[float, Meta(ge=0, le=1e10)]

AttemptKey = tuple[int, int, int]
"""Frame, node, and number of an attempt."""


class Spooled(Message, frozen=True):
    """A value that is too large for an order, in a file (see ``messages.spools``)."""

    path: bytes


class Cut(Message, frozen=True):
    """A part of a value, which the worker cuts out, so that a mistake in it is a failure of the step."""

    whole: str | Spooled | Composed
    keys: tuple[str, ...]
    """As wire text."""


class Composed(Message, frozen=True):
    """A list, a tuple or a dict of other values, which the worker assembles."""

    form: CompoundForm
    parts: tuple[Given, ...]
    keys: tuple[str, ...]
    """The keys of a dict, as wire text."""


Given = str | Spooled | Cut | Composed
"""A value in an order: its wire text, or its place."""
NO_SETTINGS: Mapping[str, Any] = {}


class AttemptOrder(Message, frozen=True, kw_only=True):
    """All that a worker needs for an attempt, besides the flow's definition."""

    frame: int
    node: int
    attempt: int
    token: str
    """The attempt's own, so that its effects elsewhere can be told from those of other attempts."""
    path: str
    sequence: str
    recovery: int
    host: str = ""
    """The host on which it is executed, as its step names it; empty: where the flow was started."""
    host_depth: int = 0
    """The number of names of its path up to the step or container that has a copy on each host; 0: there are none."""
    inputs: tuple[Given, ...] = ()
    """The value of each reference, in the order of ``work.references_of``, without flow handles and secrets."""
    makers: tuple[str, ...] = ()
    """For each input, the dotted path of the step that returned it; '' for parameters and items."""
    attributes: tuple[tuple[str, Given], ...] = ()
    """The attributes of ``self``."""
    item: str | None = None
    settings: Mapping[str, Any] = NO_SETTINGS
    """The step's options that act on the process that executes it, by name.

    The ``timeout`` is in seconds from the start of its code.
    """
    announces: bool = False
    wants_verdict: bool = False

    @property
    def located(self) -> str:
        """The path of its task; of a copy with the host in its place: ``load@etl2``."""
        return path_on_host(self.path, self.host if self.host_depth else "", self.host_depth)


class DrawOrder(Message, frozen=True, kw_only=True):
    """Find the items of a repeat (``number`` 0) or draw the next one (``number`` from 1).

    ``skip`` items were drawn in earlier recoveries: an iterator skips them. ``missing`` are the numbers of those that
    no attempt has kept, since their iterations have not begun.
    """

    frame: int
    node: int
    number: int
    path: str
    skip: int = 0
    missing: tuple[int, ...] = ()
    attributes: tuple[tuple[str, Given], ...] = ()


class AttemptBegan(Message, frozen=True):
    frame: Count
    node: Count
    attempt: Count


class StoryTold(Message, frozen=True):
    """The notes and artifacts that an attempt has left; its end follows."""

    frame: Count
    node: Count
    attempt: Count
    parts: Annotated[tuple[StoryPart, ...], Meta(max_length=MOST_PARTS)]


class AttemptEnded(Message, frozen=True):
    """An attempt has an outcome: a success if there is no problem."""

    frame: Count
    node: Count
    attempt: Count
    result: str | None = None
    verdict: Verdict = Verdict.UNKNOWN
    problem: Problem | None = None
    log: LogSpan | None = None
    seconds: Seconds = 0.0
    """The seconds for which the executor was busy with it."""


class AttemptLost(Struct, frozen=True):
    """An attempt is lost; its code had begun and was stopped, through no fault of its own."""

    frame: int
    node: int
    attempt: int
    reason: str


class AttemptTakenBack(Struct, frozen=True):
    """An attempt has not begun, and will not unless it is ordered again."""

    frame: int
    node: int
    attempt: int


class AttemptLeft(Struct, frozen=True):
    """An attempt goes on, or has ended, where this driver cannot learn of it: a recovery asks for it."""

    frame: int
    node: int
    attempt: int


class EarlierGone(Struct, frozen=True):
    """An attempt of an earlier driver that has not been ordered again is executed no more, or never was."""

    token: str


class PaceChanged(Struct, frozen=True):
    """A step's recent tasks on a machine take hardly any time, or no longer do."""

    node: int
    is_quick: bool
    host: str = ""
    """The machine; '' for the one where the flow is driven."""


class Notice(Struct, frozen=True):
    """A message for people that concerns no attempt."""

    text: str


class HostReachable(Struct, frozen=True):
    """A host can be reached, for the first time or again: its tasks start."""

    host: str
    slots: int
    """How many tasks may execute there at once."""


class HostUnreachable(Struct, frozen=True):
    """A host cannot be reached: its tasks wait, those that have begun go on there, and all others run."""

    host: str
    reason: str
    next_try: float
    """In how many seconds it is tried again; infinite if never."""
    hint: str = ""
    """Advice for a person; '' if there is none."""


class RepeatFound(Message, frozen=True):
    """The items: their wire text, or None if an iterator draws them one at a time.

    ``digest`` is that of the skipped items (see ``digest_of``) without the missing ones, which are in ``again``.
    """

    frame: Count
    node: Count
    items: str | None
    digest: str = ""
    again: tuple[str, ...] = ()


class ItemFound(Message, frozen=True):
    frame: Count
    node: Count
    number: Count
    item: str | None
    """None if there are no more."""


class DrawBroke(Message, frozen=True):
    frame: Count
    node: Count
    problem: Problem


AttemptReport = AttemptBegan | StoryTold | AttemptEnded | AttemptLost | AttemptTakenBack | AttemptLeft

DrawnReport = RepeatFound | ItemFound | DrawBroke

HostReport = HostReachable | HostUnreachable | EarlierGone

Report = AttemptReport | DrawnReport | HostReport | PaceChanged | Notice
