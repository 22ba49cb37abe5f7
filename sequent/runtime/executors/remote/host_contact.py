"""Connects to the agent on a host, watches the connection, and reconnects."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from msgspec.msgpack import Decoder

from sequent.errors import HostError, HostStage
from sequent.runtime.executors.remote.background_connections import BackgroundConnections
from sequent.runtime.executors.remote.host_user import HostUser
from sequent.runtime.executors.remote.remote_run import RemoteRun
from sequent.runtime.executors.remote.superfluous_messages import SuperfluousMessages
from sequent.runtime.executors.wakeups import Wakeups
from sequent.runtime.hosts.protocol import greeting
from sequent.runtime.hosts.protocol.frames import ByteLink
from sequent.runtime.hosts.protocol.greeting import BadGreetingError, find_greeting
from sequent.runtime.hosts.protocol.messages import Attached, AttachRefused, FromHost, LeaveHost, Ping, Pong
from sequent.runtime.hosts.transports.host_errors import ENDED, QUIET, UNANSWERED
from sequent.runtime.hosts.transports.transport import Connection
from sequent.runtime.messages.packets import BadMessageError
from sequent.runtime.orders import Message

PING = 15.0
"""The seconds between two questions whether the agent still answers."""
MOST_MISSED = 3
"""The number of successive questions that it may leave unanswered."""
HANDSHAKE = 60.0
"""The seconds that the agent has to accept a session."""
_MOST_READS = 4
"""The number of reads until the driver turns to others: a host may send without end."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""The seconds before the second attempt to connect, doubled each time, and their maximum."""

_SAID: Decoder[FromHost] = Decoder(FromHost)


class HostContact:
    """The only connection to a host. It never blocks: it connects in the background.

    Args:
        run: the run on that host.
        wakeups: wakes the driver.
        user: handles messages and losses.
        superfluous: counts the messages without use of each connection.
    """

    def __init__(self, run: RemoteRun, wakeups: Wakeups, user: HostUser, superfluous: SuperfluousMessages) -> None:
        self.host = run.host
        self._run = run
        self._monotonic = run.monotonic
        self._wakeups = wakeups
        self._user = user
        self._superfluous = superfluous
        self._background = BackgroundConnections(run, wakeups)
        self._connection: Connection | None = None
        self._link: ByteLink[socket.socket, FromHost] | None = None
        self._noise: bytes | None = None
        """The bytes before the greeting; None once the greeting has arrived."""
        self.is_attached = False
        """Whether the agent serves this driver."""
        self.trouble: HostError | None = None
        """The reason for which there is no connection, after the first attempt."""
        self._give_up_at = 0.0
        self._ping_at = 0.0
        self._unanswered = 0
        self._last_ping = 0
        self._awaits_pong = False
        self.wait = 0.0
        """The seconds from the last failure to the next attempt. They grow until the agent proves to be of use."""
        self._retry_at: float | None = None
        self._is_closed = False

    @property
    def door(self) -> str:
        """The address of the host that answered."""
        return self._connection.door if self._connection is not None else ""

    # -- making it

    def begin(self) -> None:
        """Connect, unless that has begun."""
        if self._background.is_busy or self._connection is not None or self._is_closed:
            return
        self._retry_at = None
        self._background.begin(self._user.key, self._user.only_door)

    def look(self) -> None:
        """Accept a new connection; check that the agent answers; try again if it is time."""
        made = self._background.take()
        if isinstance(made, HostError):
            self._fail(made)
        elif made is not None:
            self._take_up(made)
        now = self._monotonic()
        if self._retry_at is not None and now >= self._retry_at:
            self.begin()
        elif self._connection is not None and not self.is_attached and now >= self._give_up_at:
            self.lose(self._error(f"no answer of the agent within {HANDSHAKE:.0f} seconds", HostStage.COMMAND))
        elif self.is_attached and now >= self._ping_at:
            self._ping()

    def _take_up(self, connection: Connection) -> None:
        self._connection = connection
        self._link = ByteLink(connection.end, _SAID)
        self._noise = b""
        self._superfluous.begin()
        self._give_up_at = self._monotonic() + HANDSHAKE
        self._link.send_bytes(greeting.knock(self._user.key))
        self._wakeups.add(connection.end, self._listen)
        self.flush()

    def _ping(self) -> None:
        if self._unanswered >= MOST_MISSED:
            self.lose(self._error(f"no answer for {PING * MOST_MISSED:.0f} seconds", HostStage.CONNECTION))
            return
        self._unanswered += 1
        self._last_ping += 1
        self._awaits_pong = True
        self._ping_at = self._monotonic() + PING
        if self._link is not None:
            self._link.send_now(Ping(self._last_ping))
            self.flush()

    # -- using it

    def send(self, message: Message) -> None:
        """Send a message with the next ``flush``, if there is a connection."""
        if self._link is not None:
            self._link.send(message)

    def send_each(self, messages: Iterator[Message]) -> None:
        """Send several messages like this, each made when its turn comes."""
        if self._link is not None:
            self._link.send_each(messages)

    def send_now(self, message: Message) -> None:
        """Send a message before all others."""
        if self._link is not None:
            self._link.send_now(message)

    def flush(self) -> None:
        """Send the waiting messages, as far as there is room."""
        if (link := self._link) is None:
            return
        try:
            link.flush()
        except OSError as error:
            self.lose(self._error(f"its files cannot be read here: {error.strerror}", HostStage.CONNECTION))
            return
        if not link.has_ended:
            self._wakeups.watch_room(link.end, is_wanted=link.is_clogged)

    def _listen(self) -> None:
        link = self._link
        if link is None:
            return
        try:
            for _ in range(_MOST_READS):
                if not (data := link.read()):
                    break
                self._unanswered = 0
                for message in link.take_in(self._behind_noise(data)):
                    self._take(message)
                    if self._link is not link:
                        return
        except BadMessageError as error:
            self.lose(self._error(f"its agent sends an invalid message: {error}", HostStage.VERSION))
            return
        except HostError as error:
            self.lose(error)
            return
        except OSError as error:
            self.lose(self._error(f"its data cannot be written here: {error.strerror}", HostStage.CONNECTION))
            return
        if link.has_ended and self._link is link:
            self._lose_ended()
        else:
            self.flush()

    def _behind_noise(self, data: bytes) -> bytes:
        """Return the bytes after the greeting."""
        if self._noise is None:
            return data
        self._noise += data
        try:
            found = find_greeting(self._noise)
        except BadGreetingError as error:
            raise self._error(str(error), HostStage.COMMAND, QUIET) from None
        if found is None:
            return b""
        self._noise = None
        version = found.version()
        if version is None:
            raise self._error(
                f"its agent speaks the versions {found.oldest} to {found.newest} of the protocol, "
                f"this Sequent {greeting.OLDEST} to {greeting.NEWEST}",
                HostStage.VERSION,
                hint="install the same version of Sequent there",
            )
        self.send(self._user.first_message(version))
        return found.rest

    def _take(self, message: FromHost) -> None:
        if isinstance(message, Pong):
            if message.number == self._last_ping and self._awaits_pong:
                self._awaits_pong = False
                self.prove()
            else:
                self._superfluous.count("no question")
            return
        if isinstance(message, Attached) == self.is_attached and not isinstance(message, AttachRefused):
            raise BadMessageError("it serves us once, and first of all")
        if isinstance(message, Attached):
            link = self._link
            self._user.hear(message)
            if self._link is not link:
                return
            self.is_attached = True
            self.trouble = None
            self._unanswered = 0
            self._ping_at = self._monotonic() + PING
        else:
            self._user.hear(message)

    def turn(self) -> None:
        """Leave this agent, and connect to the one that the user wants now."""
        self.send(LeaveHost())
        self.flush()
        if (connection := self._detach()) is not None:
            connection.close()
        self.begin()

    def prove(self) -> None:
        """Note that the agent is of use: a later failure is another one, and is soon followed by a new connection."""
        self.wait = 0.0

    # -- losing it

    def _lose_ended(self) -> None:
        """Give up a session that has ended; its command has the reason."""
        if self._noise is None:
            self.lose(self._error(*(ENDED if self.is_attached else UNANSWERED)))
        elif (connection := self._detach()) is not None:
            self._background.explain(connection, self._noise)

    def lose(self, error: HostError) -> None:
        """Give up the connection, and try again later."""
        if (connection := self._detach()) is not None:
            connection.close()
            self._fail(error)

    def _detach(self) -> Connection | None:
        """Use the connection no more, and return it."""
        connection, self._connection, self._link = self._connection, None, None
        if connection is not None:
            self._wakeups.remove(connection.end)
        return connection

    def _fail(self, error: HostError) -> None:
        self.is_attached = False
        self.trouble = error
        self.wait = min(LONGEST_WAIT, max(FIRST_WAIT, 2 * self.wait))
        self._retry_at = None if self._is_closed else self._monotonic() + self.wait
        self._user.lost(error)

    def _error(self, problem: str, stage: HostStage, hint: str = "") -> HostError:
        return HostError(problem, host=self.host, stage=stage, hint=hint)

    def seconds_left(self) -> float | None:
        """Return the seconds until ``look`` has something to do; None if only an event can change that."""
        moment = self._retry_at
        if self._connection is not None:
            moment = self._ping_at if self.is_attached else self._give_up_at
        return None if moment is None else max(0.0, moment - self._monotonic())

    def leave(self, patience: float) -> bool:
        """Let the agent forget the run; return whether it has ended the session in so many seconds."""
        self.send(LeaveHost())
        return self.close(patience)

    def close(self, patience: float = 0.0) -> bool:
        """End the connection; return whether the agent has ended the session.

        Args:
            patience: the seconds that the agent has to read the waiting messages and to end the session; 0: none.
        """
        self._is_closed = True
        self._background.close()
        self._retry_at = None
        has_ended = self._link is not None and self._await_end(self._link, patience)
        if (connection := self._detach()) is not None:
            connection.close()
        self.is_attached = False
        return has_ended

    def _await_end(self, link: ByteLink[socket.socket, FromHost], patience: float) -> bool:
        """Send the waiting messages; return whether the agent ends the session in so many seconds."""
        deadline = self._monotonic() + patience
        with contextlib.suppress(OSError):
            while not link.has_ended and (left := deadline - self._monotonic()) > 0:
                link.end.settimeout(left)
                link.flush()
                link.read()
        return link.has_ended
