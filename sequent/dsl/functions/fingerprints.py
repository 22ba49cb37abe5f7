"""Digests of code, which show a recovery that a step has changed since the run began."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import CodeType
from typing import Any, cast

from sequent.digests import blake2b
from sequent.dsl.functions.callables import everything_in, executed_by, is_alone, is_function, name_of
from sequent.model.work import ARGUMENTS


def fingerprint(function: Callable[..., object], *literals: str) -> str:
    """Return a digest of a callable's code, whatever its lines and comments; with literals, also one of these."""
    digest = blake2b(digest_size=16)
    _add(digest, function)
    if not literals:
        return digest.hexdigest()
    given = blake2b(digest_size=16)
    for text in literals:
        _add_text(given, text)
        given.update(b"\0")
    return f"{digest.hexdigest()}{ARGUMENTS}{given.hexdigest()}"


def _add(digest: Any, function: object) -> None:
    """Add the function that is executed first, and all that it wraps: a change of either changes the step."""
    has_code = False
    for layer in (function,) if is_alone(function) else everything_in(function):
        if isinstance(layer, functools.partial | functools.partialmethod):
            whole = cast("functools.partial[object]", layer)
            _add_text(digest, _stable((whole.args, tuple(sorted(whole.keywords.items())))))
        elif is_function(layer):
            has_code = True
            _add_code(digest, layer.__code__)
            _add_text(digest, _stable(layer.__defaults__))
            if by_name := layer.__kwdefaults__:
                _add_text(digest, _stable(tuple(sorted(by_name.items()))))
    if not has_code:
        digest.update(name_of(executed_by(function)).encode())


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
    """Return a text of a constant that is the same in every process: no addresses, no order of hashing."""
    if isinstance(value, tuple):
        return f"({','.join(map(_stable, cast('tuple[object, ...]', value)))})"
    if isinstance(value, frozenset):
        return f"{{{','.join(sorted(map(_stable, cast('frozenset[object]', value))))}}}"
    if value is None or value is Ellipsis or isinstance(value, str | bytes | int | float | complex):
        return repr(value)
    return type(value).__qualname__
