"""The mistakes of a class body that lose a step: one without a name, or decorators in the wrong order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sequent.dsl.functions.callables import everything_in, kept_by, name_of
from sequent.dsl.functions.step_functions import FunctionSource
from sequent.dsl.names import check_name
from sequent.dsl.references.reference import Reference
from sequent.dsl.source_lines import Site, assigned_name, assignment
from sequent.dsl.steps.nodes import Node
from sequent.errors import DefinitionError, Place

DESIGNATED = ("result", "until")
"""Names for the child that gives the result, or ends the repeat."""
_NEVER_RUN = ("__init__", "__new__", "__post_init__", "__slots__")
_PARAMETERS = "write parameters as day: date = param(); compute other values in a step or a property"


def unused_decorator(site: Site, body: type) -> DefinitionError:
    """Return the error for a decorator that was made in the body, but not applied to a function."""
    return body_error(
        f"{assigned_name(site.place) or 'a step'!r} in {body.__name__!r} has nothing to do: no function is given",
        site.place,
        "write load = step(...)(function); @step(...), @command(...) above a method, @container(...) above a class",
        code="work",
    )


def explain_lost(lost: Node, names: Mapping[str, object], body: type) -> None:
    """Explain why a step was defined in the body, but no name of the body refers to it.

    Raises:
        DefinitionError: always, except for a step that is called ``result`` or ``until``, if it may be.
    """
    place = lost.__sequent__.site.place
    name = assigned_name(place) or _own_name(lost)
    if name in DESIGNATED and names.get(name) is lost:
        # A step with that very name is checked like any other.
        check_name(name, place)
    winner = names.get(name)
    word = "container" if lost.__sequent__.body is not None else "step"
    if winner is not None and wraps(winner, lost):
        raise body_error(
            f"the {word} {name!r} in {body.__name__!r} is under another decorator, which hides it",
            place,
            f"put @{word} on top, above the other decorators",
            code="decorator",
        )
    if name not in names:
        raise body_error(
            f"{name or 'a step'!r} in {body.__name__!r} is defined, but has no name in its body",
            place,
            "assign it to a name: load = step(...)(function), send = command(...)",
            code="unnamed",
        )
    if winner is None:
        message = f"{name!r} in {body.__name__!r} is None once its decorators are done, and no {word}"
        raise body_error(message, place, f"put @{word} on top, above the other decorators", code="decorator")
    raise _used_twice(name, place, line_of(winner), body)


def _own_name(node: Node) -> str:
    """Return the name of a step or container itself: of its class, or of its function."""
    written = node.__sequent__
    work = written.work
    return written.name or (name_of(work.function).rpartition(".")[2] if isinstance(work, FunctionSource) else "")


def _used_twice(name: str, place: Place, other: Place | None, body: type) -> DefinitionError:
    is_loop = other == place
    lines = ", by the same line" if is_loop else f": here and at {other}" if other else ""
    return body_error(
        f"the name {name!r} is used twice in {body.__name__!r}{lines}",
        place,
        "repeat it with repeats=, or build the flow with add_step" if is_loop else "give each a name of its own",
        code="duplicate",
    )


def wraps(value: object, node: Node) -> bool:
    """Return whether a decorator has put this around a step or container: a function, or an object that keeps it."""
    return any(part is node for part in nodes_within(value))


def nodes_within(value: object) -> Iterator[Node]:
    """Yield the steps and containers inside an object that decorators have made."""
    if isinstance(value, Node | type):
        return
    for layer in everything_in(value.fget if isinstance(value, property) else value):
        for part in (layer, *kept_by(layer).values()):
            if isinstance(part, Node):
                yield part


def refuse_construction(body: type, site: Site) -> None:
    """Check that no code of a class is to run when an instance is made: a step's ``self`` is made without that.

    Raises:
        DefinitionError: there is ``__init__`` or the like, in the body or in a base class.
    """
    for base in body.__mro__[:-1]:
        for word in _NEVER_RUN if base.__module__ != "typing" else ():
            if word in vars(base) and (word != "__slots__" or base is body):
                inherited = "" if base is body else f", from {base.__name__!r}"
                generated = "dataclass" if "__dataclass_fields__" in vars(base) else ""
                generated = "attrs class" if "__attrs_attrs__" in vars(base) else generated
                kind = f"is a {generated}, whose {word!r}" if generated else f"has {word!r}{inherited}, which"
                place = line_of(vars(base)[word]) if base is body and not generated else None
                where = place or (assignment(word, site.place) if base is body else site.place)
                raise body_error(f"{body.__name__!r} {kind} would never run", where, _PARAMETERS, code="construction")


def line_of(value: object) -> Place | None:
    """Return the line at which something was defined, if it is known."""
    if isinstance(value, Node | Reference):
        return value.__sequent__.site.place
    code = getattr(value, "__code__", None)
    return Place(code.co_filename, code.co_firstlineno) if code is not None else None


def body_error(message: str, place: Place, hint: str, *, code: str = "body") -> DefinitionError:
    """Return the error for a mistake in a class body."""
    return DefinitionError(message, code=code, hint=hint, place=place)
