"""What a step may change of the standard library, where it or the flow has imported that part of it."""

from __future__ import annotations

import decimal
import locale
import socket
import sys
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from sequent.runtime.worker.process_state.state_kind import StateKind


def kinds() -> list[StateKind]:
    """All of them, as they are now."""
    return [
        StateKind("socket timeout", socket.getdefaulttimeout, socket.setdefaulttimeout, is_quick=True),
        StateKind("locale", partial(locale.setlocale, locale.LC_ALL), partial(locale.setlocale, locale.LC_ALL)),
        _kind_of("tempfile", "directory for temporary files", lambda it: it.tempdir, _set_temporary_directory),
        _kind_of("multiprocessing", "start method of multiprocessing", _start_method, _set_start_method),
        _decimal_kind(),
        StateKind("random numbers", _RandomNumbers().seed_anew),
        StateKind("event loop", _EventLoops().begin_anew, is_quick=True),
    ]


def _kind_of(module: str, name: str, look: Callable[[Any], object], restore: Callable[[Any, Any], None]) -> StateKind:
    """A kind of a module that may be imported later, and then has None until somebody changes that."""

    def look_if_there() -> object:
        found = sys.modules.get(module)
        return None if found is None else look(found)

    return StateKind(name, look_if_there, lambda before: restore(sys.modules[module], before))


def _set_temporary_directory(tempfile: Any, before: str | None) -> None:
    tempfile.tempdir = before


def _start_method(multiprocessing: Any) -> object:
    return multiprocessing.get_start_method(allow_none=True)


def _set_start_method(multiprocessing: Any, before: str | None) -> None:
    multiprocessing.set_start_method(before, force=True)


def _decimal_kind() -> StateKind:
    """The contexts from which others are made; the one in use is each attempt's own (see ``attempt``)."""
    contexts = (decimal.DefaultContext, decimal.BasicContext, decimal.ExtendedContext)
    copies = [context.copy() for context in contexts]

    def restore(_: object) -> None:
        for context, copy in zip(contexts, copies, strict=True):
            for name in ("prec", "rounding", "Emin", "Emax", "capitals", "clamp", "traps", "flags"):
                setattr(context, name, getattr(copy, name))

    return StateKind("default contexts of decimal", lambda: [*map(repr, contexts)], restore)


class _RandomNumbers:
    """Whether somebody has seeded the random numbers that all share, so far as that can be told from much use."""

    def __init__(self) -> None:
        self._words = self._look()

    def _look(self) -> object:
        random = sys.modules.get("random")
        # The last is how many of these were used up.
        return None if random is None else random.getstate()[1][:-1]

    def seed_anew(self) -> None:
        """Let nobody get the numbers that somebody has asked for by a seed."""
        if self._look() != self._words:
            sys.modules["random"].seed()
            self._words = self._look()


class _EventLoops:
    """Each step finds asyncio as it was at first: without a loop and willing to make one, or with the flow's own."""

    def __init__(self) -> None:
        asyncio = sys.modules.get("asyncio")
        self._policy: Any = None
        self._loop: Any = None
        if asyncio is not None:
            with warnings.catch_warnings():
                # From 3.14 on, all of it is to be avoided.
                warnings.simplefilter("ignore", DeprecationWarning)
                self._policy = asyncio.get_event_loop_policy()
            # To ask for it would make one.
            self._loop = getattr(getattr(self._policy, "_local", None), "_loop", None)

    def begin_anew(self) -> None:
        """Forget loops and policies."""
        asyncio = sys.modules.get("asyncio")
        if asyncio is None:
            return
        if sys.version_info < (3, 14):
            is_fresh = self._policy is None or self._loop is not None
            asyncio.set_event_loop_policy(self._policy if is_fresh else type(self._policy)())
        if sys.version_info >= (3, 14) or self._loop is not None:
            asyncio.set_event_loop(self._loop)
        # None runs between steps, whatever a step says.
        asyncio.events._set_running_loop(None)  # noqa: SLF001 - the loops of others set it so
