"""Typed values that a flow is started with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from attrs import define

from sequent.dsl.parameters.parameter_options import option_of
from sequent.dsl.parameters.type_fit import fits
from sequent.dsl.parameters.typed_text import parse_text, shown_type
from sequent.dsl.references.literals import snapshot
from sequent.dsl.references.reference import Reference, Source
from sequent.dsl.references.reference_search import reference_in, refuse_text
from sequent.dsl.source_lines import assigned_name, read_at, site_above
from sequent.errors import DefinitionError, NotDataError, Place, UsageError
from sequent.model.annotations import unnamed_class
from sequent.model.references import Literal
from sequent.model.spec import Definition, ParamSpec
from sequent.model.value_text import encode_with_classes
from sequent.model.wording import described, did_you_mean, with_article


class _Required:
    """Stands for a missing default."""

    def __repr__(self) -> str:
        return "required"


_REQUIRED: Final = _Required()


@define(eq=False)
class ParamSource(Source):
    """A parameter of the flow, as its body names it."""

    default: Literal | None
    """None if it must be given."""
    default_value: object
    help: str

    @property
    def shown(self) -> str:
        return self.name or assigned_name(self.site.place) or "param()"

    @property
    def label(self) -> str:
        return self.name or "param()"


def param(*, default: Any = _REQUIRED, help: str = "") -> Any:  # noqa: A002  the word that users write
    """Declare a parameter of the flow; its annotation is its type.

    Args:
        default: its value if none is given; without a default, one must be given.
        help: its description, for ``--help``.
    """
    site = site_above(1)
    read_at(site, "help", partial(_check_help, help))
    known = None if isinstance(default, _Required) else read_at(site, "default", partial(_snapshot, default))
    return Reference(ParamSource(site, known, default, help))


def _check_help(text: object, place: Place) -> None:
    refuse_text(text, "'help'", place)
    if not isinstance(text, str):
        hint = "give a string; --help shows it"
        raise DefinitionError(f"'help' is {described(text)}", code="param", hint=hint, place=place)


def _snapshot(default: object, place: Place) -> Literal:
    return snapshot(default, "the default", place)


def defaults_of(attributes: Mapping[str, Reference]) -> dict[str, Literal]:
    """Return the defaults of the parameters among the attributes of a body."""
    sources = ((name, reference.__sequent__) for name, reference in attributes.items())
    return {name: source.default for name, source in sources if isinstance(source, ParamSource) and source.default}


def encode_params(
    definition: Definition, given: Mapping[str, object], stored: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Return the parameters of a run, as wire text: those given, checked, and the defaults of the others.

    Args:
        definition: the flow.
        given: values by name; strings are read as the parameter's type, if that is not ``str``.
        stored: those of an earlier run, as wire text; they replace the defaults.

    Raises:
        UsageError: one is unknown, missing, or of the wrong type.
    """
    known = {spec.name: spec for spec in definition.spec.params}
    flow = definition.spec.name
    for name in given:
        if name not in known:
            raise UsageError(f"{flow!r} has no parameter {name!r}", code="param", hint=did_you_mean(name, known))
    encoded: dict[str, str] = {}
    missing: list[str] = []
    for name, spec in known.items():
        if name in given:
            encoded[name] = _encode(spec, definition.param_types.get(name, Any), given[name])
        elif name in stored:
            encoded[name] = stored[name]
        elif spec.default is not None:
            encoded[name] = spec.default.text
        else:
            missing.append(name)
    if missing:
        raise UsageError(
            f"{flow!r} needs {'the parameter' if len(missing) == 1 else 'the parameters'} "
            + ", ".join(f"{name!r} ({known[name].type})" for name in missing),
            code="param",
            hint=f"give {option_of(missing[0])} or -p {missing[0]}=..., or {flow}({missing[0]}=...) in Python",
        )
    return encoded


def _encode(spec: ParamSpec, annotation: object, value: object) -> str:
    found = reference_in(value)
    if found:
        hint = "give a value; within a flow, a container is used again: container(kwargs={...})(other)"
        raise _error(spec, f"is given {found}, which is known only while running", hint)
    if isinstance(value, str) and not fits(annotation, value):
        try:
            value = parse_text(annotation, value)
        except UsageError as error:
            raise _error(spec, f"is {error.message}", error.hint) from None
    try:
        # First, since this finds values that are nested too deep to be searched.
        text, classes = encode_with_classes(value, f"the parameter {spec.name!r}")
    except NotDataError as error:
        raise UsageError(error.message, code="param", hint=error.hint, place=spec.place) from None
    if not fits(annotation, value):
        raise _error(spec, f"is {described(value)}", f"give {with_article(shown_type(annotation))}")
    unnamed = unnamed_class(annotation, classes)
    if unnamed is not None:
        kind = unnamed.__qualname__
        raise _error(
            spec,
            f"has {with_article(kind)} in it, which its annotation {spec.type} does not name",
            f"annotate it with {kind}, or with a type that contains it",
            code="unnamed-class",
        )
    return text


def _error(spec: ParamSpec, message: str, hint: str, code: str = "param") -> UsageError:
    return UsageError(f"the parameter {spec.name!r} {message}", code=code, hint=hint, place=spec.place)
