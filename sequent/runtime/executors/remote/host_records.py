"""Stores for a run the agent on each host that has its attempts, and the address of that agent."""

from __future__ import annotations

import contextlib
import hashlib
import os

from msgspec import Struct

from sequent.errors import HostError, HostStage, NotDataError
from sequent.model.record_text import read_record, text_of_record
from sequent.runtime.hosts.protocol.messages import Attached

_HOSTS = "hosts"


class HostRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last agent of a run on a host."""

    host: str
    directory: str = ""
    """The word of its directory; an agent with another word does not know the run's attempts."""
    node: str = ""
    """The machine's own name."""
    boot: str = ""
    door: str = ""
    """The address that answered."""

    def refuse_other(self, told: Attached) -> None:
        """Refuse another agent: it cannot know the fate of attempts that its predecessor got.

        Raises:
            HostError: it is another one.
        """
        if self.directory not in ("", told.directory):
            raise HostError(
                f"an agent answers that knows nothing of the run: its attempts were handed to one on {self.node!r}, "
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


def write_host_record(directory: str, record: HostRecord) -> None:
    """Write the record.

    Raises:
        OSError: there is no room for it.
    """
    path = _path(directory, record.host)
    os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(f"{path}.new", flags, 0o600), "w", encoding="utf-8") as file:
        file.write(text_of_record(record))
    os.rename(f"{path}.new", path)


def forget_host(directory: str, host: str) -> None:
    """Forget the agent on a host: it has forgotten the run."""
    with contextlib.suppress(OSError):
        os.unlink(_path(directory, host))


def recorded_hosts(directory: str) -> list[str]:
    """Return the hosts whose agents may still know the run."""
    place = os.path.join(directory, _HOSTS)
    found: list[str] = []
    for name in sorted(os.listdir(place)) if os.path.isdir(place) else []:
        with contextlib.suppress(OSError, NotDataError), open(os.path.join(place, name), encoding="utf-8") as file:
            found.append(read_record(HostRecord, file.read(), "the record of a host").host)
    return found


def _path(directory: str, host: str) -> str:
    return os.path.join(directory, _HOSTS, hashlib.sha256(host.encode()).hexdigest()[:32])
