"""The port through which notebooks show flows and outcomes; the module that draws them fills it."""

from __future__ import annotations

from collections.abc import Callable

Shower = Callable[[object], str | None]
"""Returns an object as HTML; None if its ``repr`` says as much."""


class _ShowPort:
    shower: Shower | None = None


_port = _ShowPort()


def set_shower(shower: Shower) -> None:
    """Register the function that shows flows and outcomes."""
    _port.shower = shower


def shown(thing: object) -> str | None:
    """Return a flow or outcome as HTML; None if no function is registered, or its ``repr`` is enough."""
    return None if _port.shower is None else _port.shower(thing)
