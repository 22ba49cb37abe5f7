"""The items of a repeat, in the text form in which they are stored."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator

from sequent.digests import sha256
from sequent.errors import NotDataError
from sequent.model.json_text import read_json, text_of
from sequent.model.record_text import MOST

_LONGEST_SHOWN = 80


class Items:
    """The items of a repeat, each as wire text; those of a range are computed on demand."""

    def __init__(self, text: str) -> None:
        """Read the wire text of a list, a tuple or a range.

        Raises:
            NotDataError: the text is that of another value, or of a range of more items than any run has.
        """
        tree = read_json(text, "the text of items")
        if isinstance(tree, dict):
            mapping = typing.cast("dict[str, typing.Any]", tree)
            if set(mapping) == {"$g"}:
                tree = range(*mapping["$g"])
            elif set(mapping) == {"$t"}:
                tree = mapping["$t"]
            elif set(mapping) == {"$fs"}:
                tree = mapping["$fs"][1]
        if not isinstance(tree, list | range):
            shown = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."
            raise NotDataError(f"repeats needs a list, a tuple or a range, got {shown}")
        if tree[MOST:]:
            raise NotDataError(f"repeats needs a range of fewer than 2**53 items, got {tree!r}")
        self._items = typing.cast("list[object] | range", tree)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> str:
        item = self._items[index]
        # Most repeats are over ranges of integers, and ``text_of`` makes an encoder for each item.
        return str(item) if type(item) is int else text_of(item)

    def __iter__(self) -> Iterator[str]:
        return map(text_of, self._items)


def digest_of(items: Iterator[str] | Iterable[str]) -> str:
    """Return a digest of items' texts, to compare two draws of an iterator; '' if there are no items."""
    total = sha256()
    is_empty = True
    for item in items:
        is_empty = False
        data = item.encode("utf-8", "surrogatepass")
        total.update(b"%d:" % len(data))
        total.update(data)
    return "" if is_empty else total.hexdigest()
