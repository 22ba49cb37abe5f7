"""The state of the standard library that a step may change, in modules that it or the flow has imported."""

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
    """Return all of them, as they are now."""
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
    """Observe a module that may be imported later; its value is None before that, and until a step changes it."""

    def look_if_there() -> object:
        owner = sys.modules.get(module)
        return None if owner is None else look(owner)

    return StateKind(name, look_if_there, lambda before: restore(sys.modules[module], before))


def _set_temporary_directory(tempfile: Any, before: str | None) -> None:
    tempfile.tempdir = before


def _start_method(multiprocessing: Any) -> object:
    return multiprocessing.get_start_method(allow_none=True)


def _set_start_method(multiprocessing: Any, before: str | None) -> None:
    multiprocessing.set_start_method(before, force=True)


def _decimal_kind() -> StateKind:
    """Return the contexts from which others are made; the one in use is each attempt's own (see ``attempt``)."""
    contexts = (decimal.DefaultContext, decimal.BasicContext, decimal.ExtendedContext)
    copies = [context.copy() for context in contexts]

    def restore(_: object) -> None:
        for context, copy in zip(contexts, copies, strict=True):
            for name in ("prec", "rounding", "Emin", "Emax", "capitals", "clamp", "traps", "flags"):
                setattr(context, name, getattr(copy, name))

    return StateKind("default contexts of decimal", lambda: [*map(repr, contexts)], restore)


class _RandomNumbers:
    """The state of the shared random numbers, which tells a new seed from use, except from heavy use."""

    def __init__(self) -> None:
        self._words = self._look()

    def _look(self) -> object:
        random = sys.modules.get("random")
        # The last entry counts how many of the others are used up.
        return None if random is None else random.getstate()[1][:-1]

    def seed_anew(self) -> None:
        """Seed anew after a step has seeded, so that the next step does not get the numbers of that seed."""
        if self._look() != self._words:
            sys.modules["random"].seed()
            self._words = self._look()


class _EventLoops:
    """Resets asyncio for each step: without a loop and ready to make one, or with the flow's own loop."""

    def __init__(self) -> None:
        asyncio = sys.modules.get("asyncio")
        self._policy: Any = None
        self._loop: Any = None
        if asyncio is not None:
            with warnings.catch_warnings():
                # From 3.14 on, all of these are deprecated.
                warnings.simplefilter("ignore", DeprecationWarning)
                self._policy = asyncio.get_event_loop_policy()
            # Asking for the loop would make one.
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
        # No loop runs between steps, whatever a step has set.
        asyncio.events._set_running_loop(None)  # noqa: SLF001 - other event loops set it in this way
