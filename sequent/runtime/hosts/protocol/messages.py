"""What a driver and the agent on a host say to each other.

An agent may be older than its driver, since it outlives it. A change of these records, or of those in them, is a new
version of the protocol: see ``greeting``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from sequent.model.record_text import Count, Number
from sequent.runtime.orders import AttemptEnded, AttemptOrder, Message, WorkerSetup

Token = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9]{1,64}\Z")]
SegmentName = Annotated[str, Meta(pattern=r"\Aw[0-9]{1,12}\.log\Z")]
PIECE = 256 * 1024
"""Bytes of a piece of something large."""
_Bytes = Annotated[bytes, Meta(max_length=PIECE)]
_Digest = Annotated[bytes, Meta(min_length=32, max_length=32)]

# -- pieces, in both directions


class MessagePiece(Message, frozen=True):
    """The next bytes of a message that is too large for a frame."""

    data: _Bytes


class MessageWhole(Message, frozen=True):
    """The message is whole; this is its SHA-256."""

    digest: _Digest


# -- driver to agent


class HostSetup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How steps are to be executed on the host."""

    workers: WorkerSetup
    """What workers are told; the agent puts its own directory in."""
    host: str
    """The host's name in the flow."""
    most_workers: Count = 0
    """How many tasks may execute at once; 0: as many as there are processors."""
    shipped: Annotated[str, Meta(pattern=r"\A([0-9a-f]{64})?\Z")] = ""
    """The directory with the modules that were sent; '': the host has them itself."""


class Attach(Message, frozen=True, kw_only=True):
    """The first message: a driver of the run is there."""

    version: Count
    """Of the protocol, as both speak it."""
    key: str
    epoch: Count
    contact: Count
    """How often this driver has begun to connect: what is left of an earlier connection is too late."""
    setup: HostSetup
    wanted: tuple[Token, ...] = ()
    """The attempts whose outcome the driver has not written, though the host may know them."""
    logs: Mapping[str, Count] = {}
    """Up to where the driver has each segment of the logs."""
    logs_of: str = ""
    """The agent's directory that these are of."""


class StartAttempt(Message, frozen=True):
    """Execute an attempt; one whose token is known already is not executed again."""

    order: AttemptOrder


class FilePiece(Message, frozen=True):
    """The next bytes of a file that an order will name by this number."""

    number: Count
    data: _Bytes


class FileWhole(Message, frozen=True):
    """The file is whole; this is its SHA-256."""

    number: Count
    digest: _Digest


class WithdrawAttempt(Message, frozen=True):
    """Take an attempt back, if it has not begun."""

    token: Token


class ForgetOutcomes(Message, frozen=True):
    """These outcomes are written: they need not be kept."""

    tokens: tuple[Token, ...]


class EndAttempts(Message, frozen=True):
    """End all that is being executed; start nothing more."""

    at_once: bool


class Ping(Message, frozen=True):
    number: Count


class LeaveHost(Message, frozen=True):
    """The run has ended: nothing of it need be kept but the tokens that were seen."""


# -- agent to driver


class Attached(Message, frozen=True, kw_only=True):
    """The agent serves this driver, and no earlier one."""

    directory: str
    """A word of the agent's directory for the run: another one knows nothing of what this one was told."""
    node: str
    """The host's own name."""
    boot: str
    python: str
    sequent: str
    processors: Count
    now: float
    """Its clock, in seconds since 1970."""
    known: tuple[Token, ...] = ()
    """Of the wanted attempts, those that it was told of: each is being executed, or its end follows."""


class AttachRefused(Message, frozen=True):
    """The agent does not serve this driver."""

    code: str
    """``fenced``: a later driver has been here; ``forbidden``: what it wants is not allowed; ``busy``, ``broken``."""
    reason: str


class BegunThere(Message, frozen=True):
    """The code of an attempt has begun."""

    token: Token


class EndedThere(Message, frozen=True):
    """An attempt has an outcome, which is kept until it is to be forgotten; its log has been sent."""

    token: Token
    ended: AttemptEnded


class LostThere(Message, frozen=True):
    """An attempt is gone."""

    token: Token
    reason: str


class WithdrawnThere(Message, frozen=True):
    """An attempt has not begun, and will not."""

    token: Token


class LogBegun(Message, frozen=True):
    """What is written to a segment from there on is that attempt's."""

    segment: SegmentName
    start: Count
    token: Token


class LogPiece(Message, frozen=True):
    """What stands in a segment from there on."""

    segment: SegmentName
    offset: Count
    data: _Bytes


class NoticeThere(Message, frozen=True):
    """Something to be told to people."""

    text: str


class LoadedThere(Message, frozen=True):
    """A worker has loaded the flow; or why it cannot."""

    problem: str = ""


class Pong(Message, frozen=True):
    number: Number


class AgentBroken(Message, frozen=True):
    """The agent ends, and what it executed is lost."""

    reason: str


OutcomeThere = EndedThere | LostThere | WithdrawnThere
ToHost = (
    Attach
    | StartAttempt
    | FilePiece
    | FileWhole
    | WithdrawAttempt
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
    | LogBegun
    | LogPiece
    | NoticeThere
    | LoadedThere
    | Pong
    | AgentBroken
    | MessagePiece
    | MessageWhole
)
