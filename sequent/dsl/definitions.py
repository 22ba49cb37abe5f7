"""From what the author wrote to a definition: the specification, and the code that it speaks of."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, cast

from attrs import define, field

from sequent.dsl.annotations import UNKNOWN, ResultTypes, Work, attribute_type
from sequent.dsl.builder import Sequent
from sequent.dsl.containers import Container
from sequent.dsl.conversion import fits, shown_type
from sequent.dsl.functions import FunctionSource
from sequent.dsl.nodes import Node, Written
from sequent.dsl.parameters import ParamReference
from sequent.dsl.places import OptionPlaces, option_place
from sequent.dsl.repeats import CallSource, endless, is_endless
from sequent.dsl.translation import Translation
from sequent.errors import DefinitionError, InvalidFlowError, UsageError
from sequent.model.references import Path
from sequent.model.spec import ContainerSpec, Definition, FlowConfig, FlowSpec, Origin, ParamSpec, StepSpec
from sequent.model.status import Construct


def definition_of(flow: object) -> Definition:
    """The definition of a flow.

    Args:
        flow: what ``@container`` returned, the same with parameters (``nightly(day=...)``), or a ``Sequent``.

    Raises:
        InvalidFlowError: the flow has mistakes; all of them that can be told without its parameters.
        UsageError: it is no flow.
    """
    found = (
        vars(flow).get("__sequent_flow__", flow) if not isinstance(flow, type) and hasattr(flow, "__dict__") else flow
    )
    if isinstance(found, Sequent):
        return _define(found.root, found, found.config, _origin(found, found.module, found.file))
    if isinstance(found, Container):
        # To pyright, what isinstance tells of a generic class is not enough.
        made = cast("Container[Any]", found)  # type: ignore[redundant-cast]
        written = made.__sequent__
        if written.parent is not None:
            raise UsageError(
                f"{written.name!r} is inside {written.parent.__sequent__.name!r}, and no flow of its own",
                code="not-a-flow",
                hint="run the outermost container",
                place=written.site.place,
            )
        return _define(made, made, _config(written), _origin(made, made.__module__, ""))
    raise UsageError(
        f"a {type(found).__name__} is not a flow", code="not-a-flow", hint="a flow is a @container class, or a Sequent"
    )


def _define(root: Node, flow: object, config: FlowConfig, origin: Origin) -> Definition:
    tree = _Tree(Translation(root))
    params, param_types = _params(root.__sequent__, tree.translation.problems)
    spec = FlowSpec(
        name=root.__sequent__.name,
        root=tree.container(root, ()),
        params=params,
        config=config,
        origin=origin,
        warnings=tuple(tree.warnings),
    )
    if tree.translation.problems:
        raise InvalidFlowError(tuple(tree.translation.problems))
    return Definition(
        spec=spec,
        functions=tree.functions,
        items=tree.items,
        bodies=tree.bodies,
        result_types=ResultTypes(tree.works),
        param_types=param_types,
        flow=flow,
    )


@define(eq=False)
class _Tree:
    """Walks what the author wrote, from the outside in."""

    translation: Translation
    functions: dict[Path, Callable[..., object]] = field(factory=dict[Path, Callable[..., object]])
    items: dict[Path, Callable[..., object]] = field(factory=dict[Path, Callable[..., object]])
    bodies: dict[Path, type] = field(factory=dict[Path, type])
    works: dict[Path, tuple[Work, type | None]] = field(factory=dict[Path, tuple[Work, type | None]])
    warnings: list[str] = field(factory=list[str])

    def container(self, node: Node, path: Path) -> ContainerSpec:
        written, options = node.__sequent__, node.__sequent__.options
        place = written.site.place
        if written.body is not None:
            self.bodies[path] = written.body
        self._note_items(written, path)
        if path:
            self._refuse_options(written)
        return ContainerSpec(
            name=written.name,
            children=tuple(
                self.step(child, (*path, name)) if child.__sequent__.is_leaf else self.container(child, (*path, name))
                for name, child in written.children.items()
            ),
            attributes=tuple(
                (name, self.translation.reference(value, node)) for name, value in written.attributes.items()
            ),
            requires=self.translation.requirement(options.requires, place),
            repeats=self.translation.items(options.repeats, node),
            parallel=options.parallel,
            until=None if written.until is None else written.until.__sequent__.name,
            result=None if written.result is None else written.result.__sequent__.name,
            handles=options.handles,
            stop_on_exception=options.stop_on_exception,
            place=place,
            option_places=OptionPlaces(written.site),
        )

    def step(self, node: Node, path: Path) -> StepSpec:
        written, options, work = node.__sequent__, node.__sequent__.options, node.__sequent__.work
        place = written.site.place
        if isinstance(work, FunctionSource):
            self.functions[path] = work.function
        if work is None:
            self.warnings.append(f"{place}: {'.'.join(path)!r} has nothing to do: it succeeds at once")
        else:
            parent = written.parent
            self.works[path] = (work, None if parent is None else parent.__sequent__.body)
        self._note_items(written, path)
        return StepSpec(
            name=written.name,
            work=self.translation.work(work, node),
            requires=self.translation.requirement(options.requires, place),
            repeats=self.translation.items(options.repeats, node),
            parallel=options.parallel,
            until=options.until,
            handles=options.handles,
            stop_on_exception=options.stop_on_exception,
            task_construct=options.task_construct,
            place=place,
            option_places=OptionPlaces(written.site),
        )

    def _refuse_options(self, written: Written) -> None:
        """What only a flow or a step can have."""
        options = written.options
        within = f"of a container within a flow, {written.name!r}"
        if options.task_construct is not None:
            self._add_problem(
                f"not supported yet: 'task_construct' {within}",
                "give it to the flow, or to its steps",
                written,
                "task_construct",
            )
        if options.max_concurrent is not None:
            self._add_problem(
                f"not supported yet: 'max_concurrent' {within}", "give it to the flow", written, "max_concurrent"
            )
        if options.until:
            hint = "name the step whose result is asked: until = check"
            self._add_problem(f"'until' of the container {written.name!r} is True", hint, written, "until")

    def _add_problem(self, message: str, hint: str, written: Written, option: str) -> None:
        place = option_place(written.site, option)
        self.translation.problems.append(DefinitionError(message, code="option", hint=hint, place=place))

    def _note_items(self, written: Written, path: Path) -> None:
        repeats = written.options.repeats
        if is_endless(repeats) and written.until is None and not written.options.until:
            self.translation.problems.append(endless(written.name, option_place(written.site, "repeats")))
        if isinstance(repeats, CallSource):
            self.items[path] = repeats.function


def _params(written: Written, problems: list[DefinitionError]) -> tuple[tuple[ParamSpec, ...], dict[str, object]]:
    params: list[ParamSpec] = []
    types: dict[str, object] = {}
    body = written.body
    for name, value in written.attributes.items():
        if not isinstance(value, ParamReference) or body is None:
            continue
        annotation = body.__annotations__[name]
        kind = attribute_type(body, annotation)
        shown = shown_type(annotation)
        if kind is not UNKNOWN:
            types[name] = kind
            if value.has_default and not fits(kind, value.default_value):
                message = f"the default of {name!r} is {value.default_value!r:.100}, which is not a {shown}"
                problems.append(DefinitionError(message, code="param", place=value.site.place))
        params.append(ParamSpec(name=name, type=shown, default=value.default, help=value.help, place=value.site.place))
    return tuple(params), types


def _config(written: Written) -> FlowConfig:
    options = written.options
    return FlowConfig(
        task_construct=options.task_construct or Construct.PROCESS,
        max_concurrent=options.max_concurrent,
        stop_on_exception=options.stop_on_exception is not False,
    )


def _origin(flow: object, name: str, file: str) -> Origin:
    """Where the flow is found again: its module, and its name there if it has one."""
    module = sys.modules.get(name)
    names = vars(module) if module is not None else {}
    attribute = next((key for key, value in list(names.items()) if value is flow), "")
    found = file or str(getattr(module, "__file__", None) or "")
    return Origin(module=name, attribute=attribute, file=os.path.realpath(found) if found else "")
