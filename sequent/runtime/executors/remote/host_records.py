"""Stores for a run the agent on each host that has its attempts, with its address and its key."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from sequent.errors import HostError, HostStage, NotDataError
from sequent.model.record_text import read_record, text_of_record
from sequent.runtime.durable_files import flush_directory
from sequent.runtime.executors.remote.superfluous_messages import shortened
from sequent.runtime.hosts.protocol.greeting import is_key
from sequent.runtime.hosts.protocol.messages import Attached

_HOSTS = "hosts"
_KEY = ".key"


class HostRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The last agent of a run on a host.

    Earlier versions read no record with a field that they do not know, and so regard an agent that was left as unknown.
    """

    host: str
    directory: str = ""
    """The word of its directory; an agent with another word does not know the run's attempts."""
    node: str = ""
    """The machine's own name."""
    boot: str = ""
    door: str = ""
    """The address that answered."""
    was_left: bool = False
    """Whether it was told to forget the run, when it had none of its attempts; it may have done so."""

    def refuse_other(self, told: Attached, unsettled: Iterable[str]) -> None:
        """Refuse another agent: it cannot know the fate of attempts that its predecessor got.

        One that knows them all is accepted: a driver on another machine has handed them over to it since.

        Args:
            told: the agent that answers.
            unsettled: the attempts whose fate it must know.

        Raises:
            HostError: it is another one.
        """
        if self.was_left or self.directory in ("", told.directory):
            return
        if not set(unsettled) <= set(told.known):
            known = "only some attempts" if told.known else "nothing"
            raise HostError(
                f"an agent answers that knows {known} of the run: its attempts were handed to one on {self.node!r}, "
                f"this one is on {told.node!r}",
                host=self.host,
                stage=HostStage.HOME,
                hint=f"if that machine is gone for good, recover the run with --assume-lost {self.host}",
            )


def read_host_record(directory: str, host: str) -> HostRecord:
    """Return the record of a host in the directory of a run."""
    try:
        with open(_path(directory, host), encoding="utf-8") as file:
            return read_record(HostRecord, file.read(), "the record of a host")
    except (OSError, NotDataError):
        return HostRecord(host=host)


def record_agent(directory: str, before: HostRecord, told: Attached, door: str) -> HostRecord:
    """Return the record of the agent that has answered behind an address; it is written if it is another one.

    Raises:
        OSError: there is no room for it.
    """
    record = HostRecord(
        host=before.host, directory=told.directory, node=shortened(told.node), boot=shortened(told.boot), door=door
    )
    if record != before:
        _write(_path(directory, record.host), text_of_record(record))
    return record


def record_leave(directory: str, record: HostRecord) -> None:
    """Write that the agent is about to be told to forget the run; that is on the disk once this returns.

    Raises:
        OSError: there is no room for it.
    """
    _write(_path(directory, record.host), text_of_record(replace(record, was_left=True)))


def read_agent_key(directory: str, host: str) -> str:
    """Return the key of the agent that was reached last; '' if that is not known, or was an earlier version's."""
    with contextlib.suppress(OSError), open(_path(directory, host) + _KEY, encoding="ascii", errors="replace") as file:
        key = file.read()
        return key if is_key(key) else ""
    return ""


def write_agent_key(directory: str, host: str, key: str) -> None:
    """Write the key, in a file of its own: earlier versions could not read it in the record.

    Raises:
        OSError: there is no room for it.
    """
    _write(_path(directory, host) + _KEY, key)


def _write(path: str, text: str) -> None:
    """Write a file so that it survives a loss of power: what follows on the host may survive it as well."""
    directory = os.path.dirname(path)
    os.makedirs(directory, 0o700, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(f"{path}.new", flags, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(f"{path}.new", path)
    flush_directory(directory)


def forget_host(directory: str, host: str) -> None:
    """Forget the agent on a host: it has forgotten the run."""
    for more in ("", _KEY):
        with contextlib.suppress(OSError):
            os.unlink(_path(directory, host) + more)


def recorded_hosts(directory: str) -> list[str]:
    """Return the hosts whose agents may still know the run."""
    place = os.path.join(directory, _HOSTS)
    found: list[str] = []
    names = os.listdir(place) if os.path.isdir(place) else []
    for name in sorted(name for name in names if "." not in name):
        with contextlib.suppress(OSError, NotDataError), open(os.path.join(place, name), encoding="utf-8") as file:
            found.append(read_record(HostRecord, file.read(), "the record of a host").host)
    return found


def _path(directory: str, host: str) -> str:
    return os.path.join(directory, _HOSTS, hashlib.sha256(host.encode()).hexdigest()[:32])
