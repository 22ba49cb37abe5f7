"""Makes a definition of an author's flow: the specification, and the code that it refers to."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from sequent.dsl.mistakes import in_order
from sequent.dsl.parameters.param import ParamSource
from sequent.dsl.parameters.parameter_options import collisions
from sequent.dsl.parameters.type_fit import fits
from sequent.dsl.parameters.typed_text import shown_type
from sequent.dsl.run_port import mistakes_of_the_whole
from sequent.dsl.specification.reference_reader import ReferenceReader
from sequent.dsl.specification.spec_tree import SpecTree
from sequent.dsl.specification.translation import Translation
from sequent.dsl.specification.type_mistakes import mistake_in, mistakes_in_results
from sequent.dsl.steps.annotations import attribute_type
from sequent.dsl.steps.nodes import Node, Written
from sequent.errors import DefinitionError, InvalidFlowError, UsageError
from sequent.model.annotations import unnamed_class
from sequent.model.option_table import SETTINGS
from sequent.model.spec import Definition, FlowSpec, Origin, ParamSpec
from sequent.model.wording import kind_of, repr_of, with_article
from sequent.settings.keywords import Settings
from sequent.settings.original_keys import told_of

_MEANS_NOTHING = frozenset({"other-flow", "param", "reference"})
"""Mistakes in the meaning of a name, which the compiler would report again in its words; ..."""
_TOLD_HERE = frozenset({"endless"})
"""... and mistakes that both look for."""


class BuiltFlow:
    """A flow that calls have built, as far as its definition is made of it."""

    root: Node
    settings: Settings
    module: str
    """The name of the author's module."""
    file: str


def definition_of(flow: object) -> Definition:
    """Return the definition of a flow.

    Args:
        flow: a ``@container`` class, also with parameters (``nightly(day=...)``), or a ``Sequent``.

    Raises:
        InvalidFlowError: the flow has mistakes; it has all that can be found without its parameters.
        UsageError: it is not a flow.
    """
    source = (
        vars(flow).get("__sequent_flow__", flow) if not isinstance(flow, type) and hasattr(flow, "__dict__") else flow
    )
    if isinstance(source, BuiltFlow):
        return _define(source.root, source, source.settings, _origin(source, source.module, source.file))
    if isinstance(source, Node) and (body := source.__sequent__.body) is not None:
        written = source.__sequent__
        if written.parent is not None:
            raise UsageError(
                f"{written.name!r} is inside {written.parent.__sequent__.name!r}, so it is not a flow",
                code="not-a-flow",
                hint="run the outermost container",
                place=written.site.place,
            )
        return _define(source, source, _settings(written), _origin(source, body.__module__, ""))
    raise UsageError(
        f"{kind_of(source)} is not a flow", code="not-a-flow", hint="give a @container class, or a Sequent"
    )


def _define(root: Node, flow: object, settings: Settings, origin: Origin) -> Definition:
    tree = SpecTree(Translation(ReferenceReader(root)))
    params, param_types = _params(root.__sequent__, tree.translation.references.problems)
    written = tree.container(root, ())
    spec = FlowSpec(
        name=root.__sequent__.name,
        root=written,
        params=params,
        pools=tree.translation.pools.specs,
        config=settings.config,
        config_places=settings.places,
        origin=origin,
        warnings=(*tree.warnings, *_idle(settings)),
    )
    types = tree.types
    problems = tree.translation.references.problems
    problems.extend(mistakes_in_results(tree.works, types, tree.sites, spec))
    if problems or tree.unread:
        raise InvalidFlowError(in_order((*problems, *_of_the_whole(spec, problems, tree))))
    return Definition(
        spec=spec,
        functions=tree.functions,
        items=tree.items,
        bodies=tree.bodies,
        result_types=types,
        param_types=param_types,
        flow=flow,
    )


def _idle(settings: Settings) -> tuple[str, ...]:
    """Return warnings about keys of its configuration that have no effect."""
    where = next((f"{place}: " for place in settings.idle.values()), "")
    return tuple(f"{where}{told}" for told in told_of(settings.idle))


def _of_the_whole(spec: FlowSpec, problems: Sequence[DefinitionError], tree: SpecTree) -> Iterator[DefinitionError]:
    """Yield the mistakes of the flow as a whole, unless they follow from those already found."""
    told = {problem.path for problem in problems if problem.code in _MEANS_NOTHING} | tree.unread
    for problem in mistakes_of_the_whole(spec):
        if problem.path not in told and problem.code not in _TOLD_HERE:
            yield problem


def _params(written: Written, problems: list[DefinitionError]) -> tuple[tuple[ParamSpec, ...], dict[str, object]]:
    params: list[ParamSpec] = []
    types: dict[str, object] = {}
    body = written.body
    for name, value in written.attributes.items():
        source = value.__sequent__
        if not isinstance(source, ParamSource) or body is None or name in written.given:
            continue
        annotation, place = body.__annotations__[name], source.site.place
        kind, shown = attribute_type(body, annotation, written.around), shown_type(annotation)
        types[name] = kind
        mistake = mistake_in(kind, f"the parameter {name!r}", is_param=True) or _mistake_in_default(source, kind, shown)
        if mistake is not None:
            mistake.place = place
            problems.append(mistake)
        params.append(ParamSpec(name=name, type=shown, default=source.default, help=source.help, place=place))
    problems.extend(collisions(params, types))
    return tuple(params), types


def _mistake_in_default(source: ParamSource, kind: object, shown: str) -> DefinitionError | None:
    """Return the mistake in the default of a parameter, if there is one."""
    if source.default is None:
        return None
    wanted = with_article(shown)
    if not fits(kind, source.default_value):
        return DefinitionError(
            f"the default of {source.name!r} is {repr_of(source.default_value)}, which is not {wanted}",
            code="param",
            hint=f"give {wanted}, or another type",
        )
    unnamed = unnamed_class(kind, source.default.classes)
    if unnamed is None:
        return None
    return DefinitionError(
        f"the default of {source.name!r} has {with_article(unnamed.__qualname__)} in it, "
        f"which the annotation {shown} does not name",
        code="unnamed-class",
        hint=f"annotate it with {unnamed.__qualname__}, or with a type that contains it",
    )


def _settings(written: Written) -> Settings:
    """Return the settings of a flow that is written as a class: they are among its options."""
    options = written.options
    values = {name: getattr(options, name) for name in SETTINGS if getattr(options, name) is not None}
    return Settings(values, places=dict.fromkeys(values, written.site.place))


def _origin(flow: object, name: str, file: str) -> Origin:
    """Return how to find the flow again: its module, and its name there if it has one."""
    module = sys.modules.get(name)
    names = vars(module) if module is not None else {}
    attribute = next((key for key, value in list(names.items()) if value is flow), "")
    path = file or str(getattr(module, "__file__", None) or "")
    return Origin(module=name, attribute=attribute, file=os.path.realpath(path) if path else "")
