"""Decides which driver an agent serves, and completes the setup that the driver sends."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterable

from msgspec.structs import replace

import sequent
from sequent.model.run_target import Target
from sequent.runtime.host_agent.places import shipped_path
from sequent.runtime.host_agent.rules import Rules
from sequent.runtime.host_agent.seen_tokens import Contact, SeenTokens
from sequent.runtime.hosts.protocol.greeting import NEWEST, OLDEST, WITH_STORIES
from sequent.runtime.hosts.protocol.messages import Attach, Attached, AttachRefused, HostSetup
from sequent.runtime.processes import process_trees

WORD = "word"
"""The file with the word of an agent's directory."""


def has_word(place: int) -> bool:
    """Return whether a directory has a word: it has no logs without one."""
    return os.access(WORD, os.F_OK, dir_fd=place, follow_symlinks=False)


class Admission:
    """The rules by which a driver of a run is served.

    Args:
        key: the run.
        path: the agent's directory for it.
        place: a descriptor of that directory.
        rules: the limits of the agent.
        seen: the newest driver so far.
    """

    def __init__(self, key: str, path: str, place: int, rules: Rules, seen: SeenTokens) -> None:
        self._key = key
        self._path = path
        self._place = place
        self._rules = rules
        self._seen = seen

    def refusal_of(self, wish: Attach) -> AttachRefused | None:
        """Return why a driver is not served; None if it is."""
        if not OLDEST <= wish.version <= NEWEST or wish.key != self._key:
            return AttachRefused("forbidden", "it speaks another version of the protocol, or means another run")
        workers = wish.setup.workers
        has_surroundings = bool(workers.target.cwd or workers.variables or workers.sys_path or wish.setup.shipped)
        reason = self._rules.refusal(workers.target.module, has_surroundings=has_surroundings)
        if reason:
            return AttachRefused("forbidden", reason)
        try:
            is_later = self._seen.meet(Contact(wish.epoch, wish.contact))
        except OSError as error:
            return AttachRefused("broken", f"the agent cannot write to {self._path}: {error.strerror}")
        return None if is_later else AttachRefused("fenced", "a later driver of this run has been here")

    def setup_for(self, wish: Attach) -> HostSetup:
        """Return the setup of a driver's workers, with the paths of this host."""
        setup = wish.setup
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
            takes_stories=wish.version >= WITH_STORIES,
        )
        return HostSetup(workers=workers, host=setup.host, most_workers=setup.most_workers)

    def welcome(self, known: Iterable[str]) -> Attached:
        """Return the first message to a driver that is served; ``known`` are the attempts that are known here."""
        return Attached(
            directory=self.word(),
            node=os.uname().nodename,
            boot=process_trees.boot_id(),
            python=platform.python_version(),
            sequent=sequent.__version__,
            processors=os.cpu_count() or 1,
            now=time.time(),
            known=tuple(known),
        )

    def word(self) -> str:
        """Return a word that distinguishes this directory, and its logs, from all others."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.open(WORD, flags, 0o600, dir_fd=self._place)
        try:
            found = os.read(file, 64).decode()
            if not found:
                found = os.urandom(8).hex()
                os.write(file, found.encode())
                # A driver remembers it, and takes an agent with another one for a stranger: also after a power cut.
                os.fsync(file)
                os.fsync(self._place)
            return found
        finally:
            os.close(file)
