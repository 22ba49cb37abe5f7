"""Reads a class body once it has closed: its children, its attributes, and its mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from inspect import get_annotations
from pathlib import PurePath
from types import FunctionType
from typing import Any

from attrs import evolve

from sequent.dsl.containers.body_mistakes import (
    DESIGNATED,
    body_error,
    explain_lost,
    line_of,
    refuse_construction,
    unused_decorator,
)
from sequent.dsl.containers.instances import make_read_only
from sequent.dsl.functions.callables import layers_of
from sequent.dsl.functions.captured_references import hidden_defaults
from sequent.dsl.functions.step_functions import FunctionSource
from sequent.dsl.mistakes import KEPT, Mistakes
from sequent.dsl.names import check_name
from sequent.dsl.options.repeats import endless, is_endless
from sequent.dsl.options.written_options import NO_ITEMS, WrittenOptions, check_parallel
from sequent.dsl.parameters.param import ParamSource
from sequent.dsl.references.reference import Reference
from sequent.dsl.references.reference_search import reference_in, refuse_text, text_in
from sequent.dsl.references.reference_words import Outer, outer_alone, refuse_secret, target_of, within
from sequent.dsl.references.requirements import Requirement
from sequent.dsl.source_lines import Site, assignment, option_place
from sequent.dsl.steps.nodes import Node, Written
from sequent.dsl.steps.step import MADE, OPEN, Step
from sequent.errors import DefinitionError
from sequent.model.references import Literal


def close_body(body: type, options: WrittenOptions, site: Site, mistakes: Mistakes) -> Written:
    """Read a class body.

    Args:
        body: the class.
        options: those of its decorator.
        site: the decorator's line.
        mistakes: takes ambiguous, reserved or misused names, and the mistakes found while the body was executed.
    """
    mistakes.told(partial(_refuse_inherited, body, site), None)
    mistakes.told(partial(refuse_construction, body, site), None)
    names: dict[str, Any] = dict(vars(body))
    made: list[Node] = names.pop(MADE, [])
    waiting: list[Site] = names.pop(OPEN, [])
    kept: Mistakes = names.pop(KEPT, Mistakes())
    for word in (MADE, OPEN, KEPT):
        if word in vars(body):
            delattr(body, word)
    for problem in kept.found:
        mistakes.add(problem)
    for unused in waiting:
        mistakes.add(unused_decorator(unused, body))
    written = Written(site, options, name=body.__name__, body=body, is_leaf=False)
    written.children = _children(names, made, body, site, mistakes)
    written.attributes = _attributes(names, body, site, mistakes)
    lost = [step for step in made if not any(step is child for child in written.children.values())]
    for step in lost:
        step.__sequent__.is_lost = True
    for word in DESIGNATED:
        # A name for something else than a step has been reported already.
        if word in names and not isinstance(names[word], Reference) and not any(names[word] is step for step in lost):
            named = mistakes.told(partial(_designated, word, names[word], written, site), None)
            setattr(written, word, named)
    if not written.children and not mistakes.found:
        message, hint = f"{body.__name__!r} has nothing to do: an empty flow or container", "define a step in its body"
        mistakes.add(body_error(message, site.place, hint, code="empty"))
    make_read_only(body)
    return written


def _refuse_inherited(body: type, site: Site) -> None:
    """Refuse parts of another class's body, which would be left out without a word."""
    for base in body.__mro__[1:]:
        for name, value in vars(base).items():
            if isinstance(value, str | PurePath):
                refuse_text(value, f"the attribute {name!r} of {base.__name__!r}", site)
            if isinstance(value, Node | Reference):
                raise body_error(
                    f"{body.__name__!r} inherits {name!r} from {base.__name__!r}, which cannot be part of a container",
                    value.__sequent__.site.place,
                    "define it in the container's own body: a function can be given to step() any number of times",
                )


def adopt(parent: Node, mistakes: Mistakes) -> None:
    """Tell the children which container they are in; a child with parameters of its own is a mistake."""
    for name, child in parent.__sequent__.children.items():
        for attribute, value in child.__sequent__.attributes.items():
            if isinstance(value.__sequent__, ParamSource) and attribute not in child.__sequent__.given:
                mistakes.add(
                    body_error(
                        f"{attribute!r} is a parameter of {name!r}, which is inside {parent.__sequent__.name!r}",
                        value.__sequent__.site.place,
                        f"only the flow has parameters: write {attribute} = outer.{attribute}, or item()",
                        code="param",
                    )
                )
                child.__sequent__.given = {**child.__sequent__.given, attribute: Literal("null")}
        child.__sequent__.name = name
        child.__sequent__.parent = parent


def _children(
    names: Mapping[str, object], made: list[Node], body: type, site: Site, mistakes: Mistakes
) -> dict[str, Node]:
    children: dict[str, Node] = {}
    seen: dict[int, str] = {}
    annotations = get_annotations(body)
    for name, value in names.items():
        if not isinstance(value, Node) or name in DESIGNATED:
            continue
        try:
            _check_child(name, value, seen, body, site if name in annotations else None)
        except DefinitionError as error:
            mistakes.add(error)
            if id(value) in seen or value.__sequent__.parent is not None:
                seen.setdefault(id(value), name)
                continue
        seen[id(value)] = name
        children[name] = value
    for value in made:
        if id(value) not in seen:
            mistakes.told(partial(explain_lost, value, names, body), None)
    return children


def _check_child(name: str, value: Node, seen: Mapping[int, str], body: type, annotated: Site | None) -> None:
    """Check that a name may stand for a step; ``annotated`` is the body's decorator if the name has a type as well."""
    written = value.__sequent__
    if id(value) in seen:
        raise body_error(
            f"{seen[id(value)]!r} and {name!r} are the same step",
            written.site.place,
            "define it once; requirements and results can name it any number of times",
            code="duplicate",
        )
    if written.parent is not None:
        raise body_error(
            f"not supported yet: {name!r} is a part of another container, used again",
            written.site.place,
            "define a step of its own: the function can be given to step() as often as one likes",
            code="not-supported",
        )
    check_name(name, written.site)
    if annotated is not None and assignment(name, annotated.place) != written.site.place:
        raise body_error(
            f"the name {name!r} is used twice in {body.__name__!r}: it is an attribute as well",
            written.site.place,
            "give each a name of its own",
            code="duplicate",
        )


def _attributes(names: Mapping[str, object], body: type, site: Site, mistakes: Mistakes) -> dict[str, Reference]:
    attributes: dict[str, Reference] = {}
    annotations = get_annotations(body)
    for name, value in names.items():
        if isinstance(value, Node):
            continue
        if isinstance(value, Reference):
            mistakes.told(partial(_check_attribute, name, value, has_type=name in annotations), None)
            if name in annotations or not isinstance(value.__sequent__, ParamSource):
                attributes[name] = value
        else:
            mistakes.told(partial(_check_kept, name, value, body, site), None)
    return attributes


def _check_kept(name: str, value: object, body: type, site: Site) -> None:
    """Check an attribute that is neither a step nor a reference, and stays as it is."""
    if isinstance(value, Outer):
        raise outer_alone(f"the attribute {name!r}", assignment(name, site.place))
    if isinstance(value, Requirement):
        place = assignment(name, site.place)
        raise body_error(f"{name!r} is a requirement, which cannot be an attribute", place, "put it in requires=")
    if not name.startswith("__") or name == "__doc__":
        _refuse_hidden(name, value, body, site)


def _is_called_by_a_step(function: FunctionType, body: type) -> bool:
    """Return whether a step of the body was made of the function: ``load = step(retries=2)(function)``."""
    works = (value.__sequent__.work for value in vars(body).values() if isinstance(value, Node))
    return any(
        layer is function for work in works if isinstance(work, FunctionSource) for layer in layers_of(work.function)
    )


def _refuse_hidden(name: str, value: object, body: type, site: Site) -> None:
    """Refuse a reference inside an attribute that stays as it is: it would reach the steps unfilled."""
    if isinstance(value, FunctionType):
        for parameter, reference in hidden_defaults(value):
            if _is_called_by_a_step(value, body):
                return
            raise body_error(
                f"{name!r} is a function, not a step, so its parameter {parameter!r} never gets {reference}",
                line_of(value) or site.place,
                "put @step above it, or let a step take that and pass it on",
            )
        return
    if isinstance(value, type) and value.__qualname__.startswith(f"{body.__qualname__}."):
        value = dict(vars(value))
    if text_in(value):
        refuse_text(value, f"the attribute {name!r}", assignment(name, site.place))
    if found := reference_in(value):
        raise body_error(
            f"the attribute {name!r} has {found} inside it, which is known only while running",
            assignment(name, site.place),
            f"take it in the step that needs it: def work(self, value={found}); an attribute may be a parameter, "
            "an item or something outer, alone",
        )


def _check_attribute(name: str, value: Reference, *, has_type: bool) -> None:
    """Check that a container takes only outer values, items, and the result of the iteration before."""
    source, place = value.__sequent__, value.__sequent__.site.place
    refuse_secret(value, f"the attribute {name!r}", place)
    for part in within(source):
        target = target_of(part)
        if isinstance(target, Node):
            raise body_error(
                f"the attribute {name!r} is of a sibling: {source.shown}",
                place,
                f"name the step itself: {name} = {target.__sequent__.shown}"
                if name in DESIGNATED
                else f"take it in the step that needs it: def work(self, {name}={source.shown})",
            )
    if isinstance(source, ParamSource) and not has_type:
        raise body_error(f"the parameter {name!r} has no type", place, f"write {name}: str = param()", code="param")
    check_name(name, place)


def _designated(word: str, value: object, written: Written, site: Site) -> Node:
    """Return the child that ``result =`` or ``until =`` names."""
    children = written.children
    allowed: list[Node] = [child for child in children.values() if word == "result" or isinstance(child, Step)]
    if isinstance(value, Node) and any(value is child for child in allowed):
        return value
    known = ", ".join(repr(child.__sequent__.name or name) for name, child in children.items() if child in allowed)
    place = assignment(word, site.place)
    raise body_error(
        f"{word!r} of {written.name!r} names no step of its body",
        place,
        f"name one of {known}" if known else "define a step whose result says whether to go on, and name it",
        code="designated",
    )


def check_until(written: Written, mistakes: Mistakes) -> None:
    """Check that only repeats have options of repeats, and that each repeat ends."""
    options, site = written.options, written.site
    mistakes.told(partial(check_parallel, options, site), None)
    if written.until is not None and options.repeats is None:
        message, hint = f"{written.name!r} has an 'until', but no repeats", "give the items: @container(repeats=...)"
        mistakes.add(body_error(message, site.place, hint))
        written.until = None
    if is_endless(options.repeats) and written.until is None:
        mistakes.add(endless(written.name, option_place(site, "repeats")))
        written.options = evolve(options, repeats=NO_ITEMS)
