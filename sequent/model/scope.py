"""The place of a task: one iteration of a container, and the iterations around it."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from sequent.model.references import Path


Sequence = tuple[int | str, ...]
"""The numbers of the iterations that a task is in, from the root in; and, in its place, the host whose copy it is in.

The host stands after as many numbers as there are names in the path of the step or container that has the copies.
"""


class Scope(Struct, frozen=True):
    """One iteration of a container.

    ``id`` is unique within the run. ``node`` is the container's index in the plan, ``number`` the
    iteration (from 1), and ``sequence`` the numbers from the root in; ``parent`` is None for the root.
    Copies of a step or container on hosts are iterations as well; the sequence has the host and not the number.
    """

    id: int
    node: int
    number: int
    sequence: Sequence
    parent: Scope | None = None


def numbers_in(sequence: Sequence) -> tuple[int, ...]:
    """Return the numbers, without the host."""
    return tuple(part for part in sequence if not isinstance(part, str))


def sequence_text(sequence: Sequence) -> str:
    """Return a sequence as people read it: ``1.2.2``."""
    return ".".join(map(str, numbers_in(sequence)))


def read_sequence(text: str, host: str, depth: int) -> Sequence:
    """Return the sequence of a task from its numbers as text, its host, and the place of the host; 0: no copies."""
    numbers = tuple(map(int, text.split(".")))
    return (*numbers[:depth], host, *numbers[depth:]) if depth else numbers


MOST_DIGITS = 15
"""The digits of the largest number in a sequence that a person can name: databases count up to 64 bits."""
_MOST_LEVELS = 64


def is_sequence(text: str) -> bool:
    """Return whether a typed text is a sequence or the beginning of one, such as ``1.2``."""
    numbers = text.split(".")
    return len(numbers) <= _MOST_LEVELS and all(
        number.isascii() and number.isdecimal() and len(number) <= MOST_DIGITS for number in numbers
    )


def is_within(name: str, around: str) -> bool:
    """Return whether a dotted path, or a sequence in words, is another one, or further in."""
    return name == around or name.startswith(f"{around}.")


def host_in(sequence: Sequence) -> str:
    """Return the host of the copy that a task is in; '' if there are no copies."""
    return next((part for part in sequence if isinstance(part, str)), "")


def depth_of_host(sequence: Sequence) -> int:
    """Return the number of names in its path up to the step or container that has copies; 0 if none has."""
    return next((depth for depth, part in enumerate(sequence) if isinstance(part, str)), 0)


def path_on_host(path: str, host: str, depth: int) -> str:
    """Return a path as people read it, with the host in its place: ``load@etl2``, ``s11@etl2.s111``.

    Args:
        path: the dotted path.
        host: the host; '' if there are no copies.
        depth: the number of names up to the step or container that has the copies.
    """
    if not host:
        return path
    names = path.split(".")
    names[depth - 1] += f"@{host}"
    return ".".join(names)


def located(path: str, sequence: Sequence) -> str:
    """Return the dotted path of a task with the host in its place."""
    return path_on_host(path, host_in(sequence), depth_of_host(sequence))


def address_of(path: Path, sequence: Sequence) -> str:
    """Return a task as people read it: ``load/1.3``; for a copy ``load@etl2/1.3``, ``s11@etl2.s111/1.1.2``."""
    return f"{located('.'.join(path), sequence)}/{sequence_text(sequence)}"


def split_host(typed: str, paths: Container[str]) -> tuple[str, str]:
    """Return the path and the host of a typed path: ``s11@etl2.s111`` is ``s11.s111`` on ``etl2``; '' without a host.

    The name of a host may contain dots, as the path does. The longest rest that makes a known path belongs to the path.
    """
    before, at, after = typed.partition("@")
    if not at:
        return typed, ""
    for end in (found for found, letter in enumerate(after) if letter == "."):
        if f"{before}{after[end:]}" in paths:
            return f"{before}{after[end:]}", after[:end]
    return before, after
