"""Executes attempts on another host, through the agent there."""

from __future__ import annotations

import time
from selectors import BaseSelector

from sequent.errors import FencedError, HostError, HostStage, SequentError
from sequent.model.outcome import LogSpan
from sequent.runtime.executors.process_executor import STOP_GRACE
from sequent.runtime.executors.remote import host_records
from sequent.runtime.executors.remote.host_contact import HostContact
from sequent.runtime.executors.remote.mirrored_logs import MirroredLogs
from sequent.runtime.executors.remote.outcome_reports import OutcomeReports, check_outcome
from sequent.runtime.executors.remote.remote_attempts import RemoteAttempt, RemoteAttempts
from sequent.runtime.executors.remote.remote_run import RemoteRun
from sequent.runtime.executors.remote.sent_files import SentFiles
from sequent.runtime.executors.wakeups import Wakeups
from sequent.runtime.hosts.protocol import messages
from sequent.runtime.messages.packets import BadMessageError
from sequent.runtime.orders import (
    AttemptBegan,
    AttemptLeft,
    AttemptOrder,
    AttemptTakenBack,
    DrawOrder,
    HostReachable,
    HostUnreachable,
    Notice,
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
        self._attempts = RemoteAttempts(run.open_tokens)
        self._reports: list[Report] = []
        self._outcome_reports = OutcomeReports(run.host)
        self._contacts = 0
        self._is_ending = False
        self._is_closed = False
        self._ends_by: float | None = None
        self._failure: SequentError | None = None
        self.loaded: str | None = None
        """None until a worker has loaded the flow; then '', or the reason why none can."""

    @property
    def host(self) -> str:
        """The name that the flow has for the host."""
        return self._run.host

    @property
    def trouble(self) -> SequentError | None:
        """Why no attempt can be executed there at present; None also if that is not known yet."""
        if self.loaded:
            problem, _, hint = self.loaded.partition("\n  hint: ")
            return HostError(problem, host=self.host, stage=HostStage.MODULE, hint=hint)
        return self._failure or self.contact.trouble

    @property
    def is_ready(self) -> bool:
        """Whether the host has been reached, and has loaded the flow."""
        return self.contact.is_attached and self.loaded == ""

    # -- the port

    def open(self, selector: BaseSelector) -> None:
        """Begin to connect, unless that was done before."""
        if self._opened is not None:
            return
        wakeups = self._wakeups = Wakeups(selector)
        contact = HostContact(self.host, self._run.key, self._run.connect, wakeups, self)
        wakeups.heed(contact.look)
        self._opened = contact
        contact.begin()

    def start(self, order: AttemptOrder) -> None:
        attempt, early = self._attempts.add(order)
        if early is not None:
            self._settle(early)
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

    def send(self) -> None:
        if self.contact.is_attached and (written := self._attempts.take_written()):
            self.contact.send_now(messages.ForgetOutcomes(written))
        self.contact.flush()

    def reports(self) -> list[Report]:
        self.contact.look()
        if self._failure is not None:
            raise self._failure
        if self._ends_by is not None and time.monotonic() >= self._ends_by:
            self._leave_rest()
        self.send()
        reports, self._reports = self._reports, []
        return reports

    def seconds_left(self) -> float | None:
        if self._reports or self._failure is not None:
            return 0.0
        left = self.contact.seconds_left()
        ends = None if self._ends_by is None else max(0.0, self._ends_by - time.monotonic())
        return min((seconds for seconds in (left, ends) if seconds is not None), default=None)

    def end_tasks(self, *, at_once: bool) -> None:
        self._is_ending = True
        for attempt in self._attempts.ordered:
            if not attempt.is_known:
                self._give_back(attempt)
        if self.contact.is_attached and self._attempts.ordered:
            self.contact.send_now(messages.EndAttempts(at_once))
            self._ends_by = time.monotonic() + (0.0 if at_once else STOP_GRACE) + _END_WAIT
            self.contact.flush()
        else:
            self._leave_rest()

    def close(self) -> None:
        if self._opened is None or self._is_closed:
            return
        self._is_closed = True
        contact = self._opened
        self.send()
        if contact.is_attached and not self._attempts.has_open:
            contact.send(messages.LeaveHost())
            if contact.close(_LEAVE_WAIT):
                host_records.forget_host(self._run.directory, self.host)
        else:
            contact.close()
        self._logs.close()
        if self._wakeups is not None:
            self._wakeups.close()

    # -- the user of the connection

    @property
    def only_door(self) -> str:
        """The address behind which the agent is that was given attempts; '' if there are none."""
        return self._record.door if self._attempts.unsettled else ""

    def first_message(self, version: int) -> messages.Attach:
        """Return the message with the driver of the run, and the attempts whose state it needs."""
        self._contacts += 1
        return messages.Attach(
            version=version,
            key=self._run.key,
            epoch=self._run.epoch,
            contact=self._contacts,
            setup=self._run.setup,
            wanted=tuple(self._attempts.wanted),
            logs=self._logs.sizes(self._record.directory),
            logs_of=self._record.directory,
        )

    def lost(self, error: HostError) -> None:
        """Note that no message can be sent to the host for now."""
        reason, wait = f"{error.problem} ({error.stage})", self.contact.wait
        self._reports.append(HostUnreachable(self.host, reason, wait, error.hint))
        if self._is_ending:
            self._leave_rest()

    def hear(self, message: messages.FromHost) -> None:
        """Handle a message of the agent.

        Raises:
            BadMessageError: the message makes no sense here.
            HostError: the agent must not be used.
        """
        match message:
            case messages.Attached():
                self._attach(message)
            case messages.AttachRefused():
                self._refuse(message)
            case messages.BegunThere(token):
                if (attempt := self._attempts.of_token(token)) is not None and attempt.order.announces:
                    self._reports.append(AttemptBegan(*attempt.key))
            case messages.EndedThere() | messages.LostThere() | messages.WithdrawnThere():
                self._settle(message)
            case messages.LogBegun(segment, start, token):
                if (attempt := self._attempts.of_token(token)) is not None:
                    self._logs.begin(segment, start, attempt.order)
            case messages.LogPiece(segment, offset, data):
                self._add_log(segment, offset, data)
            case messages.NoticeThere(text):
                self._reports.append(Notice(f"host {self.host!r}: {text}"))
            case messages.LoadedThere(problem):
                self.loaded = problem
            case messages.AgentBroken(reason):
                raise HostError(reason, host=self.host, stage=HostStage.COMMAND)
            case _:
                raise BadMessageError("no agent says that to a driver")

    def _attach(self, told: messages.Attached) -> None:
        """Send the orders that the agent does not know, and wait for the others."""
        before = self._record
        if self._attempts.unsettled:
            before.refuse_other(told)
        self._logs.open(told.directory)
        self._record = host_records.HostRecord(
            host=self.host, directory=told.directory, node=told.node, boot=told.boot, door=self.contact.door
        )
        if self._record != before:
            try:
                host_records.write_host_record(self._run.directory, self._record)
            except OSError as error:
                raise host_records.no_room(self.host, error) from None
        self._attempts.meet(told.known)
        for attempt in self._attempts.ordered:
            if not attempt.is_known:
                self._hand_over(attempt)
            if attempt.is_unwanted:
                self.contact.send_now(messages.WithdrawAttempt(attempt.token))
        self._reports.append(HostReachable(self.host, self._run.setup.most_workers or told.processors))

    def _refuse(self, refused: messages.AttachRefused) -> None:
        if refused.code == "fenced":
            self._failure = FencedError(f"host {self.host!r}: {refused.reason}")
        raise HostError(refused.reason, host=self.host, stage=HostStage.COMMAND)

    def _hand_over(self, attempt: RemoteAttempt) -> None:
        attempt.is_known = True
        pieces = self._files.messages(attempt.order)
        if pieces is None:
            self.contact.send(messages.StartAttempt(attempt.order))
        else:
            self.contact.send_each(pieces)

    def _give_back(self, attempt: RemoteAttempt) -> None:
        """Give back an attempt that was not sent, and never will be."""
        self._attempts.drop(attempt)
        self._reports.append(AttemptTakenBack(*attempt.key))
        self._bell()

    def _settle(self, outcome: messages.OutcomeThere) -> None:
        """Report the end of an attempt once, under its number here."""
        span: LogSpan | None = None
        if isinstance(outcome, messages.EndedThere):
            check_outcome(outcome.ended)
            span = outcome.ended.log
        log = self._logs.end(outcome.token, span)
        attempt = self._attempts.settle(outcome)
        if attempt is not None:
            self._reports += self._outcome_reports.of(attempt, outcome, log)

    def _add_log(self, segment: str, offset: int, data: bytes) -> None:
        try:
            self._logs.add(segment, offset, data)
        except OSError as error:
            raise host_records.no_room(self.host, error) from None

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
