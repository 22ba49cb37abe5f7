"""The loop of the agent on a host: it serves one driver at a time, and goes on without one."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
from collections.abc import Iterator
from selectors import EVENT_READ, EVENT_WRITE

from sequent.errors import SequentError
from sequent.runtime.host_agent.admission import WORD, Admission, has_word
from sequent.runtime.host_agent.agent_ports import AgentPorts
from sequent.runtime.host_agent.artifact_streams import with_artifacts
from sequent.runtime.host_agent.driver_link import DriverLink, user_of
from sequent.runtime.host_agent.hosted_attempts import HostedAttempts
from sequent.runtime.host_agent.inventory import note_run
from sequent.runtime.host_agent.log_streams import LogStreams
from sequent.runtime.host_agent.places import SOCKET, forget_driver, note_driver
from sequent.runtime.host_agent.rules import Rules
from sequent.runtime.hosts.protocol.messages import (
    AgentBroken,
    Attach,
    AttachRefused,
    EndAttempt,
    EndAttempts,
    EndedThere,
    EndedWithStory,
    FilePiece,
    FileWhole,
    ForgetOutcomes,
    LeaveHost,
    OutcomeThere,
    StartAttempt,
    ToHost,
    WithdrawAttempt,
)
from sequent.runtime.hosts.protocol.remains import RunThere
from sequent.runtime.messages.packets import BadMessageError
from sequent.runtime.orders import Message

IDLE = 24 * 3600.0
"""The seconds after which an idle agent ends."""
UNUSED = 60.0
"""Seconds after which an agent ends if no driver has ever joined it."""


class HostAgent:
    """Executes one run's steps on this host.

    Args:
        key: the run.
        path: the agent's directory for it.
        place: a descriptor of that directory.
        rules: its limits.
        ports: the world around it; None: this machine.
    """

    def __init__(self, key: str, path: str, place: int, rules: Rules, ports: AgentPorts | None = None) -> None:
        ports = ports or AgentPorts()
        self._key = key
        self._path = path
        self._place = place
        self._selector = ports.selector
        self._monotonic = ports.monotonic
        self._receive = ports.receive
        self._attempts = HostedAttempts(path, place, ports, self._say, self._deliver)
        self._admission = Admission(key, path, place, rules, self._attempts.seen)
        self._logs = LogStreams(os.path.join(path, "logs"), self._attempts.token_of, ports.monotonic, ports.log_pause)
        self._links: list[DriverLink] = []
        self._driver: DriverLink | None = None
        self._patience = UNUSED
        self._ends_at = self._monotonic() + UNUSED
        self._is_leaving = False
        if not has_word(place):
            # An agent was killed as it forgot the run.
            shutil.rmtree(os.path.join(path, "logs"), ignore_errors=True)
        # A killed agent has left its note.
        forget_driver(place)
        self._listener = ports.listen(place)
        self._selector.register(self._listener, EVENT_READ, self._accept)

    def serve(self) -> None:
        """Serve drivers until the run has ended, or the agent was idle for a day."""
        try:
            while not self._is_over():
                for key, _ in self._selector.select(self._seconds_left()):
                    key.data()
                self._attempts.take_reports()
                self._send()
                # No driver confirms anything while there is none.
                self._attempts.flush(is_due=self._driver is None)
        except SequentError as error:
            # Active attempts are lost; the next agent reports that.
            self._say(AgentBroken(error.message))
            self._send()
            raise
        finally:
            os.unlink(SOCKET, dir_fd=self._place)
            self._attempts.close()
            self._attempts.flush(is_due=True)
            for link in [*self._links]:
                self._drop(link)
            self._listener.close()
        if self._is_leaving:
            # First of all: logs that begin anew need another word.
            with contextlib.suppress(FileNotFoundError):
                os.unlink(WORD, dir_fd=self._place)
            self._attempts.clear()

    def _is_over(self) -> bool:
        if self._driver is not None:
            self._patience = IDLE
        if self._driver is not None or not self._attempts.is_idle:
            self._ends_at = self._monotonic() + self._patience
        return self._is_leaving or self._monotonic() >= self._ends_at

    def _seconds_left(self) -> float | None:
        left = [self._attempts.seconds_left(), *(link.seconds_left() for link in self._links)]
        if self._driver is not None and not self._attempts.is_idle:
            left.append(self._logs.seconds_left())
        elif self._driver is None and self._attempts.is_idle:
            left.append(self._ends_at - self._monotonic())
        known = [seconds for seconds in left if seconds is not None]
        return max(0.0, min(known)) if known else None

    # -- sessions

    def _accept(self) -> None:
        end, _ = self._listener.accept()
        if user_of(end) != os.getuid():
            end.close()
            return
        end.setblocking(False)
        self._selector.register(end, EVENT_READ, lambda: self._take_over(end))

    def _take_over(self, control: socket.socket) -> None:
        """Talk to a session's driver through its pipes."""
        self._selector.unregister(control)
        received = self._receive(control)
        if received is None:
            control.close()
            return
        pipes, first = received
        link = DriverLink(pipes, first, self._key, self._monotonic)
        try:
            self._selector.register(pipes, EVENT_READ, lambda: self._listen(link))
        except OSError:
            # Nobody can wait for a file, or for /dev/null.
            link.link.close()
            return
        self._links.append(link)
        self._selector.register(pipes.control, EVENT_READ, lambda: self._drop(link))

    def _listen(self, link: DriverLink) -> None:
        if link not in self._links:  # The same wait told that its process was killed.
            return
        try:
            for message in link.hear():
                self._obey(link, message)
                if link not in self._links:
                    return
        except BadMessageError:
            # The peer is not a driver.
            self._drop(link)
        except OSError as error:
            # There is no room for its data: a driver connects again later, and starts over.
            self._turn_away(link, AttachRefused("broken", f"its agent cannot write: {error.strerror}"))

    def _drop(self, link: DriverLink) -> None:
        if link in self._links:
            self._links.remove(link)
            for end in (link.pipes, link.pipes.control, link.pipes.writing):
                if end in self._selector.get_map():
                    self._selector.unregister(end)
            link.link.close()
        if link is self._driver:
            self._driver = None
            forget_driver(self._place)

    def _send(self) -> None:
        driver = self._driver
        if driver is not None and not driver.link.is_clogged:
            for message in self._logs.look():
                driver.link.send(message)
        for link in [*self._links]:
            link.link.flush()
            if link.has_ended:
                self._drop(link)
                continue
            if link.link.is_clogged != (link.pipes.writing in self._selector.get_map()):
                if link.link.is_clogged:
                    self._selector.register(link.pipes.writing, EVENT_WRITE, int)
                else:
                    self._selector.unregister(link.pipes.writing)

    def _say(self, message: Message) -> None:
        if self._driver is not None:
            self._driver.link.send(message)

    def _deliver(self, outcome: OutcomeThere) -> None:
        if self._driver is None:
            return
        if isinstance(outcome, EndedWithStory) or (
            isinstance(outcome, EndedThere) and self._logs.lacks(outcome.ended.log)
        ):
            self._driver.link.send_each(self._with_rest(outcome, self._driver.version))
        else:
            self._driver.link.send(outcome)

    def _with_rest(self, outcome: EndedThere, version: int) -> Iterator[Message]:
        """Yield the rest of the output of an attempt, its artifacts, and then its outcome."""
        for message in self._logs.with_outcome(outcome):
            if isinstance(message, EndedWithStory):
                yield from with_artifacts(message, self._path, version)
            else:
                yield message

    # -- orders

    def _obey(self, link: DriverLink, message: ToHost) -> None:
        attempts = self._attempts
        match message:
            case Attach():
                self._attach(link, message)
            case StartAttempt(order):
                attempts.start(order)
            case FilePiece(number, data):
                attempts.files.add(number, data)
            case FileWhole(number, digest):
                attempts.files.finish(number, digest)
            case WithdrawAttempt(token):
                attempts.withdraw(token)
            case EndAttempt(token):
                attempts.end(token)
            case ForgetOutcomes(tokens):
                attempts.forget(tokens)
            case EndAttempts(at_once):
                attempts.end_all(at_once=at_once)
            case LeaveHost():
                self._is_leaving = True
            case _:
                raise BadMessageError("no driver says that to an agent")

    def _attach(self, link: DriverLink, wish: Attach) -> None:
        """Serve a driver from now on, and no earlier one; or refuse it."""
        refusal = self._admission.refusal_of(wish)
        if refusal is not None:
            self._turn_away(link, refusal)
            return
        if self._driver is not None:
            self._drop(self._driver)
        # An earlier driver may have left just now, which a later one overrides.
        self._is_leaving = False
        attempts = self._attempts
        try:
            attempts.open(self._admission.setup_for(wish), wish.epoch)
        except (OSError, SequentError) as error:
            self._turn_away(link, AttachRefused("broken", str(error)))
            return
        note_run(self._place, RunThere(id=wish.setup.workers.run_id, flow=wish.setup.workers.target.flow))
        link.is_attached = True
        link.version = wish.version
        attempts.files.begin()
        self._logs.begin(wish.logs if wish.logs_of == self._admission.word() else {})
        # The first message to the driver is that it is served.
        known = attempts.keep(wish.wanted)
        note_driver(self._place)
        self._driver = link
        link.link.send(self._admission.welcome(known))
        for outcome in attempts.outcomes(wish.wanted):
            self._deliver(outcome)

    def _turn_away(self, link: DriverLink, refusal: AttachRefused) -> None:
        """End a session; its driver reads the reason before the end."""
        link.link.send_now(refusal)
        link.link.flush()
        self._drop(link)
