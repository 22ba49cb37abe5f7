"""Digests of the sources of modules, by which a host shows that it has the same ones as the driver."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from types import ModuleType

from sequent.digests import sha256
from sequent.errors import UsageError
from sequent.model.spec import Definition

_SHOWN = 12
"""Digits of a digest that an error shows."""
_INSTALLED = ("site-packages", "dist-packages")
COPY = "copy it there, or set ship = true for the host"
"""The hint for a module that a host lacks, or has in another version."""


def sources_of(definition: Definition, module: str) -> tuple[tuple[str, str], ...]:
    """The flow's own modules with steps in them, each with its digest.

    Args:
        definition: the flow, which this process has loaded.
        module: its module's name.
    """
    names = {module, *(getattr(function, "__module__", "") or "" for function in definition.functions.values())}
    top = module.partition(".")[0]
    main = sys.modules.get("__main__")
    # A script is a module elsewhere.
    here = {name: sys.modules.get(name, main if name == module else None) for name in names - {"__main__"}}
    root = _root_of(here[module], module)
    own = (name for name in sorted(here) if name.partition(".")[0] == top or _is_below(here[name], root))
    return tuple((name, digest) for name in own if (digest := _digest_of(here[name])))


def _root_of(module: ModuleType | None, name: str) -> str:
    """Return the directory from which a module is imported; '' if that contains installed packages."""
    file = getattr(module, "__file__", None) or ""
    root = os.path.realpath(file)
    for _ in range(name.count(".") + (2 if os.path.basename(file) == "__init__.py" else 1)):
        root = os.path.dirname(root)
    return "" if not file or os.path.basename(root) in _INSTALLED else root


def _is_below(module: ModuleType | None, root: str) -> bool:
    file = getattr(module, "__file__", None) or ""
    return bool(root and file) and os.path.realpath(file).startswith(os.path.join(root, ""))


def _digest_of(module: ModuleType | None) -> str:
    """Return the SHA-256 of a module's source; '' if it has none."""
    try:
        with open(getattr(module, "__file__", None) or "", "rb") as file:
            return sha256(file.read()).hexdigest()
    except OSError:
        return ""


def refuse_other_sources(sources: Iterable[tuple[str, str]], host: str) -> None:
    """Check that the modules here are those of the driver.

    Raises:
        UsageError: one is another.
    """
    for name, wanted in sources:
        # None is imported for this: a driver could name any module.
        module = sys.modules.get(name)
        if module is None:
            message = f"the module {name!r} has steps of the flow where the run was started, but not on host {host!r}"
            raise UsageError(message, code="other-source", hint=COPY)
        found = _digest_of(module)
        if found != wanted:
            raise UsageError(
                f"the module {name!r} is another one on host {host!r}: {found[:_SHOWN] or 'without source'} in "
                f"{getattr(module, '__file__', None)!r}, {wanted[:_SHOWN]} where the run was started",
                code="other-source",
                hint=COPY,
            )
