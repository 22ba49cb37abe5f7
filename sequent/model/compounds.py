"""Builds lists, tuples and dicts that contain references from the values of these references."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sequent.model.references import Compound, CompoundForm, Literal, Value
from sequent.model.value_parts import Key, cut
from sequent.model.value_text import decode, part_of


def composed(form: CompoundForm, keys: Sequence[str], texts: Sequence[str]) -> str:
    """Return the wire text of a compound from the wire texts of its parts."""
    if form is CompoundForm.DICT:
        pairs = ",".join(f"[{key},{text}]" for key, text in zip(keys, texts, strict=True))
        return f'{{"$d":[{pairs}]}}'
    listed = f"[{','.join(texts)}]"
    return listed if form is CompoundForm.LIST else f'{{"$t":{listed}}}'


def filled(form: CompoundForm, keys: Sequence[str], values: Sequence[object]) -> object:
    """Return the compound itself from the values of its parts."""
    if form is CompoundForm.DICT:
        return dict(zip(map(decode, keys), values, strict=True))
    return list(values) if form is CompoundForm.LIST else tuple(values)


def known(compound: Compound) -> Value:
    """Return a literal if all parts of a compound are literals, else the compound."""
    literals = [part for part in compound.parts if isinstance(part, Literal)]
    if len(literals) < len(compound.parts):
        return compound
    classes = dict.fromkeys(kind for part in literals for kind in part.classes)
    return Literal(composed(compound.form, compound.keys, [part.text for part in literals]), tuple(classes))


def part_of_compound(compound: Compound, keys: tuple[Key, ...], name: str) -> tuple[Value, tuple[Key, ...]]:
    """Return the part that keys lead to through compounds and literals, and the keys that remain.

    Args:
        compound: the whole.
        keys: of a dict its keys, of a list or a tuple its positions.
        name: the name of the whole in an error.

    Raises:
        PartError: there is no such part.
    """
    part: Value = compound
    for at, key in enumerate(keys):
        if isinstance(part, Literal):
            return Literal(part_of(part.text, keys[at:], name), part.classes), ()
        if not isinstance(part, Compound):
            return part, keys[at:]
        numbers = [str(number) for number in range(len(part.parts))]
        found = cut(json.loads(composed(part.form, part.keys, numbers)), (key,), name)
        part = part.parts[int(str(found))]
        name = f"{name}[{key!r}]"
    return part, ()
