"""The place of a task: one iteration of a container, and the iterations around it."""

from __future__ import annotations

from msgspec import Struct


class Scope(Struct, frozen=True):
    """One iteration of a container.

    ``id`` is unique within the run. ``node`` is the container's index in the plan, ``number`` the
    iteration (from 1), and ``sequence`` the numbers from the root in; ``parent`` is None for the root.
    """

    id: int
    node: int
    number: int
    sequence: tuple[int, ...]
    parent: Scope | None = None


def sequence_text(sequence: tuple[int, ...]) -> str:
    """Return a sequence as people read it: ``1.2.2``."""
    return ".".join(map(str, sequence))
