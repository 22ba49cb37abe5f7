"""Executes attempts on another host, through the agent there."""

from __future__ import annotations

import contextlib
from selectors import BaseSelector

from sequent.errors import HostError, HostStage, SequentError
from sequent.runtime.executors.process_executor import STOP_GRACE
from sequent.runtime.executors.remote import agent_keys, host_records
from sequent.runtime.executors.remote.agent_messages import AgentMessages
from sequent.runtime.executors.remote.host_contact import HostContact
from sequent.runtime.executors.remote.mirrored_logs import MirroredLogs
from sequent.runtime.executors.remote.received_artifacts import ReceivedArtifacts
from sequent.runtime.executors.remote.remote_attempts import RemoteAttempt, RemoteAttempts
from sequent.runtime.executors.remote.remote_run import RemoteRun
from sequent.runtime.executors.remote.sent_files import SentFiles
from sequent.runtime.executors.remote.superfluous_messages import SuperfluousMessages
from sequent.runtime.executors.wakeups import Wakeups
from sequent.runtime.executors.workers import MOST_WORKERS
from sequent.runtime.hosts.protocol import messages
from sequent.runtime.hosts.protocol.greeting import WITH_SINGLE_ENDS
from sequent.runtime.orders import (
    AttemptEnded,
    AttemptLeft,
    AttemptOrder,
    AttemptTakenBack,
    DrawOrder,
    EarlierGone,
    HostReachable,
    HostUnreachable,
    Report,
)

_END_WAIT = STOP_GRACE + 8.0
"""The seconds after which nothing more is expected of a host that was told to end all attempts."""
_LEAVE_WAIT = 2.0


class RemoteExecutor:
    """Hands each attempt to the agent on a host exactly once, however often the connection is lost.

    An attempt is known by its token: the agent never begins the same token twice. So every order without an outcome
    is simply sent again if the agent that answers does not know it. While a host cannot be reached, its attempts wait.
    """

    def __init__(self, run: RemoteRun) -> None:
        self._run = run
        self._wakeups: Wakeups | None = None
        self._opened: HostContact | None = None
        self._logs = MirroredLogs(run.directory)
        self._files = SentFiles()
        self._record: host_records.HostRecord = host_records.read_host_record(run.directory, run.host)
        self._key = agent_keys.AgentKey(run, self._record)
        self._attempts = RemoteAttempts(run.open_tokens)
        self._superfluous = SuperfluousMessages()
        self._artifacts = ReceivedArtifacts(run.directory)
        self._messages = AgentMessages(run, self._attempts, self._logs, self._artifacts, self._superfluous)
        self._reports: list[Report] = []
        self._contacts = 0
        self._version = 0
        """The version of the protocol with the present agent."""
        self._is_ending = False
        self._is_closed = False
        self._ends_by: float | None = None

    @property
    def host(self) -> str:
        """The name that the flow has for the host."""
        return self._run.host

    @property
    def trouble(self) -> SequentError | None:
        """Why no attempt can be executed there at present; None also if that is not known yet."""
        if self._messages.loaded:
            problem, _, hint = self._messages.loaded.partition("\n  hint: ")
            return HostError(problem, host=self.host, stage=HostStage.MODULE, hint=hint)
        return self.contact.trouble

    @property
    def is_ready(self) -> bool:
        """Whether the host has been reached, and has loaded the flow."""
        return self.contact.is_attached and self._messages.loaded == ""

    # -- the port

    def open(self, selector: BaseSelector) -> None:
        """Begin to connect, unless that was done before."""
        if self._opened is not None:
            return
        wakeups = self._wakeups = Wakeups(selector)
        contact = HostContact(self._run, wakeups, self, self._superfluous)
        wakeups.heed(contact.look)
        self._opened = contact
        contact.begin()

    def start(self, order: AttemptOrder) -> None:
        attempt, early = self._attempts.add(order)
        if early is not None:
            self._take(early)
        elif attempt.is_known:
            # The attempt goes on there, or the next agent knows its fate.
            return
        elif self._is_ending:
            self._give_back(attempt)
        elif self.contact.is_attached:
            self._hand_over(attempt)

    def take_back(self, frame: int, node: int, attempt: int) -> None:
        found = self._attempts.of_key((frame, node, attempt))
        if found is None:
            # Its outcome has been reported.
            return
        if found.is_known:
            found.is_unwanted = True
            self.contact.send_now(messages.WithdrawAttempt(found.token))
        else:
            self._give_back(found)

    def draw(self, order: DrawOrder) -> None:
        raise AssertionError("items are drawn where the run was started")

    def forget(self, frame: int, node: int) -> None:
        """Do nothing: no items are drawn here."""

    def acknowledge(self, frame: int, node: int, attempt: int) -> None:
        """Tell the host that an outcome is written, so that it need not keep it."""
        self._attempts.write((frame, node, attempt))

    def end_earlier(self, token: str) -> None:
        """End an attempt of an earlier driver that no task needs; ``EarlierGone`` follows."""
        self._attempts.orphans[token] = None
        if self.contact.is_attached:
            self._end_orphan(token)

    def send(self) -> None:
        if self.contact.is_attached and (written := self._attempts.take_written()):
            self.contact.send_now(messages.ForgetOutcomes(written))
        self.contact.flush()

    def reports(self) -> list[Report]:
        self.contact.look()
        if self._ends_by is not None and self._run.monotonic() >= self._ends_by:
            self._leave_rest()
        self.send()
        reports, self._reports = self._reports, []
        return [*reports, *map(EarlierGone, self._attempts.take_gone())]

    def seconds_left(self) -> float | None:
        if self._reports:
            return 0.0
        left = self.contact.seconds_left()
        ends = None if self._ends_by is None else max(0.0, self._ends_by - self._run.monotonic())
        return min((seconds for seconds in (left, ends) if seconds is not None), default=None)

    def end_tasks(self, *, at_once: bool) -> None:
        self._is_ending = True
        for attempt in self._attempts.ordered:
            if not attempt.is_known:
                self._give_back(attempt)
        if self.contact.is_attached and self._attempts.ordered:
            self.contact.send_now(messages.EndAttempts(at_once))
            self._ends_by = self._run.monotonic() + (0.0 if at_once else STOP_GRACE) + _END_WAIT
            self.contact.flush()
        else:
            self._leave_rest()

    def expect_nothing(self) -> None:
        """Need no attempt of an earlier driver any more: the run has succeeded without it."""
        self._attempts.expect_nothing()

    def leave(self) -> None:
        """Let the host forget the run, which has ended, unless it has open attempts; close the connection.

        Only the driver that has written the end may do so: the host may have outcomes that another driver needs.
        """
        if self._opened is None or self._is_closed:
            return
        self.send()
        # A full disk here leaves the agent as it is.
        with contextlib.suppress(OSError):
            if self._opened.is_attached and not self._attempts.has_open:
                # It may forget the run even if no answer arrives.
                host_records.record_leave(self._run.directory, self._record)
                if self._opened.leave(_LEAVE_WAIT):
                    host_records.forget_host(self._run.directory, self.host)
        self.close()

    def close(self) -> None:
        if self._opened is None or self._is_closed:
            return
        self._is_closed = True
        self.send()
        self._opened.close()
        self._artifacts.discard()
        self._logs.close()
        if self._wakeups is not None:
            self._wakeups.close()

    # -- the user of the connection

    @property
    def key(self) -> str:
        """The key of the agent that has, or gets, the attempts of the run."""
        return self._key.value

    @property
    def only_door(self) -> str:
        """The address behind which the agent is that was given attempts; '' if there are none."""
        return self._record.door if self._attempts.unsettled and not self._record.was_left else ""

    def first_message(self, version: int) -> messages.Attach:
        """Return the message with the driver of the run, and the attempts whose state it needs."""
        self._contacts += 1
        self._version = version
        return messages.Attach(
            version=version,
            key=self.key,
            epoch=self._run.epoch,
            contact=self._contacts,
            setup=self._run.setup,
            wanted=tuple(self._attempts.wanted),
            logs=self._logs.sizes(self._record.directory),
            logs_of=self._record.directory,
        )

    def lost(self, error: HostError) -> None:
        """Note that no message can be sent to the host for now."""
        self._artifacts.discard()
        reason, wait = f"{error.problem} ({error.stage})", self.contact.wait
        self._reports.append(HostUnreachable(self.host, reason, wait, error.hint))
        if self._is_ending:
            self._leave_rest()

    def hear(self, message: messages.FromHost) -> None:
        """Handle a message of the agent.

        Raises:
            BadMessageError: the message makes no sense here.
            HostError: the agent must not be used.
            OSError: its data cannot be written here.
        """
        if isinstance(message, messages.Attached):
            self._attach(message)
        else:
            self._take(message)

    def _take(self, message: messages.FromHost) -> None:
        try:
            self._messages.take(message)
        finally:
            reports = self._messages.take_reports()
            self._reports += reports
        if any(isinstance(report, AttemptEnded) for report in reports):
            self.contact.prove()

    def _attach(self, told: messages.Attached) -> None:
        """Send the orders that the agent does not know, and wait for the others."""
        if self._key.turn(told.known):
            self.contact.turn()
            return
        self._record.refuse_other(told, self._attempts.unsettled)
        self._logs.open(told.directory)
        self._key.keep()
        self._record = host_records.record_agent(self._run.directory, self._record, told, self.contact.door)
        self._attempts.meet(told.known)
        for attempt in self._attempts.ordered:
            if not attempt.is_known:
                self._hand_over(attempt)
            if attempt.is_unwanted:
                self.contact.send_now(messages.WithdrawAttempt(attempt.token))
        for token in self._attempts.orphans:
            self._end_orphan(token)
        slots = self._run.setup.most_workers or min(told.processors, MOST_WORKERS)
        self._reports.append(HostReachable(self.host, slots))

    def _hand_over(self, attempt: RemoteAttempt) -> None:
        attempt.is_known = True
        pieces = self._files.messages(attempt.order, lambda: self._attempts.of_token(attempt.token) is attempt)
        if pieces is None:
            self.contact.send(messages.StartAttempt(attempt.order))
        else:
            self.contact.send_each(pieces)

    def _end_orphan(self, token: str) -> None:
        """Let the agent end an attempt; an older one can only keep it from beginning."""
        is_known = self._version >= WITH_SINGLE_ENDS
        self.contact.send_now(messages.EndAttempt(token) if is_known else messages.WithdrawAttempt(token))

    def _give_back(self, attempt: RemoteAttempt) -> None:
        """Give back an attempt that was not sent, and never will be."""
        self._attempts.drop(attempt)
        self._reports.append(AttemptTakenBack(*attempt.key))
        self._bell()

    def _leave_rest(self) -> None:
        """Expect nothing more of the host while this driver lives: a recovery asks it again."""
        self._ends_by = None
        self._reports += [AttemptLeft(*attempt.key) for attempt in self._attempts.leave()]

    def _bell(self) -> None:
        if self._wakeups is not None:
            self._wakeups.ring()

    @property
    def contact(self) -> HostContact:
        """The connection to the host."""
        if self._opened is None:
            raise AssertionError("the executor has not been opened")
        return self._opened
