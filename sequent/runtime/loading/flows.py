"""Finds a flow by module and name, or by file and name; reports mistakes without a traceback."""

from __future__ import annotations

import contextlib
import inspect
import os
import sys
from collections.abc import Callable, Generator
from types import ModuleType

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.dsl.builder.blocks import Sequent
from sequent.dsl.containers.body_mistakes import nodes_within
from sequent.dsl.containers.container_nodes import Container
from sequent.dsl.run_port import FlowReached, seeking
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import DefinitionError, Place, UsageError
from sequent.model.run_target import Target, is_file
from sequent.model.spec import Definition
from sequent.model.wording import guess, repr_of
from sequent.runtime.loading.mistakes import with_all_of_flow
from sequent.runtime.loading.modules import FORM, NO_FILE, load_file, load_module, refuse_hiding, reporting

NO_FLOW = "no-flow"
"""The code of the error for a module without the flow."""


@frozen(eq=False, repr=False)
class LoadedFlow(ByFields):
    """A flow, and the way to find it again."""

    flow: object
    """The author's own object."""
    target: Target

    @property
    def definition(self) -> Definition:
        """Its definition.

        Raises:
            InvalidFlowError: the flow has mistakes.
        """
        return definition_of(self.flow)


@frozen(kw_only=True, eq=False, repr=False)
class _Wanted(ByFields):
    """The parts of a target."""

    module: str
    file: str
    attribute: str


def load_flow(target: str) -> LoadedFlow:
    """Return the flow that a target names: ``module:flow``, or ``path/file.py:flow``.

    If there is exactly one flow, ``:flow`` may be left out. A function that needs no arguments and returns a flow
    counts as a flow.

    Raises:
        UsageError: there is no such module, file or flow; or the name is something else.
        DefinitionError: loading it failed; the place is the author's line.
    """
    wanted = _read(target)
    cwd = os.getcwd()
    refuse_hiding(os.path.dirname(wanted.file) if wanted.file else cwd)
    try:
        attribute = wanted.attribute
        module = load_file(wanted.file, attribute) if wanted.file else load_module(wanted.module, cwd, attribute)
    except DefinitionError as error:
        complete = with_all_of_flow(error, wanted.attribute)
        if complete is error:
            raise
        raise complete from error
    attribute = wanted.attribute or _only_flow(module, target)
    flow = _flow_in(module, attribute)
    return LoadedFlow(
        flow,
        Target(
            flow=_name_of(flow),
            file=os.path.realpath(module.__file__ or wanted.file),
            module="" if wanted.file else wanted.module,
            attribute=attribute,
            cwd=cwd,
        ),
    )


def load_recorded(target: Target, *, needs_own_maker: bool = False) -> object:
    """Load the flow of a recorded target again, as ``load_flow`` does.

    Args:
        target: the flow.
        needs_own_maker: refuse a function that makes the flow, if its module has only imported it.

    Raises:
        UsageError, DefinitionError: as ``load_flow``.
    """
    module = load_module(target.module, target.cwd) if target.module else load_file(target.file)
    return _flow_in(module, target.attribute, needs_own_maker=needs_own_maker)


def load_script(target: Target) -> object:
    """Load the flow of a run that a script started: its file is loaded like a module, up to where it runs that flow.

    Raises:
        UsageError: there is no such flow at its top level, or no such file.
        DefinitionError: as ``load_flow``.
    """
    if not target.file:
        raise UsageError(
            f"the flow {target.flow!r} was typed after 'python -c', and is in no file",
            code=NO_FILE,
            hint="give the place of the flow: --flow path/file.py:flow",
        )
    try:
        # Output of the script is not output of the command.
        with contextlib.redirect_stdout(sys.stderr), contextlib.chdir(target.cwd), _typed(target), seeking(target.flow):
            module = load_file(target.file)
    except FlowReached as reached:
        return reached.flow
    flows = (getattr(module, name) for name in _flows_in(module))
    flow = next((flow for flow in flows if _name_of(flow) == target.flow), None)
    if flow is None:
        raise UsageError(
            f"the flow {target.flow!r} is not at the top level of the script {target.file!r}, "
            "which is loaded but not run",
            code=NO_FLOW,
            hint=f"put it there, or name a function that makes it: --flow {target.file}:NAME",
        )
    return flow


@contextlib.contextmanager
def _typed(target: Target) -> Generator[None]:
    """Give a script its original arguments while it is loaded."""
    words = sys.argv
    files = [os.path.realpath(os.path.join(target.cwd, word)) for word in target.argv]
    sys.argv = list(target.argv[files.index(target.file) if target.file in files else 0 :])
    try:
        yield
    finally:
        sys.argv = words


# -- the wanted flow


def _read(target: str) -> _Wanted:
    head, colon, attribute = target.rpartition(":")
    if not colon:
        head, attribute = target, ""
    if not head or (colon and not all(part.isidentifier() for part in attribute.split("."))):
        raise UsageError(f"{target!r} names no flow", code="target", hint=FORM)
    if is_file(head):
        return _Wanted(module="", file=os.path.abspath(head), attribute=attribute)
    if not all(part.isidentifier() for part in head.split(".")):
        raise UsageError(f"{head!r} is neither a module name nor a file name", code="target", hint=FORM)
    return _Wanted(module=head, file="", attribute=attribute)


# -- flows


def flows_of(head: str) -> list[str]:
    """Return the names of the flows in a module or file, as written before a target's colon.

    Raises:
        UsageError, DefinitionError: as ``load_flow``.
    """
    wanted = _read(head)
    return _flows_in(load_file(wanted.file) if wanted.file else load_module(wanted.module, os.getcwd()))


def _only_flow(module: ModuleType, target: str) -> str:
    found = _flows_in(module)
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{target}:{name}" for name in found)
    raise UsageError(
        f"{target!r} has {len(found)} flows: {known}" if found else f"{target!r} has no flow in it",
        code="which-flow",
        hint="name one of them" if found else "make one with @container, or with Sequent()",
    )


def _flows_in(module: ModuleType) -> list[str]:
    """Return the names of the flows of a module, each object once."""
    seen: set[int] = set()
    names: list[str] = []
    for name, value in vars(module).items():
        if not name.startswith("_") and id(value) not in seen and _is_flow(value):
            seen.add(id(value))
            names.append(name)
    return names


def _flow_in(module: ModuleType, attribute: str, *, needs_own_maker: bool = False) -> object:
    value: object = module
    for part in attribute.split("."):
        if isinstance(value, ModuleType) and value is not module:
            raise UsageError(
                f"'{module.__name__}:{attribute}' leads into the module {value.__name__!r}",
                code=NO_FLOW,
                hint=f"name it by that module: {value.__name__}:{part}",
            )
        try:
            value = getattr(value, part)
        except AttributeError:
            raise _no_attribute(module, attribute) from None
    if _is_flow(value):
        return value
    _refuse_decorated(attribute, value)
    if inspect.isfunction(value):
        if needs_own_maker and not f"{value.__module__}.".startswith(f"{module.__name__}."):
            message = f"'{module.__name__}:{attribute}' is a function of the module {value.__module__!r}"
            raise UsageError(message, code="forbidden", hint=f"define a function for it in {module.__name__!r}")
        return _made(module, attribute, value)
    raise _not_a_flow(module, attribute, value)


def _refuse_decorated(attribute: str, value: object) -> None:
    """Refuse a container under another decorator, which hides it."""
    for made in nodes_within(value):
        if isinstance(made, Container):
            raise DefinitionError(
                f"the container {attribute!r} is under another decorator, which hides it",
                code="decorator",
                hint="put @container on top, above the other decorators",
                place=made.__sequent__.site.place,
            )


def _made(module: ModuleType, attribute: str, factory: Callable[..., object]) -> object:
    """Return the flow that a function returns."""
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = inspect.signature(factory).parameters
    needed = [name for name, it in parameters.items() if it.default is it.empty and it.kind not in optional]
    if needed:
        names = ", ".join(map(repr, needed))
        raise UsageError(
            f"'{module.__name__}:{attribute}' is a function that needs {names}",
            code="factory",
            hint="give its arguments defaults, or let the flow take parameters: day: date = param(), then -p day=...",
            place=Place(factory.__code__.co_filename, factory.__code__.co_firstlineno),
        )
    with reporting(f"{module.__name__}:{attribute}"):
        flow = factory()
    if not _is_flow(flow):
        raise _not_a_flow(module, f"{attribute}()", flow)
    return flow


def _no_attribute(module: ModuleType, attribute: str) -> UsageError:
    flows = _flows_in(module)
    known = f"its flows: {', '.join(flows)}" if flows else "it has no flow in it"
    hint = f"{guess(attribute, [*vars(module), *flows])}{FORM}"
    return UsageError(f"{module.__name__!r} has no {attribute!r} ({known})", code=NO_FLOW, hint=hint)


def _not_a_flow(module: ModuleType, attribute: str, value: object) -> UsageError:
    flows = _flows_in(module)
    return UsageError(
        f"'{module.__name__}:{attribute}' is {repr_of(value)} ({type(value).__name__}), not a flow",
        code="not-a-flow",
        hint=f"its flows: {', '.join(flows)}" if flows else "make one with @container, or with Sequent()",
    )


def _is_flow(value: object) -> bool:
    # The value of a container with parameters refers to the container.
    flow = value if isinstance(value, type) else getattr(value, "__dict__", {}).get("__sequent_flow__", value)
    if isinstance(flow, Container):
        return flow.__sequent__.parent is None
    return isinstance(flow, Sequent)


def _name_of(flow: object) -> str:
    return definition_of(flow).spec.name
