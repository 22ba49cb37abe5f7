"""Digests of code, by which a recovery tells that a step has changed since the run began."""

from __future__ import annotations

import functools
from collections.abc import Callable
from hashlib import blake2b
from types import CodeType
from typing import Any, cast


def fingerprint(function: Callable[..., object], *further: str) -> str:
    """A digest of what a callable does, whatever its lines and comments; and of further texts."""
    digest = blake2b(digest_size=16)
    _add(digest, function)
    for text in further:
        _add_text(digest, text)
        digest.update(b"\0")
    return digest.hexdigest()


def code_owner(function: object) -> object:
    """The function that is executed when something is called: of a partial, a method or an object as well."""
    target = function
    while isinstance(target, functools.partial):
        target = cast("functools.partial[object]", target).func
    if not hasattr(target, "__code__") and not isinstance(target, type):
        target = getattr(cast("object", type(target)), "__call__", target)  # noqa: B004  its code is wanted, not whether it has any
    return getattr(target, "__func__", target)


def _add(digest: Any, function: object) -> None:
    while isinstance(function, functools.partial):
        whole = cast("functools.partial[object]", function)
        _add_text(digest, _stable((whole.args, tuple(sorted(whole.keywords.items())))))
        function = whole.func
    target: Any = code_owner(function)
    code = getattr(target, "__code__", None)
    if isinstance(code, CodeType):
        _add_code(digest, code)
        _add_text(digest, _stable(getattr(target, "__defaults__", None)))
        if by_name := getattr(target, "__kwdefaults__", None):
            _add_text(digest, _stable(tuple(sorted(by_name.items()))))
    else:
        digest.update(str(getattr(target, "__qualname__", type(target).__qualname__)).encode())


def _add_code(digest: Any, code: CodeType) -> None:
    digest.update(code.co_code)
    constants = [constant for constant in code.co_consts if not isinstance(constant, CodeType)]
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_argcount, code.co_kwonlyargcount)
    _add_text(digest, f"{names}{_stable(tuple(constants))}")
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _add_code(digest, constant)


def _add_text(digest: Any, text: str) -> None:
    digest.update(text.encode("utf-8", "surrogatepass"))


def _stable(value: object) -> str:
    """A text of a constant that is the same in every process: no addresses, no order of hashing."""
    if isinstance(value, tuple):
        return f"({','.join(map(_stable, cast('tuple[object, ...]', value)))})"
    if isinstance(value, frozenset):
        return f"{{{','.join(sorted(map(_stable, cast('frozenset[object]', value))))}}}"
    if value is None or value is Ellipsis or isinstance(value, str | bytes | int | float | complex):
        return repr(value)
    return type(value).__qualname__
