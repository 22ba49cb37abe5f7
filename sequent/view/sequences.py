"""Sequences of places: with as many numbers as the path has names, a place is a step or container as a whole."""

from __future__ import annotations

from sequent.model.references import Path
from sequent.model.scope import Sequence, numbers_in

Node = tuple[Path, Sequence]
"""A step or container as a whole, one of its copies, or one iteration of a repeated step."""
Block = tuple[Path, Sequence]
"""A container, or a repeated step, as a whole or as a copy: all of its iterations."""


def around(path: Path, sequence: Sequence) -> Sequence:
    """Return the sequence around a step or container, which is that of a place within it, or beside it, cut off."""
    numbers = 0
    for length, part in enumerate(sequence):
        if isinstance(part, int):
            numbers += 1
        if numbers > len(path) or (numbers == len(path) and isinstance(part, str)):
            return sequence[:length]
    return sequence


def is_iteration(path: Path, sequence: Sequence) -> bool:
    """Return whether a place is one iteration of a step or container."""
    return len(numbers_in(sequence)) > len(path)


def is_copy(sequence: Sequence) -> bool:
    """Return whether a place is a copy on a host, as a whole."""
    return bool(sequence) and isinstance(sequence[-1], str)


def block_around(node: Node) -> Block:
    """Return the block whose iterations, or copies, have the node."""
    path, sequence = node
    if is_iteration(path, sequence) or is_copy(sequence):
        return path, sequence[:-1]
    return path[:-1], sequence[:-1]
