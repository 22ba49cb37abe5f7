"""The types that authors write beside parameters and results, resolved when somebody asks."""

from __future__ import annotations

import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any, Final, cast

from sequent.dsl.callables import annotations_of, names_of
from sequent.dsl.commands import CommandSource
from sequent.dsl.functions import FunctionSource
from sequent.model.references import Path

Work = FunctionSource | CommandSource
UNKNOWN: Final = object()


def _resolve(annotation: object, names: Mapping[str, object], body: type | None) -> object:
    """The type that an annotation means, or ``UNKNOWN`` where it names something that cannot be found.

    Args:
        annotation: an object, or text where annotations are not evaluated.
        names: the names of the module.
        body: the class in which it is written, whose names count where the module has none.
    """
    if annotation is None:
        return type(None)
    shown = SimpleNamespace(__annotations__={"it": annotation})
    for local in ({}, dict(vars(body))) if body is not None else ({},):
        try:
            return typing.get_type_hints(cast("Any", shown), dict(names), local)["it"]
        except (NameError, TypeError, AttributeError, SyntaxError):
            continue
    return UNKNOWN


def returned_by(
    function: Callable[..., object], body: type | None = None, names: Mapping[str, object] | None = None
) -> object:
    """The type that a callable's annotation promises, or ``UNKNOWN``.

    Args:
        function: the callable.
        body: the class in which it is written.
        names: what can be named beside what its module has.
    """
    annotations = annotations_of(function)
    if "return" not in annotations:
        return UNKNOWN
    return _resolve(annotations["return"], {**names_of(function), **(names or {})}, body)


class ResultTypes(Mapping[Path, object]):
    """The types of the steps' results; those that cannot be known are not in it."""

    def __init__(self, works: Mapping[Path, tuple[Work, type | None]]) -> None:
        self._works = works
        self._known: dict[Path, object] = {}

    def __getitem__(self, path: Path) -> object:
        if path not in self._known:
            work, body = self._works[path]
            self._known[path] = (
                work.result_type if isinstance(work, CommandSource) else returned_by(work.function, body)
            )
        found = self._known[path]
        if found is UNKNOWN:
            raise KeyError(path)
        return found

    def __iter__(self) -> Iterator[Path]:
        return (path for path in self._works if self._is_known(path))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _is_known(self, path: Path) -> bool:
        try:
            self[path]
        except KeyError:
            return False
        return True


def attribute_type(body: type, annotation: object) -> object:
    """The type of an attribute of a container's body, or ``UNKNOWN``."""
    module = sys.modules.get(body.__module__)
    return _resolve(annotation, vars(module) if module is not None else {}, body)
