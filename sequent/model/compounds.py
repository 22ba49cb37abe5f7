"""Builds lists, tuples and dicts with references in them from the values of these."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sequent.model.parts import Key, cut
from sequent.model.references import Compound, CompoundForm, Literal, Value
from sequent.model.wire import decode, part_of


def composed(form: CompoundForm, keys: Sequence[str], texts: Sequence[str]) -> str:
    """The wire text of a compound whose parts have these texts."""
    if form is CompoundForm.DICT:
        pairs = ",".join(f"[{key},{text}]" for key, text in zip(keys, texts, strict=True))
        return f'{{"$d":[{pairs}]}}'
    listed = f"[{','.join(texts)}]"
    return listed if form is CompoundForm.LIST else f'{{"$t":{listed}}}'


def filled(form: CompoundForm, keys: Sequence[str], values: Sequence[object]) -> object:
    """The compound itself, whose parts have these values."""
    if form is CompoundForm.DICT:
        return dict(zip(map(decode, keys), values, strict=True))
    return list(values) if form is CompoundForm.LIST else tuple(values)


def known(compound: Compound) -> Value:
    """The compound; a literal where all its parts are."""
    literals = [part for part in compound.parts if isinstance(part, Literal)]
    if len(literals) < len(compound.parts):
        return compound
    classes = dict.fromkeys(kind for part in literals for kind in part.classes)
    return Literal(composed(compound.form, compound.keys, [part.text for part in literals]), tuple(classes))


def part_of_compound(compound: Compound, keys: tuple[Key, ...], name: str) -> tuple[Value, tuple[Key, ...]]:
    """The part that keys lead to, as far as they lead through compounds and literals; and the keys that remain.

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
