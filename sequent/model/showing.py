"""The port through which notebooks show flows and outcomes; who can draw them fills it."""

from __future__ import annotations

from collections.abc import Callable

Shower = Callable[[object], str | None]
"""Gives a thing as HTML; None where it has no more to show than its ``repr``."""


class _ShowPort:
    shower: Shower | None = None


_port = _ShowPort()


def set_shower(shower: Shower) -> None:
    """Say who shows things."""
    _port.shower = shower


def shown(thing: object) -> str | None:
    """A thing as HTML; None where there is nobody who shows it, or nothing more than its ``repr``."""
    return None if _port.shower is None else _port.shower(thing)
