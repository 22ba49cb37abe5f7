"""A container that is used again: the same steps, with other parameters and options."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import cast

from sequent.dsl.mistakes import Mistakes
from sequent.dsl.options.written_options import WrittenOptions, laid_over
from sequent.dsl.parameters.param import ParamSource
from sequent.dsl.parameters.type_fit import fits
from sequent.dsl.parameters.typed_text import shown_type
from sequent.dsl.references.compounds import Given, read_value, references_within
from sequent.dsl.references.literals import decoded
from sequent.dsl.references.reference_words import refuse_secret
from sequent.dsl.source_lines import Site, option_place, read_at
from sequent.dsl.steps.annotations import attribute_type, is_known
from sequent.dsl.steps.nodes import Node, Written
from sequent.errors import DefinitionError, Place
from sequent.model.references import Literal
from sequent.model.wording import described, did_you_mean, repr_of, with_article

_NOTHING = Literal("null")


def write_again(template: Node, kwargs: object, options: WrittenOptions, site: Site, mistakes: Mistakes) -> Written:
    """Make a container with the steps of another.

    Args:
        template: the container to be used again, finished.
        kwargs: values of its parameters, by name: data and references.
        options: its options; others are those of the template.
        site: the line that uses it.
        mistakes: takes unknown parameters, missing values, and values of another type.
    """
    source = template.__sequent__
    written = Written(
        site,
        laid_over(options, source.options),
        children=source.children,
        attributes=source.attributes,
        until=source.until,
        result=source.result,
        body=source.body,
        is_leaf=False,
        template=source.template or template,
        around=source.around,
    )
    known = {**_defaults(source), **source.given}
    written.given = {**known, **_read_given(kwargs, source, site, mistakes)}
    params = _params(source)
    named = set(cast("Mapping[object, object]", kwargs)) if isinstance(kwargs, Mapping) else set[object](params)
    # A misspelt one is probably one of the missing ones.
    for name in params if named <= params.keys() else ():
        if name not in known and name not in named:
            message = f"the parameter {name!r} of {source.shown!r} has no value here"
            hint = f"give it one: container(kwargs={{{name!r}: ...}})({source.shown})"
            mistakes.add(_error(message, site.place, hint))
    if mistakes.found:
        # With these values, a mistake that was found already is not reported again later.
        written.given = {**dict.fromkeys(params, _NOTHING), **written.given}
    return written


def _params(source: Written) -> dict[str, ParamSource]:
    return {
        name: value.__sequent__
        for name, value in source.attributes.items()
        if isinstance(value.__sequent__, ParamSource)
    }


def _defaults(source: Written) -> dict[str, Given]:
    return {name: param.default for name, param in _params(source).items() if param.default is not None}


def _read_given(kwargs: object, source: Written, site: Site, mistakes: Mistakes) -> dict[str, Given]:
    if not isinstance(kwargs, Mapping):
        hint = "give a dict of values by parameter: {'region': 'eu'}"
        mistakes.add(_error(f"'kwargs' is {repr_of(kwargs)}", option_place(site, "kwargs"), hint))
        return {}
    read: dict[str, Given] = {}
    for name, value in cast("Mapping[object, object]", kwargs).items():
        given = mistakes.told(partial(read_at, site, "kwargs", partial(_read_one, name, value, source)), None)
        if given is not None:
            read[str(name)] = given
    return read


def _read_one(name: object, value: object, source: Written, place: Place) -> Given:
    params = _params(source)
    if not isinstance(name, str) or name not in params:
        raise _error(f"{source.shown!r} has no parameter {repr_of(name)}", place, did_you_mean(name, params))
    shown = f"kwargs[{name!r}]"
    given = read_value(value, shown, place)
    for reference in references_within(given):
        refuse_secret(reference, shown, place)
    if isinstance(given, Literal):
        _check_type(given, source, name, shown, place)
    return given


def _check_type(given: Literal, source: Written, name: str, shown: str, place: Place) -> None:
    if source.body is None:
        return
    annotation = source.body.__annotations__[name]
    kind = attribute_type(source.body, annotation, source.around)
    value = decoded(given)
    if is_known(kind) and not fits(kind, value):
        wanted = with_article(shown_type(annotation))
        raise _error(f"{shown} is {described(value)}", place, f"give {wanted}")


def _error(message: str, place: Place, hint: str) -> DefinitionError:
    return DefinitionError(message, code="param", hint=hint, place=place)
