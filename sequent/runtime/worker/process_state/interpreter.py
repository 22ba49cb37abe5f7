"""The state of the interpreter that a step may change."""

from __future__ import annotations

import builtins
import faulthandler
import gc
import importlib
import sys
import threading
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from sequent.runtime.worker.process_state.libc import library
from sequent.runtime.worker.process_state.state_kind import StateKind, attributes, contents

_ALL_EXCEPTIONS = 0xFFFF
_BUILTINS: dict[str, object] = builtins.__dict__
_NAMES = tuple(_BUILTINS)
_FRESH_WARNINGS: Callable[[], None] | None = getattr(warnings, "_filters_mutated", None)


def kinds() -> list[StateKind]:
    """Return all of them, as they are now."""
    return [
        attributes("arguments and module search path", sys, "argv", "path"),
        contents("arguments", sys.argv),
        contents("module search path", sys.path),
        attributes("hooks of sys", sys, "excepthook", "displayhook", "unraisablehook", "breakpointhook"),
        StateKind("tracing", sys.gettrace, sys.settrace, is_quick=True),
        StateKind("profiling", sys.getprofile, sys.setprofile, is_quick=True),
        StateKind("recursion limit", sys.getrecursionlimit, sys.setrecursionlimit, is_quick=True),
        StateKind("longest number as text", sys.get_int_max_str_digits, sys.set_int_max_str_digits, is_quick=True),
        StateKind("switch interval", sys.getswitchinterval, sys.setswitchinterval, is_quick=True),
        StateKind("length of tracebacks", lambda: getattr(sys, "tracebacklimit", None), _limit_tracebacks),
        attributes("writing of bytecode", sys, "dont_write_bytecode", "pycache_prefix"),
        *_garbage_kinds(),
        *_warning_kinds(),
        *_thread_kinds(),
        StateKind(
            "hooks of asynchronous generators", sys.get_asyncgen_hooks, lambda before: sys.set_asyncgen_hooks(*before)
        ),
        StateKind(
            "origins of coroutines",
            sys.get_coroutine_origin_tracking_depth,
            sys.set_coroutine_origin_tracking_depth,
        ),
        StateKind("flags for loading libraries", sys.getdlopenflags, sys.setdlopenflags),
        StateKind("rounding of numbers", _arithmetic, _restore_arithmetic),
        _kept("finders of modules", sys.meta_path, lambda finder: hasattr(finder, "find_spec")),
        _kept("readers of module search paths", sys.path_hooks, callable),
        StateKind("builtins", lambda: [*map(_BUILTINS.get, _NAMES)], _restore_builtins),
        StateKind("faulthandler", faulthandler.is_enabled, lambda _: faulthandler.enable(2), is_quick=True),
        StateKind("tracemalloc", _traces_memory, lambda _: importlib.import_module("tracemalloc").stop()),
    ]


def _arithmetic() -> tuple[int, int]:
    """Return how floating-point numbers are rounded, and which of their exceptions raise a signal."""
    return (library.fegetround(), library.fegetexcept()) if hasattr(library, "fegetexcept") else (0, 0)


def _restore_arithmetic(before: tuple[int, int]) -> None:
    rounding, signalled = before
    library.fesetround(rounding)
    library.fedisableexcept(~signalled & _ALL_EXCEPTIONS)
    library.feenableexcept(signalled)


def _kept(name: str, of: list[Any], is_of_use: Callable[[object], bool]) -> StateKind:
    """Observe a list whose entries must stay; usable entries that a library adds may stay as well."""
    ours = of.copy()

    def look() -> list[object]:
        return [it for it in of if it in ours or not is_of_use(it)]

    def restore(_: object) -> None:
        of[:] = [*(it for it in of if it not in ours and is_of_use(it)), *ours]

    return StateKind(name, look, restore)


def _limit_tracebacks(before: int | None) -> None:
    if before is None:
        del sys.tracebacklimit
    else:
        sys.tracebacklimit = before


def _garbage_kinds() -> list[StateKind]:
    return [
        StateKind("garbage collection", gc.isenabled, _collect_garbage, is_quick=True),
        StateKind("thresholds of garbage collection", gc.get_threshold, _set_thresholds, is_quick=True),
        StateKind("debugging of garbage collection", gc.get_debug, gc.set_debug),
        contents("callbacks of garbage collection", gc.callbacks),
        StateKind("frozen objects", gc.get_freeze_count, _unfreeze),
    ]


def _collect_garbage(before: bool) -> None:
    (gc.enable if before else gc.disable)()


def _set_thresholds(before: tuple[int, int, int]) -> None:
    gc.set_threshold(*before)


def _unfreeze(before: int) -> None:
    if before == 0:
        gc.unfreeze()


def _warning_kinds() -> list[StateKind]:
    module: Any = warnings
    return [
        attributes("warnings", module, "filters", "showwarning", "formatwarning", "onceregistry"),
        contents("filters of warnings", module.filters),
        StateKind("warnings that were shown", _forget_shown, is_quick=True),
    ]


def _forget_shown() -> None:
    """Let each step be warned: by default a line warns only once."""
    if warnings.onceregistry:  # type: ignore[attr-defined]
        warnings.onceregistry.clear()  # type: ignore[attr-defined]
    if _FRESH_WARNINGS is not None:
        _FRESH_WARNINGS()
    else:
        with warnings.catch_warnings():
            return


def _thread_kinds() -> list[StateKind]:
    return [
        StateKind("excepthook of threads", lambda: threading.excepthook, partial(setattr, threading, "excepthook")),
        StateKind("tracing of threads", threading.gettrace, threading.settrace),
        StateKind("profiling of threads", threading.getprofile, threading.setprofile),
        StateKind("stack size of threads", threading.stack_size, threading.stack_size),
    ]


def _restore_builtins(before: list[object]) -> None:
    """Restore the earlier builtins only: a new one may belong to a module, which goes on using it."""
    _BUILTINS.update(zip(_NAMES, before, strict=True))


def _traces_memory() -> bool:
    # A module that is not imported cannot trace.
    module = sys.modules.get("tracemalloc")
    return module is not None and module.is_tracing()
