"""Turns the messages of an agent about attempts, their logs and itself into reports to the driver."""

from __future__ import annotations

from collections import Counter

from sequent.errors import HostError, HostStage
from sequent.model.outcome import LogSpan
from sequent.runtime.executors.remote.mirrored_logs import MirroredLogs
from sequent.runtime.executors.remote.outcome_reports import OutcomeReports
from sequent.runtime.executors.remote.received_artifacts import ReceivedArtifacts
from sequent.runtime.executors.remote.remote_attempts import RemoteAttempts
from sequent.runtime.executors.remote.remote_run import RemoteRun
from sequent.runtime.executors.remote.superfluous_messages import SuperfluousMessages, shortened
from sequent.runtime.hosts.protocol import messages
from sequent.runtime.messages.packets import BadMessageError
from sequent.runtime.orders import AttemptBegan, Notice, Report

MOST_NOTICES = 20
"""The number of notices of one host that a driver shows."""
MOST_WITHDRAWN = 3
"""How often in a row a host may give a task back that it was not asked for: its worker was busy for long."""


class AgentMessages:
    """Takes each message of an agent once. A broken host harms its own attempts only.

    It cannot fill the memory, the disk or the output of the driver, nor make the driver send the same order without a
    pause: too many useless messages end the connection, and each new connection is made after a longer wait.

    Args:
        run: the run on its host.
        attempts: its attempts.
        logs: the copies of its logs.
        artifacts: the artifacts that are arriving.
        superfluous: counts the messages without use.
    """

    def __init__(
        self,
        run: RemoteRun,
        attempts: RemoteAttempts,
        logs: MirroredLogs,
        artifacts: ReceivedArtifacts,
        superfluous: SuperfluousMessages,
    ) -> None:
        self._host = run.host
        self._attempts = attempts
        self._logs = logs
        self._artifacts = artifacts
        self._superfluous = superfluous
        self._outcome_reports = OutcomeReports(run.host, run.directory, run.root)
        self._reports: list[Report] = []
        self._notices = 0
        self._withdrawn: Counter[tuple[int, int]] = Counter()
        """By task, how often in a row it was given back unasked."""
        self.loaded: str | None = None
        """None until a worker has loaded the flow; then '', or the reason why none can."""

    def take_reports(self) -> list[Report]:
        """Return the reports since the last call."""
        reports, self._reports = self._reports, []
        return reports

    def take(self, message: messages.FromHost) -> None:
        """Take a message.

        Raises:
            BadMessageError: the message makes no sense here.
            HostError: the agent must not be used.
            OSError: a log or an artifact cannot be written here.
        """
        match message:
            case messages.BegunThere(token):
                self._begin(token)
            case messages.EndedThere() | messages.LostThere() | messages.WithdrawnThere():
                self._settle(message)
            case messages.ArtifactPiece(token, data):
                if self._awaits_artifact(token, is_empty=not data):
                    self._artifacts.add(data)
            case messages.ArtifactWhole(token, digest):
                if self._awaits_artifact(token):
                    self._artifacts.finish(digest)
            case messages.LogBegun(segment, start, token):
                self._begin_log(segment, start, token)
            case messages.LogPiece(segment, offset, data):
                self._add_log(segment, offset, data)
            case messages.NoticeThere(text):
                self._note(text)
            case messages.LoadedThere(problem):
                self._load(problem)
            case messages.AttachRefused() | messages.AgentBroken():
                raise self._error_of(message)
            case _:
                raise BadMessageError("no agent says that to a driver")

    def _error_of(self, message: messages.AttachRefused | messages.AgentBroken) -> HostError:
        problem, hint = shortened(message.reason), ""
        if isinstance(message, messages.AttachRefused) and message.code == "fenced":
            # If another driver really has the run, this one finds out as it writes that the host is out of reach.
            problem = "it says that another driver has taken over the run; this driver still owns it"
            hint = "if the store is an older copy, recover again: each recovery counts one further"
        return HostError(problem, host=self._host, stage=HostStage.COMMAND, hint=hint)

    # -- attempts

    def _begin(self, token: str) -> None:
        attempt = self._attempts.of_token(token)
        if attempt is None or not attempt.order.announces or attempt.has_begun:
            self._superfluous.count("the begin of an attempt")
            return
        attempt.has_begun = True
        self._reports.append(AttemptBegan(*attempt.key))

    def _settle(self, outcome: messages.OutcomeThere) -> None:
        """Report the end of an attempt once, under its number here."""
        span: LogSpan | None = None
        if isinstance(outcome, messages.EndedThere):
            span = outcome.ended.log
        log = self._logs.end(outcome.token, span)
        if not self._attempts.is_open(outcome.token):
            self._superfluous.count("the end of an attempt")
        if self._artifacts.concern(outcome.token):
            self._artifacts.keep(outcome.parts if isinstance(outcome, messages.EndedWithStory) else ())
        attempt = self._attempts.settle(outcome)
        if attempt is None:
            return
        self._reports += self._outcome_reports.of(attempt, outcome, log)
        task = attempt.key[:2]
        if not isinstance(outcome, messages.WithdrawnThere):
            del self._withdrawn[task]
        elif not attempt.is_unwanted:
            self._withdrawn[task] += 1
            if self._withdrawn[task] > MOST_WITHDRAWN:
                problem = f"it gives back {attempt.order.path!r}, and begins no attempt of it"
                raise HostError(problem, host=self._host, stage=HostStage.COMMAND)

    def _awaits_artifact(self, token: str, *, is_empty: bool = False) -> bool:
        """Return whether an artifact of this attempt is awaited; one that has been reported may come again."""
        if is_empty or not self._attempts.is_open(token):
            self._superfluous.count("an artifact")
        if not self._attempts.awaits(token):
            return False
        if self._artifacts.take_up(token):
            self._superfluous.count("artifacts without an outcome")
        return True

    # -- logs

    def _begin_log(self, segment: str, start: int, token: str) -> None:
        attempt = self._attempts.of_token(token)
        if attempt is None or not self._logs.begin(segment, start, attempt.order):
            self._superfluous.count("the begin of a log")

    def _add_log(self, segment: str, offset: int, data: bytes) -> None:
        if not data:
            self._superfluous.count("an empty part of a log")
        self._logs.add(segment, offset, data)

    # -- the agent itself

    def _note(self, text: str) -> None:
        self._notices += 1
        if self._notices > MOST_NOTICES:
            self._superfluous.count("itself")
            return
        last = "; its further notices are not shown" if self._notices == MOST_NOTICES else ""
        self._reports.append(Notice(f"host {self._host!r}: {shortened(text)}{last}"))

    def _load(self, problem: str) -> None:
        if self.loaded is not None:
            self._superfluous.count("its loading of the flow")
        self.loaded = shortened(problem)
