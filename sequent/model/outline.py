"""The parts of a flow by name, for readers that need no more of its description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, convert

Outline = Mapping[str, str]
"""By dotted path ('' is the flow itself), the kind of each part; each container before its contents."""
CONTAINERS = ("flow", "container")
QUESTION = "question"


class _OutlinedPart(Struct):
    kind: Literal["flow", "container", "step", "command", "question", "nothing"]
    returns: str = ""


def read_outline(tree: Any) -> Outline:
    """Return the parts in a description that was kept as JSON: see ``description.read_description``.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: no version of Sequent wrote it.
    """
    if isinstance(tree.get("version"), str | None):
        # In the first version, each part was a sentence.
        texts = convert(tree, dict[str, str])
        return {path: CONTAINERS[-1] if text.startswith(CONTAINERS) else "step" for path, text in texts.items()}
    parts = convert(tree["parts"], dict[str, _OutlinedPart])
    return {path: part.kind for path, part in parts.items()}


def read_returned(tree: Any) -> Mapping[str, str]:
    """Return the type of the result of each step that must have one, by path: see ``Part.returns``.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: no version of Sequent wrote it.
    """
    if isinstance(tree.get("version"), str | None):
        return {}
    return {path: part.returns for path, part in convert(tree["parts"], dict[str, _OutlinedPart]).items()}
