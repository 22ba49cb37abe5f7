"""Finds a flow: by module and name, or by file and name; whatever is wrong is said without a traceback."""

from __future__ import annotations

import contextlib
import difflib
import functools
import importlib
import importlib.util
import inspect
import os
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterator
from types import ModuleType

from attrs import frozen

from sequent.errors import DefinitionError, Place, SequentError, UsageError
from sequent.runtime.ports import Target

FORM = "name it as module:flow, or as path/file.py:flow"


@frozen
class LoadedFlow:
    """A flow, and how it is found again."""

    flow: object
    """The author's own object."""
    target: Target


@frozen(kw_only=True)
class _Wanted:
    """What a target says."""

    module: str
    file: str
    attribute: str


def load_flow(target: str) -> LoadedFlow:
    """The flow that a target names: ``module:flow``, or ``path/file.py:flow``.

    Where there is exactly one flow, ``:flow`` may be left out. A function that needs no arguments and returns
    a flow is one as well.

    Raises:
        UsageError: there is no such module, file or flow; or the name is something else.
        DefinitionError: loading it failed; the place is the author's line.
    """
    wanted = _read(target)
    cwd = os.getcwd()
    module = _load_file(wanted.file) if wanted.file else _load_module(wanted.module, cwd)
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


def load_recorded(target: Target) -> object:
    """The flow of a recorded target, loaded again, as ``load_flow`` does.

    Raises:
        UsageError, DefinitionError: as ``load_flow``.
    """
    module = _load_module(target.module, target.cwd) if target.module else _load_file(target.file)
    return _flow_in(module, target.attribute)


# -- what is wanted


def _read(target: str) -> _Wanted:
    head, colon, attribute = target.rpartition(":")
    if not colon:
        head, attribute = target, ""
    if not head or (colon and not all(part.isidentifier() for part in attribute.split("."))):
        raise UsageError(f"{target!r} names no flow", code="target", hint=FORM)
    if head.endswith(".py") or os.sep in head:
        return _Wanted(module="", file=os.path.abspath(head), attribute=attribute)
    if not all(part.isidentifier() for part in head.split(".")):
        raise UsageError(f"{head!r} is neither a module's name nor a file's", code="target", hint=FORM)
    return _Wanted(module=head, file="", attribute=attribute)


# -- modules


def _load_module(name: str, directory: str) -> ModuleType:
    _look_first_in(directory)
    if not _exists(name):
        close = difflib.get_close_matches(name, _modules_in(directory), 1)
        guess = f"; did you mean {close[0]!r}?" if close else ""
        raise UsageError(
            f"there is no module {name!r} (looked in {sys.path[0]!r} first){guess}", code="no-module", hint=FORM
        )
    with _reporting(name):
        return importlib.import_module(name)


def _exists(name: str) -> bool:
    """Whether there is such a module; packages around it are imported, and their mistakes are theirs."""
    package = ""
    for part in name.split("."):
        full = f"{package}.{part}" if package else part
        if full not in sys.modules:
            try:
                if importlib.util.find_spec(full) is None:
                    return False
            except (ModuleNotFoundError, ValueError):
                return False
            if full != name:
                with _reporting(full):
                    importlib.import_module(full)
        package = full
    return True


def _load_file(file: str) -> ModuleType:
    if not os.path.isfile(file):
        directory, name = os.path.split(file)
        close = difflib.get_close_matches(name, _files_in(directory), 1)
        guess = f"; did you mean {close[0]!r}?" if close else ""
        raise UsageError(f"there is no file {file!r}{guess}", code="no-file", hint=FORM)
    _look_first_in(os.path.dirname(file))
    name = os.path.splitext(os.path.basename(file))[0]
    known = sys.modules.get(name)
    if known is not None and os.path.realpath(known.__file__ or "") == os.path.realpath(file):
        return known
    if known is not None or not name.isidentifier() or name in sys.stdlib_module_names:
        # Its own name is taken: it gets one that it shares with nobody, since pickle and dataclasses look it up.
        name = f"sequent_flow_{''.join(letter if letter.isalnum() else '_' for letter in name)}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UsageError(f"{file!r} is no Python file", code="no-file", hint=FORM)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with _reporting(file):
            spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _look_first_in(directory: str) -> None:
    if not sys.path or sys.path[0] != directory:
        sys.path.insert(0, directory)


@contextlib.contextmanager
def _reporting(name: str) -> Iterator[None]:
    """Turn whatever loading a module raises into an error at the author's line."""
    from sequent.dsl.running import loading

    try:
        with loading(name):
            yield
    except KeyboardInterrupt:
        raise
    except SequentError:
        raise
    except BaseException as error:
        raise _load_error(name, error) from error


def _load_error(name: str, error: BaseException) -> DefinitionError:
    kind = type(error).__name__
    match error:
        case SystemExit():
            told = f"sys.exit({error.code!r}) is called while it is loaded"
            hint = 'put what is to run only as a script under if __name__ == "__main__":'
        case SyntaxError():
            told, hint = f"SyntaxError: {error.msg}", ""
        case ModuleNotFoundError():
            told = f"it needs the module {error.name!r}, which there is not ({kind})"
            hint = "install it, or correct the import"
        case _:
            told, hint = f"{kind}: {error}", ""
    return DefinitionError(f"{name} cannot be loaded: {told}", code="load", hint=hint, place=_place_of(error))


def _place_of(error: BaseException) -> Place | None:
    """The author's innermost line."""
    if isinstance(error, SyntaxError) and error.filename:
        return Place(error.filename, error.lineno or 1)
    found: Place | None = None
    for frame in traceback.extract_tb(error.__traceback__):
        if not frame.filename.startswith(("<", *_foreign())):
            found = Place(frame.filename, frame.lineno or 0)
    return found


@functools.cache
def _foreign() -> tuple[str, ...]:
    ours = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    paths = sysconfig.get_paths()
    return tuple({ours + os.sep, *(paths[key] + os.sep for key in ("stdlib", "purelib", "platlib"))})


def _modules_in(directory: str) -> list[str]:
    names = [name.removesuffix(".py") for name in _files_in(directory)]
    with contextlib.suppress(OSError):
        names += [entry.name for entry in os.scandir(directory) if entry.is_dir() and entry.name.isidentifier()]
    return names


def _files_in(directory: str) -> list[str]:
    try:
        return [name for name in os.listdir(directory) if name.endswith(".py")]
    except OSError:
        return []


# -- flows


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
    """The names of the flows of a module, each object once."""
    seen: set[int] = set()
    found: list[str] = []
    for name, value in vars(module).items():
        if not name.startswith("_") and id(value) not in seen and _is_flow(value):
            seen.add(id(value))
            found.append(name)
    return found


def _flow_in(module: ModuleType, attribute: str) -> object:
    value: object = module
    for part in attribute.split("."):
        try:
            value = getattr(value, part)
        except AttributeError:
            raise _no_attribute(module, attribute) from None
    if _is_flow(value):
        return value
    if inspect.isfunction(value):
        return _made(module, attribute, value)
    raise _not_a_flow(module, attribute, value)


def _made(module: ModuleType, attribute: str, factory: Callable[..., object]) -> object:
    """What a function gives that makes flows."""
    needed = [
        name
        for name, parameter in inspect.signature(factory).parameters.items()
        if parameter.default is parameter.empty and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    if needed:
        names = ", ".join(map(repr, needed))
        raise UsageError(
            f"'{module.__name__}:{attribute}' is a function that needs {names}",
            code="factory",
            hint="give its arguments defaults, or let the flow take parameters: day: date = param(), then -p day=...",
            place=Place(factory.__code__.co_filename, factory.__code__.co_firstlineno),
        )
    with _reporting(f"{module.__name__}:{attribute}"):
        flow = factory()
    if not _is_flow(flow):
        raise _not_a_flow(module, f"{attribute}()", flow)
    return flow


def _no_attribute(module: ModuleType, attribute: str) -> UsageError:
    flows = _flows_in(module)
    close = difflib.get_close_matches(attribute, [*flows, *vars(module)], 1)
    guess = f"; did you mean {close[0]!r}?" if close else ""
    known = f"its flows: {', '.join(flows)}" if flows else "it has no flow in it"
    return UsageError(f"{module.__name__!r} has no {attribute!r}{guess} ({known})", code="no-flow", hint=FORM)


def _not_a_flow(module: ModuleType, attribute: str, value: object) -> UsageError:
    flows = _flows_in(module)
    return UsageError(
        f"'{module.__name__}:{attribute}' is {value!r:.100}, a {type(value).__name__}, not a flow",
        code="not-a-flow",
        hint=f"its flows: {', '.join(flows)}" if flows else "make one with @container, or with Sequent()",
    )


def _is_flow(value: object) -> bool:
    from sequent.dsl.builder import Sequent
    from sequent.dsl.containers import Container

    # What a container with parameters gives holds the container.
    found = value if isinstance(value, type) else getattr(value, "__dict__", {}).get("__sequent_flow__", value)
    if isinstance(found, Container):
        return found.__sequent__.parent is None
    return isinstance(found, Sequent)


def _name_of(flow: object) -> str:
    from sequent.dsl import definition_of

    return definition_of(flow).spec.name


