"""The loop of the agent on a host: it serves one driver at a time, and goes on without one."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import time
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector

from msgspec.structs import replace

import sequent
from sequent.errors import SequentError
from sequent.model.run_target import Target
from sequent.runtime.host_agent.driver_link import DriverLink, user_of
from sequent.runtime.host_agent.hosted_attempts import HostedAttempts
from sequent.runtime.host_agent.inventory import note_run
from sequent.runtime.host_agent.log_streams import LogStreams
from sequent.runtime.host_agent.places import SOCKET, listen, shipped_path
from sequent.runtime.host_agent.rules import Rules
from sequent.runtime.host_agent.seen_tokens import Contact
from sequent.runtime.hosts.protocol.greeting import NEWEST, OLDEST
from sequent.runtime.hosts.protocol.messages import (
    AgentBroken,
    Attach,
    Attached,
    AttachRefused,
    EndAttempts,
    EndedThere,
    FilePiece,
    FileWhole,
    ForgetOutcomes,
    HostSetup,
    LeaveHost,
    OutcomeThere,
    StartAttempt,
    ToHost,
    WithdrawAttempt,
)
from sequent.runtime.hosts.protocol.remains import RunThere
from sequent.runtime.messages.packets import BadMessageError
from sequent.runtime.orders import Message
from sequent.runtime.processes import process_trees

IDLE = 24 * 3600.0
"""The seconds after which an idle agent ends."""
UNUSED = 60.0
"""Seconds after which an agent ends if no driver has ever joined it."""
_WORD = "word"


class HostAgent:
    """Executes one run's steps on this host.

    Args:
        key: the run.
        path: the agent's directory for it.
        place: a descriptor of that directory.
        rules: its limits.
    """

    def __init__(self, key: str, path: str, place: int, rules: Rules) -> None:
        self._key = key
        self._path = path
        self._place = place
        self._rules = rules
        self._selector = DefaultSelector()
        self._attempts = HostedAttempts(path, place, self._selector, self._say, self._deliver)
        self._logs = LogStreams(os.path.join(path, "logs"), self._attempts.token_of)
        self._links: list[DriverLink] = []
        self._driver: DriverLink | None = None
        self._idle_since = time.monotonic()
        self._patience = UNUSED
        self._is_leaving = False
        self._listener = listen(place)
        self._selector.register(self._listener, EVENT_READ, self._accept)

    def serve(self) -> None:
        """Serve drivers until the run has ended, or the agent was idle for a day."""
        try:
            while not self._is_over():
                for key, _ in self._selector.select(self._seconds_left()):
                    key.data()
                self._attempts.take_reports()
                self._send()
        except SequentError as error:
            # Active attempts are lost; the next agent reports that.
            self._say(AgentBroken(error.message))
            self._send()
            raise
        finally:
            os.unlink(SOCKET, dir_fd=self._place)
            self._attempts.close()
        if self._is_leaving:
            self._attempts.clear()
            with contextlib.suppress(FileNotFoundError):
                os.unlink(_WORD, dir_fd=self._place)

    def _is_over(self) -> bool:
        if self._driver is not None:
            self._patience = IDLE
        if self._driver is not None or not self._attempts.is_idle:
            self._idle_since = time.monotonic()
        return self._is_leaving or time.monotonic() - self._idle_since >= self._patience

    def _seconds_left(self) -> float | None:
        left = [self._attempts.seconds_left(), *(link.seconds_left() for link in self._links)]
        if self._driver is not None and not self._attempts.is_idle:
            left.append(self._logs.seconds_left())
        elif self._driver is None and self._attempts.is_idle:
            left.append(self._idle_since + self._patience - time.monotonic())
        known = [seconds for seconds in left if seconds is not None]
        return max(0.0, min(known)) if known else None

    # -- sessions

    def _accept(self) -> None:
        end, _ = self._listener.accept()
        if user_of(end) != os.getuid():
            end.close()
            return
        link = DriverLink(end, self._key)
        self._links.append(link)
        self._selector.register(end, EVENT_READ, lambda: self._listen(link))

    def _listen(self, link: DriverLink) -> None:
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
            link.link.send_now(AttachRefused("broken", f"its agent cannot write: {error.strerror}"))
            link.link.flush()
            self._drop(link)

    def _drop(self, link: DriverLink) -> None:
        if link in self._links:
            self._links.remove(link)
            self._selector.unregister(link.link.end)
            link.link.close()
        if link is self._driver:
            self._driver = None

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
            key = self._selector.get_key(link.link.end)
            events = EVENT_READ | EVENT_WRITE if link.link.is_clogged else EVENT_READ
            if key.events != events:
                self._selector.modify(link.link.end, events, key.data)

    def _say(self, message: Message) -> None:
        if self._driver is not None:
            self._driver.link.send(message)

    def _deliver(self, outcome: OutcomeThere) -> None:
        if self._driver is None:
            return
        log = outcome.ended.log if isinstance(outcome, EndedThere) else None
        if self._logs.lacks(log):
            self._driver.link.send_each(self._logs.whole(log))
        self._driver.link.send(outcome)

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
            case ForgetOutcomes(tokens):
                attempts.spool.forget(tokens)
            case EndAttempts(at_once):
                attempts.end_all(at_once=at_once)
            case LeaveHost():
                self._is_leaving = True
            case _:
                raise BadMessageError("no driver says that to an agent")

    def _attach(self, link: DriverLink, wish: Attach) -> None:
        """Serve a driver from now on, and no earlier one; or refuse it."""
        refusal = self._refusal(wish)
        if refusal is not None:
            link.link.send(refusal)
            # The driver reads this before the end of the session.
            link.link.flush()
            self._drop(link)
            return
        if self._driver is not None:
            self._drop(self._driver)
        attempts = self._attempts
        try:
            attempts.open(self._settings(wish.setup), wish.epoch)
        except (OSError, SequentError) as error:
            link.link.send(AttachRefused("broken", str(error)))
            link.link.flush()
            self._drop(link)
            return
        note_run(self._place, RunThere(id=wish.setup.workers.run_id, flow=wish.setup.workers.target.flow))
        link.is_attached = True
        attempts.files.begin()
        word = self._word()
        self._logs.begin(wish.logs if wish.logs_of == word else {})
        # The first message to the driver is that it is served.
        known = attempts.keep(wish.wanted)
        self._driver = link
        link.link.send(
            Attached(
                directory=word,
                node=os.uname().nodename,
                boot=process_trees.boot_id(),
                python=platform.python_version(),
                sequent=sequent.__version__,
                processors=os.cpu_count() or 1,
                now=time.time(),
                known=tuple(known),
            )
        )
        for outcome in attempts.outcomes(wish.wanted):
            self._deliver(outcome)

    def _refusal(self, wish: Attach) -> AttachRefused | None:
        if not OLDEST <= wish.version <= NEWEST or wish.key != self._key:
            return AttachRefused("forbidden", "it speaks another version of the protocol, or means another run")
        workers = wish.setup.workers
        has_surroundings = bool(workers.target.cwd or workers.variables or workers.sys_path or wish.setup.shipped)
        reason = self._rules.refusal(workers.target.module, has_surroundings=has_surroundings)
        if reason:
            return AttachRefused("forbidden", reason)
        try:
            is_later = self._attempts.seen.meet(Contact(wish.epoch, wish.contact))
        except OSError as error:
            return AttachRefused("broken", f"the agent cannot write to {self._path}: {error.strerror}")
        return None if is_later else AttachRefused("fenced", "a later driver of this run has been here")

    def _settings(self, setup: HostSetup) -> HostSetup:
        """Return the setup of the workers with the paths of this host."""
        workers = setup.workers
        cwd = os.path.abspath(os.path.expanduser(workers.target.cwd or "~"))
        target = Target(
            flow=workers.target.flow, module=workers.target.module, attribute=workers.target.attribute, cwd=cwd
        )
        workers = replace(
            workers,
            target=target,
            # The first entry is only the place of this package.
            sys_path=(*([shipped_path(setup.shipped)] if setup.shipped else []), *sys.path[1:]),
            no_shell=workers.no_shell or self._rules.no_shell,
            needs_own_maker=bool(self._rules.modules),
        )
        return HostSetup(workers=workers, host=setup.host, most_workers=setup.most_workers)

    def _word(self) -> str:
        """Return a word that distinguishes this directory, and its logs, from all others."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.open(_WORD, flags, 0o600, dir_fd=self._place)
        try:
            found = os.read(file, 64).decode()
            if not found:
                found = os.urandom(8).hex()
                os.write(file, found.encode())
            return found
        finally:
            os.close(file)
