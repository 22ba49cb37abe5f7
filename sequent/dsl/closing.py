"""What a class body says once it has closed: its children, its attributes, and the mistakes in it."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import get_annotations
from pathlib import PurePath
from types import FunctionType
from typing import Any, NoReturn

from sequent.dsl.bodies import make_read_only
from sequent.dsl.functions import FunctionSource
from sequent.dsl.hidden import hidden_defaults
from sequent.dsl.marks import reference_in, refuse_text, text_in
from sequent.dsl.names import check_name
from sequent.dsl.nodes import Node, Written
from sequent.dsl.options import Options, check_parallel
from sequent.dsl.parameters import ParamSource
from sequent.dsl.places import Site, assigned_name, assignment, option_place
from sequent.dsl.references import Reference
from sequent.dsl.repeats import endless, is_endless
from sequent.dsl.requirements import Requirement
from sequent.dsl.sources import Outer, outer_alone, refuse_secret, target_of, within
from sequent.dsl.steps import MADE, OPEN, Step
from sequent.errors import DefinitionError, Place

_DESIGNATED = ("result", "until")


def close_body(body: type, options: Options, site: Site) -> Written:
    """What a class body says.

    Args:
        body: the class.
        options: those of its decorator.
        site: the decorator's line.

    Raises:
        DefinitionError: a name stands for two things, is reserved, or is used for what it cannot be.
    """
    _refuse_inherited(body, site)
    names: dict[str, Any] = dict(vars(body))
    made: list[Node] = names.pop(MADE, [])
    waiting: list[Site] = names.pop(OPEN, [])
    for word in (MADE, OPEN):
        if word in vars(body):
            delattr(body, word)
    _refuse_unused(waiting, body)
    written = Written(site, options, name=body.__name__, body=body, is_leaf=False)
    written.children = _children(names, made, body, site)
    written.attributes = _attributes(names, body, site)
    for word in _DESIGNATED:
        if word in names:
            setattr(written, word, _designated(word, names[word], written, site))
    if not written.children:
        raise _error(
            f"{body.__name__!r} has nothing to do: an empty flow or container",
            site.place,
            "define a step in its body",
            code="empty",
        )
    make_read_only(body)
    return written


def _refuse_inherited(body: type, site: Site) -> None:
    """What stands in another class's body would be left out without a word."""
    for base in body.__mro__[1:]:
        for name, value in vars(base).items():
            if isinstance(value, str | PurePath):
                refuse_text(value, f"the attribute {name!r} of {base.__name__!r}", site)
            if isinstance(value, Node | Reference):
                raise _error(
                    f"{body.__name__!r} inherits {name!r} from {base.__name__!r}, which is no part of a container",
                    value.__sequent__.site.place,
                    "define it in the container's own body: a function can be given to step() as often as one likes",
                )


def adopt(parent: Node) -> None:
    """Let the children know which container they are in."""
    for name, child in parent.__sequent__.children.items():
        for attribute, value in child.__sequent__.attributes.items():
            if isinstance(value.__sequent__, ParamSource) and attribute not in child.__sequent__.given:
                raise _error(
                    f"{attribute!r} is a parameter of {name!r}, which is inside {parent.__sequent__.name!r}",
                    value.__sequent__.site.place,
                    f"parameters are the flow's: write {attribute} = outer.{attribute}, or item()",
                    code="param",
                )
        child.__sequent__.name = name
        child.__sequent__.parent = parent


def _children(names: Mapping[str, object], made: list[Node], body: type, site: Site) -> dict[str, Node]:
    children: dict[str, Node] = {}
    seen: dict[int, str] = {}
    annotations = get_annotations(body)
    for name, value in names.items():
        if not isinstance(value, Node) or name in _DESIGNATED:
            continue
        written = value.__sequent__
        if id(value) in seen:
            raise _error(
                f"{seen[id(value)]!r} and {name!r} are the same step",
                written.site.place,
                "define it once; requirements and results name it as often as they like",
                code="duplicate",
            )
        if written.parent is not None:
            raise _error(
                f"not supported yet: {name!r} is a part of another container, used again",
                written.site.place,
                "define a step of its own: the function can be given to step() as often as one likes",
                code="not-supported",
            )
        check_name(name, written.site)
        if name in annotations and assignment(name, site.place) != written.site.place:
            raise _error(
                f"the name {name!r} is used twice in {body.__name__!r}: it is an attribute as well",
                written.site.place,
                "give each a name of its own",
                code="duplicate",
            )
        seen[id(value)] = name
        children[name] = value
    for value in made:
        if id(value) not in seen:
            _explain_lost(value, names, body)
    return children


def _refuse_unused(waiting: list[Site], body: type) -> None:
    """A decorator was made in the body, and given nothing."""
    for site in waiting:
        raise _error(
            f"{assigned_name(site.place) or 'a step'!r} in {body.__name__!r} has nothing to do: no function is given",
            site.place,
            "write load = step(...)(function); @step(...), @command(...) above a method, @container(...) above a class",
            code="work",
        )


def _explain_lost(lost: Node, names: Mapping[str, object], body: type) -> NoReturn:
    """A step was defined in the body, and no name of the body stands for it any more."""
    place = lost.__sequent__.site.place
    work = lost.__sequent__.work
    own = lost.__sequent__.name or (work.function.__name__ if isinstance(work, FunctionSource) else "")
    name = assigned_name(place) or own
    if name in _DESIGNATED and names.get(name) is lost:
        # A step with that very name: it is checked as any other.
        check_name(name, place)
    winner = names.get(name)
    if name not in names:
        raise _error(
            f"{name or 'a step'!r} in {body.__name__!r} is defined, and has no name in its body",
            place,
            "assign it to a name: load = step(...)(function), send = command(...)",
            code="unnamed",
        )
    other = _line_of(winner)
    is_loop = other == place
    lines = ", by the same line" if is_loop else f": here and at {other}" if other else ""
    raise _error(
        f"the name {name!r} is used twice in {body.__name__!r}{lines}",
        place,
        "repeat it with repeats=, or build the flow with add_step" if is_loop else "give each a name of its own",
        code="duplicate",
    )


def _line_of(value: object) -> Place | None:
    if isinstance(value, Node | Reference):
        return value.__sequent__.site.place
    code = getattr(value, "__code__", None)
    return Place(code.co_filename, code.co_firstlineno) if code is not None else None


def _attributes(names: Mapping[str, object], body: type, site: Site) -> dict[str, Reference]:
    attributes: dict[str, Reference] = {}
    annotations = get_annotations(body)
    for name, value in names.items():
        if isinstance(value, Node):
            continue
        if not isinstance(value, Reference):
            if isinstance(value, Outer):
                raise outer_alone(f"the attribute {name!r}", assignment(name, site.place))
            if isinstance(value, Requirement):
                place = assignment(name, site.place)
                raise _error(f"{name!r} is a requirement, which is no attribute", place, "put it in requires=")
            if not name.startswith("__") or name == "__doc__":
                _refuse_hidden(name, value, body, site)
            continue
        place = value.__sequent__.site.place
        _check_attribute(name, value, place)
        if isinstance(value.__sequent__, ParamSource) and name not in annotations:
            raise _error(f"the parameter {name!r} has no type", place, f"write {name}: str = param()", code="param")
        check_name(name, place)
        attributes[name] = value
    return attributes


def _refuse_hidden(name: str, value: object, body: type, site: Site) -> None:
    """What is no step and no reference is kept as it is: a reference within it would reach the steps as one."""
    if isinstance(value, FunctionType):
        for parameter, reference in hidden_defaults(value):
            raise _error(
                f"{name!r} is a function and no step, and takes {reference} by {parameter!r}, which nobody fills in",
                _line_of(value) or site.place,
                "put @step above it; or let a step take that, and hand it on",
            )
        return
    if isinstance(value, type) and value.__qualname__.startswith(f"{body.__qualname__}."):
        value = dict(vars(value))
    if text_in(value):
        refuse_text(value, f"the attribute {name!r}", assignment(name, site.place))
    if found := reference_in(value):
        raise _error(
            f"the attribute {name!r} has {found} inside it, which is known only while running",
            assignment(name, site.place),
            f"let the step that needs it take it: def work(self, value={found}); an attribute may be a parameter, "
            "an item or something outer, alone",
        )


def _check_attribute(name: str, value: Reference, place: Place) -> None:
    """A container may take what is further out, items, and the result of the iteration before."""
    source = value.__sequent__
    refuse_secret(value, f"the attribute {name!r}", place)
    for part in within(source):
        target = target_of(part)
        if isinstance(target, Node):
            raise _error(
                f"the attribute {name!r} is of a sibling: {source.shown}",
                place,
                f"name the step itself: {name} = {target.__sequent__.shown}"
                if name in _DESIGNATED
                else f"let the step that needs it take it: def work(self, {name}={source.shown})",
            )


def _designated(word: str, value: object, written: Written, site: Site) -> Node:
    """The child that ``result =`` or ``until =`` names."""
    children = written.children
    allowed: list[Node] = [child for child in children.values() if word == "result" or isinstance(child, Step)]
    if isinstance(value, Node) and any(value is child for child in allowed):
        return value
    known = ", ".join(repr(child.__sequent__.name or name) for name, child in children.items() if child in allowed)
    place = assignment(word, site.place)
    raise _error(
        f"{word!r} of {written.name!r} names nothing that is a step of its body",
        place,
        f"name one of {known}" if known else "define a step whose result tells whether to go on, and name that",
        code="designated",
    )


def check_until(written: Written) -> None:
    """See that what ends a repeat or says how it runs has one, and that each ends.

    Raises:
        DefinitionError: there is ``until`` or ``parallel`` without repeats, or repeats that never end without it.
    """
    options, site = written.options, written.site
    check_parallel(options, site)
    if written.until is not None and options.repeats is None:
        raise _error(
            f"{written.name!r} has an 'until', and no repeats", site.place, "give the items: @container(repeats=...)"
        )
    if is_endless(options.repeats) and written.until is None:
        raise endless(written.name, option_place(site, "repeats"))


def _error(message: str, place: Place, hint: str, *, code: str = "body") -> DefinitionError:
    return DefinitionError(message, code=code, hint=hint, place=place)
