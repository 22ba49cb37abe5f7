"""Takes a part of a value from the tree of its wire text: nothing is decoded, so no class is needed."""

from __future__ import annotations

import typing

from sequent.errors import PartError
from sequent.model.scalars import READERS
from sequent.model.wording import guess, kind_of, with_article

Key = str | int
"""The part in brackets or after a dot: ``x.result["a"].b[-1]`` has the keys "a", "b" and -1."""

_MOST_SHOWN = 12
_LONGEST_SHOWN = 40


def cut(tree: object, keys: tuple[Key, ...], name: str) -> object:
    """Return the tree of the part that these keys lead to, one after the other.

    Args:
        tree: the result of ``json.loads`` of a wire text.
        keys: of a dict its keys, of a record its fields, of a list, a tuple or a range its positions.
        name: the name of the value in an error.

    Raises:
        PartError: there is no such part; the message names the parts.
    """
    for key in keys:
        tree = _step(tree, key, name)
        name = f"{name}[{key!r}]"
    return tree


def _step(tree: object, key: Key, name: str) -> object:
    if isinstance(tree, list):
        return _at(typing.cast("list[object]", tree), key, f"{name}, a list,")
    if not isinstance(tree, dict):
        raise _none(name, kind_of(tree), key)
    mapping = typing.cast("dict[str, typing.Any]", tree)
    tag = next(iter(mapping), "")
    if len(mapping) != 1 or not tag.startswith("$"):
        return _of_keys(list(mapping.items()), key, name, "dict")
    content = mapping[tag]
    match tag:
        case "$d":
            return _of_keys([(pair[0], pair[1]) for pair in content], key, name, "dict")
        case "$r":
            kind, fields = content
            return _of_keys(list(fields.items()), key, name, kind)
        case "$t":
            return _at(content, key, f"{name}, a tuple,")
        case "$fs":
            return _at(content[1], key, f"{name}, a list,")
        case "$g":
            return _at(range(*content), key, f"{name}, a range,")
        case "$e":
            raise _none(name, f"the member {content[1]!r} of {content[0]}", key)
        case _:
            read = READERS.get(tag)
            raise _none(name, kind_of(read(content)) if read else f"of the form {tag!r}", key)


def _at(items: typing.Sequence[object], key: Key, name: str) -> object:
    if isinstance(key, str):
        raise PartError(f"{name} has no {_shown(key)}: it has positions", hint="give a number, such as [0] or [-1]")
    if not items:
        raise PartError(f"{name} is empty")
    if not -len(items) <= key < len(items):
        entries = "1 entry" if len(items) == 1 else f"{len(items):,} entries"
        raise PartError(f"{name} has no {_shown(key)}; it has {entries}")
    return items[key]


def _of_keys(pairs: typing.Sequence[tuple[object, object]], key: Key, name: str, kind: str) -> object:
    for known, value in pairs:
        if known == key:
            return value
    names = [known for known, _ in pairs if isinstance(known, str | int)]
    shown = ", ".join(map(_shown, names[:_MOST_SHOWN])) + (", ..." if len(pairs) > _MOST_SHOWN else "")
    meant = guess(str(key), [known for known in names if isinstance(known, str)]).strip()
    there = f"it has: {shown}" if names else "its keys are neither text nor whole numbers"
    has = f"has no {_shown(key)}; {there}" if pairs else "is empty"
    raise PartError(f"{name}, {with_article(kind)}, {has}", hint=meant)


def _none(name: str, kind: str, key: Key) -> PartError:
    return PartError(f"{name} is {kind}, which has no {_shown(key)}")


def _shown(key: Key) -> str:
    text = repr(key)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
