"""Turns the messages of OpenSSH's client, which are in English, into errors."""

from __future__ import annotations

import re
from collections.abc import Callable

from sequent.errors import HostError, HostStage, Place
from sequent.runtime.hosts.transports.host_errors import Denial, HostErrors
from sequent.runtime.hosts.transports.program_pipes import ProgramEnd

LET_IN = b"Authenticated to "
"""The words in its log once the host has accepted us."""
OWN_TROUBLE = 255
"""The exit code for a problem of ``ssh`` itself, or for a command that a signal ended."""
_CHATTER = ("Authenticated to ", "Transferred: ", "Bytes per second: ")


def judge(errors: HostErrors, end: ProgramEnd, command: str, said: bytes) -> HostError | None:
    """Return why ``ssh`` ended.

    Returns:
        the error; None if its words do not suffice: a host key is unknown, or none of our keys is accepted.
    """
    if end.status != OWN_TROUBLE:
        return errors.ended(command, end.status, end.errors, said)
    log = own_words(end.log)
    was_let_in = LET_IN.decode() in end.log
    if not was_let_in:
        # A program of the user's on the way to the host has no log of its own.
        log = "\n".join(filter(None, (log, end.errors)))
    for pattern, make in _BEFORE if not was_let_in else _WITHIN:
        if matched := re.search(pattern, log):
            return make(errors, matched, log) if make else None
    if was_let_in and (ended := re.search(r"Connection to \S+ closed by remote host", end.errors)):
        return errors.lost(ended[0])
    if not was_let_in:
        return errors.other(log or "ssh ended without a word")
    return errors.lost(log) if log else errors.ended(command, None, end.errors, said)


def own_words(log: str) -> str:
    """Return its log without the lines of success."""
    return "\n".join(line.strip() for line in log.splitlines() if not line.startswith(_CHATTER))


def unknown_name(log: str) -> str:
    """Return the host with an unknown key, by its name in files of known hosts; '' if that is not the problem."""
    matched = re.search(r"No \S+ host key is known for (\S+)", log)
    return matched[1] if matched else ""


def denial_of(log: str) -> Denial:
    """Return the host's answer to our keys."""
    allowed = re.search(r"Permission denied \(([^)]*)\)", log)
    return Denial(
        allowed=allowed[1] if allowed else "",
        is_partial="with partial success" in log,
        has_too_many="Too many authentication failures" in log,
    )


def _line(found: re.Match[str]) -> str:
    """Return the line of a match: that of the first host on the way that had a problem."""
    text = found.string
    return text[text.rfind("\n", 0, found.start()) + 1 :].partition("\n")[0].removeprefix("ssh: ")


def _changed(errors: HostErrors, _: re.Match[str], log: str) -> HostError:
    name = re.search(r"Host key for (\S+) has changed", log)
    place = re.search(r"Offending \S+ key in (.+):(\d+)", log)
    key = re.search(r"for the (\S+ key) sent by the remote host is\s+(SHA256:[\w+/]+)", log)
    return errors.key_changed(
        name[1] if name else "",
        f"{key[1]} {key[2]}" if key else "",
        Place(place[1], int(place[2])) if place else None,
    )


_Maker = Callable[[HostErrors, re.Match[str], str], HostError]

_BEFORE: tuple[tuple[str, _Maker | None], ...] = (
    (r"REMOTE HOST IDENTIFICATION HAS CHANGED", _changed),
    (r"host key for (\S+) is marked as revoked", lambda errors, found, _: errors.key_revoked(found[1])),
    (r"No \S+ host key is known for", None),
    (r"Host key verification failed", lambda errors, _, log: errors.other(log, HostStage.HOST_KEY)),
    (r"Could not resolve hostname (\S+): (.*)", lambda errors, found, _: errors.name_unknown(found[1], found[2])),
    (r"Bad (configuration option|owner or permissions)", lambda errors, _, log: errors.other(log, HostStage.NAME)),
    (r"Permission denied|Too many authentication failures", None),
    (r"stdio forwarding failed|open failed", lambda errors, found, _: errors.no_way_on(_line(found))),
    (r"Connection refused", lambda errors, found, _: errors.refused(_line(found))),
    (r"timed out", lambda errors, found, _: errors.silent(_line(found))),
    (r"No route to host|Network is unreachable", lambda errors, found, _: errors.refused(_line(found))),
    (r"Unable to negotiate with", lambda errors, found, _: errors.no_agreement(_line(found))),
    (
        r"Connection (closed|reset) by|exchange_identification",
        lambda errors, found, _: errors.turned_away(_line(found)),
    ),
)
"""The meanings of its messages before the host accepts us. The first match counts."""
_WITHIN: tuple[tuple[str, _Maker | None], ...] = (
    (r"open failed|request failed", lambda errors, found, _: errors.no_session(_line(found))),
)
"""The meanings of its messages afterwards."""
