"""Finds types of parameters and results that do not exist, or whose values cannot be stored."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, cast

from sequent.dsl.functions.callables import annotations_of, owner_of
from sequent.dsl.functions.step_functions import FunctionSource
from sequent.dsl.parameters.typed_text import shown_type
from sequent.dsl.source_lines import Site, option_place, return_annotation
from sequent.dsl.steps.annotations import AnnotatedWork, ResultTypes
from sequent.dsl.steps.commands import CommandSource
from sequent.dsl.steps.questions import QuestionSource
from sequent.errors import DefinitionError, Place
from sequent.model.annotations import Form, meanings_in
from sequent.model.evaluation import Unfound
from sequent.model.references import Path, dotted
from sequent.model.refusals import DATA, advice_for, or_pickled
from sequent.model.spec import ContainerSpec, FlowSpec, StepSpec
from sequent.model.status import Construct
from sequent.model.storable import never_stored
from sequent.model.wording import repr_of, with_article

_NO_TYPE = "is not a type"
_NO_TYPES = (tuple, list, dict, set, bool, int, float, bytes, FunctionType, BuiltinFunctionType, ModuleType)
"""Values that some write in place of a type; type checkers refuse each of them."""
_DISPLAYS = {"(": "tuple", "[": "list", "{": "dict"}
_SELF: object = vars(typing)["Self"]
_TYPES = "write a type: int, list[str], or a class of your own"
_IMPORT = "import it outside TYPE_CHECKING, at the top of the module, or correct its name"


def mistakes_in_results(
    works: Mapping[Path, AnnotatedWork], types: ResultTypes, sites: Mapping[Path, Site], spec: FlowSpec
) -> Iterator[DefinitionError]:
    """Yield the mistakes in the annotations of steps' results.

    Args:
        works: the flow's steps.
        types: the types of their results.
        sites: their places in the source.
        spec: the flow.
    """
    seen: set[int] = set()
    right: set[object] = set()
    for path, (work, *_) in works.items():
        if isinstance(work, CommandSource):
            yield from _mistakes_in_json(work, path, sites[path])
            continue
        if isinstance(work, QuestionSource):
            yield from _mistakes_in_answer(work, path, sites[path])
            continue
        if work.pickles or id(work.function) in seen:
            continue
        # A step of a container that is used again is reported once.
        seen.add(id(work.function))
        kind = types.written(path)
        with suppress(TypeError):
            # Most types can be hashed, and most are those of other steps as well.
            if kind in right:
                continue
        mistake = mistake_in(kind, f"the result of {dotted(path)!r}")
        if mistake is None:
            with suppress(TypeError):
                right.add(kind)
            continue
        if mistake.code == "not-data" and _may_pickle(spec, path):
            mistake.hint = or_pickled(mistake.hint)
        mistake.place = _line_of(work) or sites[path].place
        mistake.path = dotted(path)
        yield mistake


def _may_pickle(spec: FlowSpec, path: Path) -> bool:
    """Return whether a step may have a pickled result: it runs in a worker process of this machine."""
    node: StepSpec | ContainerSpec = spec.root
    nodes: list[StepSpec | ContainerSpec] = [node]
    for name in path:
        node = next(child for child in cast("ContainerSpec", node).children if child.name == name)
        nodes.append(node)
    construct = cast("StepSpec", node).task_construct or spec.config.task_construct
    return construct is Construct.PROCESS and not any("hosts" in each.values for each in nodes)


def _mistakes_in_json(work: CommandSource, path: Path, site: Site) -> Iterator[DefinitionError]:
    """Yield the mistake in the type as which a command's output is read."""
    unstorable = never_stored(work.result_type) if work.result == "json" else None
    if unstorable is not None:
        yield DefinitionError(
            f"'result' of {dotted(path)!r} is {shown_type(work.result_type)}, and JSON has no "
            f"{unstorable[0].kind.__qualname__}",
            code="command",
            hint="name list, dict, str, int, float or bool, or types made of these: the output is read as JSON",
            place=option_place(site, "result"),
            path=dotted(path),
        )


def _mistakes_in_answer(work: QuestionSource, path: Path, site: Site) -> Iterator[DefinitionError]:
    """Yield the mistake in the type of the answer to a question."""
    mistake = mistake_in(work.result_type, f"the answer to {dotted(path)!r}")
    if mistake is not None:
        mistake.place, mistake.path = option_place(site, "receive"), dotted(path)
        yield mistake


def mistake_in(kind: object, whose: str, *, is_param: bool = False) -> DefinitionError | None:
    """Return the mistake in a type, if there is one.

    Args:
        kind: the type, or ``Unfound``.
        whose: the annotated object: ``the parameter 'day'``.
        is_param: whether it is the type of a parameter, not of a result.
    """
    unfound = _unfound_in(kind)
    if unfound is not None:
        return _unknown(unfound, whose)
    if _names_self(kind):
        return DefinitionError(
            f"{whose} is annotated {shown_type(kind)}: Self is its container, which cannot be stored and read back",
            code="not-data",
            hint=f"a parameter is data: {DATA}" if is_param else f"return data: {DATA}",
        )
    unstorable = never_stored(kind)
    if unstorable is None:
        return None
    meaning, field = unstorable
    if meaning.form is Form.UNFOUND:
        return _unknown(meaning.kind, f"the field {field!r} of {whose}")
    where = f"{field} is " if field else ""
    hint = advice_for(meaning.kind).replace("give ", "return ", 1)
    if is_param:
        is_set = issubclass(meaning.kind, AbstractSet)
        hint = "write list[...]: a set has no order of its own" if is_set else f"a parameter is data: {DATA}"
    return DefinitionError(
        f"{whose} is annotated {shown_type(kind)}: {where}{with_article(meaning.kind.__qualname__)}, "
        "which cannot be stored and read back",
        code="not-data",
        hint=hint,
    )


def _unknown(unfound: Unfound, whose: str) -> DefinitionError:
    """Return the error for a type that cannot be found, or that is not a type."""
    name, flaw = unfound
    if not flaw:
        message, hint = f"the type of {whose} cannot be found: {name}", _IMPORT
    else:
        message, hint = f"the type of {whose} {flaw}: {name or repr(name)}", _TYPES
        parts = name[1:-1].rstrip(",").replace(":", ",")
        if flaw == _NO_TYPE and parts.strip() and name[0] in _DISPLAYS and not set(parts) & {"'", '"'}:
            hint = f"write {_DISPLAYS[name[0]]}[{parts}]"
    return DefinitionError(message, code="unknown-type", hint=hint)


def _names_self(kind: object) -> bool:
    """Return whether a type names ``Self``, other than in a record's own fields."""
    return kind is _SELF or any(map(_names_self, typing.get_args(kind)))


def _no_type_in(kind: Any) -> Unfound | None:
    """Return a value in the place of a type: ``-> (int, str)``."""
    if isinstance(kind, Unfound):
        return None
    if isinstance(kind, _NO_TYPES):
        return Unfound(_shown(cast("object", kind)), _NO_TYPE)
    if typing.get_origin(kind) in (typing.Literal, typing.Annotated, Callable, None):
        return None
    return next((found for part in typing.get_args(kind) if (found := _no_type_in(part))), None)


def _shown(value: object) -> str:
    """Return a value as it would be written, with types in it."""
    if isinstance(value, tuple | list):
        open_, close = "()" if isinstance(value, tuple) else "[]"
        return f"{open_}{', '.join(map(_shown, cast('list[object]', value)))}{close}"
    if isinstance(value, dict):
        entries = cast("dict[object, object]", value).items()
        return f"{{{', '.join(f'{_shown(key)}: {_shown(part)}' for key, part in entries)}}}"
    return shown_type(value) if isinstance(value, type) else str(getattr(value, "__name__", repr_of(value)))


def _unfound_in(kind: object) -> Unfound | None:
    """Return a missing name in a type itself; fields of records are checked when there is a value of them."""
    no_type = _no_type_in(kind)
    if no_type is not None:
        return no_type
    for meaning in meanings_in(kind, enters=lambda _: False):
        if meaning.form is Form.UNFOUND:
            found: Unfound = meaning.kind
            return found
    return None


def _line_of(work: FunctionSource) -> Place | None:
    """Return the line of the annotation, if the source can be read."""
    code = getattr(owner_of(work.function), "__code__", None)
    if code is None or "return" not in annotations_of(work.function):
        return None
    return return_annotation(Place(code.co_filename, code.co_firstlineno))
