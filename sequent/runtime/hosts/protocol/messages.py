"""The messages between a driver and the agent on a host.

An agent may be older than its driver, since it outlives it. A change of these records, or of those in them, is a new
version of the protocol: see ``greeting``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from sequent.model.record_text import Count, Number
from sequent.model.story import MOST_PARTS, StoryPart
from sequent.runtime.orders import AttemptEnded, AttemptOrder, Message, WorkerSetup

Token = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9]{1,64}\Z")]
SegmentName = Annotated[str, Meta(pattern=r"\Aw[0-9]{1,12}\.log\Z")]
PIECE = 256 * 1024
"""The bytes of a piece of a large message or file."""
_Bytes = Annotated[bytes, Meta(max_length=PIECE)]
_Digest = Annotated[bytes, Meta(min_length=32, max_length=32)]

# -- pieces, in both directions


class MessagePiece(Message, frozen=True):
    """The next bytes of a message that is too large for a frame."""

    data: _Bytes


class MessageWhole(Message, frozen=True):
    """The end of such a message, with its SHA-256."""

    digest: _Digest


# -- driver to agent


class HostSetup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The setup for executing steps on the host."""

    workers: WorkerSetup
    """The setup of workers, to which the agent adds its own directory."""
    host: str
    """The host's name in the flow."""
    most_workers: Count = 0
    """The maximum number of tasks at once; 0: the number of processors."""
    shipped: Annotated[str, Meta(pattern=r"\A([0-9a-f]{64})?\Z")] = ""
    """The directory with the modules that were sent; '': the host has its own."""


class Attach(Message, frozen=True, kw_only=True):
    """The first message of a run's driver."""

    version: Count
    """The version of the protocol that both sides support."""
    key: str
    epoch: Count
    contact: Count
    """The number of this driver's connections so far: messages of an earlier connection are outdated."""
    setup: HostSetup
    wanted: tuple[Token, ...] = ()
    """The attempts that the host may know, and whose outcomes the driver has not written."""
    logs: Mapping[str, Count] = {}
    """The number of bytes of each log segment that the driver has."""
    logs_of: str = ""
    """The agent's directory to which these segments belong."""


class StartAttempt(Message, frozen=True):
    """Execute an attempt; one whose token is already known is not executed again."""

    order: AttemptOrder


class FilePiece(Message, frozen=True):
    """The next bytes of a file that an order will name by this number."""

    number: Count
    data: _Bytes


class FileWhole(Message, frozen=True):
    """The end of such a file, with its SHA-256."""

    number: Count
    digest: _Digest


class WithdrawAttempt(Message, frozen=True):
    """Take an attempt back, if it has not begun."""

    token: Token


class EndAttempt(Message, frozen=True):
    """End an attempt that no driver needs any more, begun or not; its outcome tells that it is over (version 3)."""

    token: Token


class ForgetOutcomes(Message, frozen=True):
    """Forget outcomes: the driver has written them."""

    tokens: tuple[Token, ...]


class EndAttempts(Message, frozen=True):
    """End all active attempts; start no more."""

    at_once: bool


class Ping(Message, frozen=True):
    number: Count


class LeaveHost(Message, frozen=True):
    """Forget everything but the tokens: the run has ended."""


# -- agent to driver


class Attached(Message, frozen=True, kw_only=True):
    """The agent serves this driver, and no earlier one."""

    directory: str
    """A word for the agent's directory of the run: an agent with another word does not know the run's attempts."""
    node: str
    """The host's own name."""
    boot: str
    python: str
    sequent: str
    processors: Count
    now: float
    """The host's clock, in seconds since 1970."""
    known: tuple[Token, ...] = ()
    """The wanted attempts that the agent knows: each is active, or its end follows."""


class AttachRefused(Message, frozen=True):
    """The agent does not serve this driver."""

    code: str
    """``fenced``: a later driver has connected; ``forbidden``: a limit refuses the flow; ``busy``, ``broken``."""
    reason: str


class BegunThere(Message, frozen=True):
    """The code of an attempt has begun."""

    token: Token


class EndedThere(Message, frozen=True):
    """An attempt has an outcome, which is kept until the driver forgets it; its log has been sent."""

    token: Token
    ended: AttemptEnded


class ArtifactPiece(Message, frozen=True):
    """The next bytes of an artifact that the outcome of this attempt will name (version 2)."""

    token: Token
    data: _Bytes


class ArtifactWhole(Message, frozen=True):
    """The end of such an artifact, with its SHA-256 (version 2)."""

    token: Token
    digest: _Digest


class EndedWithStory(EndedThere, frozen=True):
    """The end of an attempt that has left something; the artifacts have been sent (version 2)."""

    parts: Annotated[tuple[StoryPart, ...], Meta(min_length=1, max_length=MOST_PARTS)]


class LostThere(Message, frozen=True):
    """An attempt is lost."""

    token: Token
    reason: str


class WithdrawnThere(Message, frozen=True):
    """An attempt has not begun, and will not."""

    token: Token


class LogBegun(Message, frozen=True):
    """The bytes of a segment from this place on belong to this attempt."""

    segment: SegmentName
    start: Count
    token: Token


class LogPiece(Message, frozen=True):
    """The bytes of a segment from this place on."""

    segment: SegmentName
    offset: Count
    data: _Bytes


class NoticeThere(Message, frozen=True):
    """A message for people."""

    text: str


class LoadedThere(Message, frozen=True):
    """A worker has loaded the flow, or cannot load it for this reason."""

    problem: str = ""


class Pong(Message, frozen=True):
    number: Number


class AgentBroken(Message, frozen=True):
    """The agent ends, and its active attempts are lost."""

    reason: str


OutcomeThere = EndedThere | EndedWithStory | LostThere | WithdrawnThere
ToHost = (
    Attach
    | StartAttempt
    | FilePiece
    | FileWhole
    | WithdrawAttempt
    | EndAttempt
    | ForgetOutcomes
    | EndAttempts
    | Ping
    | LeaveHost
    | MessagePiece
    | MessageWhole
)
FromHost = (
    Attached
    | AttachRefused
    | BegunThere
    | OutcomeThere
    | ArtifactPiece
    | ArtifactWhole
    | LogBegun
    | LogPiece
    | NoticeThere
    | LoadedThere
    | Pong
    | AgentBroken
    | MessagePiece
    | MessageWhole
)
