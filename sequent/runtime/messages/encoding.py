"""The bytes of a message: MessagePack, in which a string such as a result stands as it is."""

from __future__ import annotations

from typing import cast

from msgspec import to_builtins
from msgspec.msgpack import Encoder

from sequent.runtime.orders import Message

_encode = Encoder().encode


def encoded(message: Message) -> bytes:
    """Return the bytes of a message."""
    try:
        return _encode(message)
    except UnicodeEncodeError:
        return _encode(_printable(to_builtins(message, builtin_types=(bytes,))))


def _printable(tree: object) -> object:
    """Replace lone surrogates, which a message cannot contain, by backslashes: in names of files, of classes."""
    if isinstance(tree, str):
        return tree.encode("utf-8", "backslashreplace").decode()
    if isinstance(tree, list | tuple):
        return [_printable(item) for item in cast("list[object]", tree)]
    if isinstance(tree, dict):
        return {key: _printable(item) for key, item in cast("dict[str, object]", tree).items()}
    return tree
