"""The types that authors write beside parameters and results, evaluated on demand."""

from __future__ import annotations

import sys
import typing
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from types import CoroutineType, FunctionType
from typing import Final, NamedTuple, cast

from sequent.dsl.functions.callables import annotations_of, is_alone, names_of
from sequent.dsl.functions.step_functions import FunctionSource
from sequent.dsl.references.reference import Reference
from sequent.dsl.references.requirements import Requirement
from sequent.dsl.steps.nodes import Work
from sequent.model.evaluation import Unfound, evaluated
from sequent.model.references import Path

UNKNOWN: Final = object()
"""The type of a result without an annotation."""
_AWAITED: tuple[object, ...] = (Awaitable, Coroutine, CoroutineType)


def is_known(kind: object) -> bool:
    """Return whether a type is written, and can be found."""
    return kind is not UNKNOWN and not isinstance(kind, Unfound)


class AnnotatedWork(NamedTuple):
    """A step's work, and the names that its annotation may use besides those of its module."""

    work: Work
    body: type | None
    """The class that contains the function."""
    around: Mapping[str, object] = {}
    """The names in the function around it."""


def returned_by(
    function: Callable[..., object], body: type | None = None, names: Mapping[str, object] | None = None
) -> object:
    """Return the type that a callable's annotation promises: ``UNKNOWN`` without one, ``Unfound`` if a name is missing.

    Args:
        function: the callable.
        body: the class that contains it.
        names: names that may be used besides those of its module.
    """
    annotations = annotations_of(function)
    if "return" not in annotations:
        return UNKNOWN
    kind = evaluated(annotations["return"], names_of(function))
    if isinstance(kind, Unfound) and (body is not None or names):
        kind = evaluated(annotations["return"], names_of(function), {**_names_in(body), **(names or {})})
    # An awaitable is awaited, and its value is the result.
    parts = typing.get_args(kind)
    return parts[-1] if parts and typing.get_origin(kind) in _AWAITED else kind


def _names_in(body: type | None) -> dict[str, object]:
    """Return the names in a class body, which may be types; they count if the module does not have that name."""
    names: Mapping[str, object] = {} if body is None else vars(body)
    return {name: value for name, value in names.items() if not isinstance(value, Reference | Requirement)}


class ResultTypes(Mapping[Path, object]):
    """The types of the steps' results; unknown ones are left out."""

    def __init__(self, works: Mapping[Path, AnnotatedWork]) -> None:
        self._works = works
        self._known: dict[Path, object] = {}
        self._texts: dict[tuple[int, str], object] = {}

    def __getitem__(self, path: Path) -> object:
        kind = self.written(path)
        if not is_known(kind):
            raise KeyError(path)
        return kind

    def written(self, path: Path) -> object:
        """Return the type of a step's result; ``UNKNOWN``, or ``Unfound``."""
        if path not in self._known:
            work, body, around = self._works[path]
            self._known[path] = (
                self._returned_by(work.function, body, around) if isinstance(work, FunctionSource) else work.result_type
            )
        return self._known[path]

    def _returned_by(self, function: Callable[..., object], body: type | None, around: Mapping[str, object]) -> object:
        """Return the type; functions of one module with the same annotation share its evaluation."""
        annotation = annotations_of(function).get("return")
        if not isinstance(annotation, str) or not is_alone(function):
            return returned_by(function, body, around)
        key = (id(cast("FunctionType", function).__globals__), annotation)
        if key not in self._texts:
            self._texts[key] = returned_by(function)
        kind = self._texts[key]
        return kind if is_known(kind) else returned_by(function, body, around)

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


def attribute_type(body: type, annotation: object, around: Mapping[str, object]) -> object:
    """Return the type of an attribute of a container's body, or ``Unfound``.

    Args:
        body: the class.
        annotation: the annotation of the attribute.
        around: the names in the function around the class.
    """
    module = sys.modules.get(body.__module__)
    return evaluated(annotation, {**_names_in(body), **(vars(module) if module is not None else {}), **around})
