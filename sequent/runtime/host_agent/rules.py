"""The limits with which an agent was started: the modules that it loads, and whether it runs shell scripts.

Each session on a host imports this, and does without attrs for that.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from typing import NamedTuple

from sequent.runtime.hosts.protocol.greeting import NO_ROOT


class Rules(NamedTuple):
    """The limits in a line of ``authorized_keys``, which no driver can change."""

    modules: tuple[str, ...] = ()
    """The modules that may contain the flow, with those inside them; empty: any."""
    no_shell: bool = False
    """Whether ``shell=`` is refused."""
    allow_root: bool = False

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        """Add the options that set the limits."""
        parser.add_argument("--allow-module", dest="modules", action="append", default=[], metavar="MODULE")
        parser.add_argument("--no-shell", action="store_true")
        parser.add_argument("--allow-root", action="store_true")

    @classmethod
    def of(cls, options: argparse.Namespace) -> Rules:
        """Return the typed limits."""
        return cls(
            modules=tuple(sorted(set(options.modules))), no_shell=options.no_shell, allow_root=options.allow_root
        )

    @property
    def words(self) -> list[str]:
        """The options that set these limits."""
        words = [word for module in self.modules for word in ("--allow-module", module)]
        return [*words, *(["--no-shell"] if self.no_shell else []), *(["--allow-root"] if self.allow_root else [])]

    @property
    def is_restricted(self) -> bool:
        """Whether anything is refused."""
        return bool(self.modules) or self.no_shell

    @property
    def mark(self) -> str:
        """A mark that distinguishes the directories of agents with other limits."""
        if not self.is_restricted:
            return ""
        return "-" + hashlib.sha256(repr((self.modules, self.no_shell)).encode()).hexdigest()[:16]

    def refusal(self, module: str, *, has_surroundings: bool) -> str:
        """Return why a flow is not loaded; '' if it may be.

        Args:
            module: its module.
            has_surroundings: whether the driver sets a directory or variables, by which another module could be found.
        """
        if self.modules and not any(module == allowed or module.startswith(f"{allowed}.") for allowed in self.modules):
            return f"the module {module!r} is not allowed here, only {', '.join(map(repr, self.modules))}"
        if self.is_restricted and has_surroundings:
            return "this key may neither choose a directory nor set variables here"
        return ""

    def refusal_of_user(self) -> str:
        """Return why no attempt is executed for this user; '' if they may be."""
        if os.getuid() == 0 and not self.allow_root:
            return f"{NO_ROOT}: use another user, or command = 'sequent-agent --allow-root'"
        return ""
