"""What an agent was started with: which modules it loads, and what it executes of them."""

from __future__ import annotations

import argparse
import hashlib
import os

from attrs import frozen

from sequent.by_fields import ByFields


@frozen(kw_only=True, eq=False, repr=False)
class Rules(ByFields):
    """The limits that a line of ``authorized_keys`` sets, whatever a driver asks for."""

    modules: tuple[str, ...] = ()
    """The modules that may hold the flow, with those inside them; empty: any."""
    no_shell: bool = False
    """Whether ``shell=`` is refused."""
    allow_root: bool = False

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        """Add the options that set them."""
        parser.add_argument("--allow-module", dest="modules", action="append", default=[], metavar="MODULE")
        parser.add_argument("--no-shell", action="store_true")
        parser.add_argument("--allow-root", action="store_true")

    @classmethod
    def of(cls, options: argparse.Namespace) -> Rules:
        """Those that were typed."""
        return cls(
            modules=tuple(sorted(set(options.modules))), no_shell=options.no_shell, allow_root=options.allow_root
        )

    @property
    def words(self) -> list[str]:
        """The options that set them."""
        words = [word for module in self.modules for word in ("--allow-module", module)]
        return [*words, *(["--no-shell"] if self.no_shell else []), *(["--allow-root"] if self.allow_root else [])]

    @property
    def is_restricted(self) -> bool:
        """Whether anything is refused."""
        return bool(self.modules) or self.no_shell

    @property
    def mark(self) -> str:
        """What tells the directory of an agent with limits from that of one without, or with others."""
        if not self.is_restricted:
            return ""
        return "-" + hashlib.sha256(repr((self.modules, self.no_shell)).encode()).hexdigest()[:16]

    def refusal(self, module: str, *, has_surroundings: bool) -> str:
        """Why a flow is not loaded; empty where it may be.

        Args:
            module: where it is.
            has_surroundings: whether a directory or variables are wanted, by which another module could be found.
        """
        if self.modules and not any(module == allowed or module.startswith(f"{allowed}.") for allowed in self.modules):
            return f"the module {module!r} is not allowed here, only {', '.join(map(repr, self.modules))}"
        if self.is_restricted and has_surroundings:
            return "this key may neither choose a directory nor set variables here"
        return ""

    def refusal_of_user(self) -> str:
        """Why nothing is executed for this user; empty where it may be."""
        if os.getuid() == 0 and not self.allow_root:
            return "the agent does not run as root: use another user, or command = 'sequent-agent --allow-root'"
        return ""
