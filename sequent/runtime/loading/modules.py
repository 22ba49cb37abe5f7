"""Loads the author's modules; reports errors in them with the author's line."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import os
import sys
from collections.abc import Generator
from types import ModuleType

from sequent.dsl.mistakes import deferring, problems_of
from sequent.dsl.run_port import FlowReached, loading
from sequent.dsl.source_lines import path_at
from sequent.errors import DefinitionError, Place, SequentError, UsageError
from sequent.hiding_files import HINT, hiding_in, text_of
from sequent.model.run_target import Target
from sequent.model.wording import guess
from sequent.model.work import ModuleImport
from sequent.runtime.loading.mistakes import frames_of, with_others

FORM = "name it as module:flow or path/file.py:flow"
NO_MODULE = "no-module"
"""The code of the error for a module that does not exist."""


def load_module(name: str, directory: str) -> ModuleType:
    """Import a module, looking into that directory first.

    Raises:
        UsageError: there is no such module.
        DefinitionError: its own code failed, or that of a package around it.
    """
    _look_first_in(directory)
    if not _exists(name):
        raise UsageError(
            f"module not found: {name!r} (looked in {sys.path[0]!r} first)",
            code=NO_MODULE,
            hint=f"{guess(name, _modules_in(directory))}{FORM}",
        )
    with reporting(name):
        return importlib.import_module(name)


def _exists(name: str) -> bool:
    """Return whether there is such a module; packages around it are imported, and their mistakes are their own."""
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
                with reporting(full):
                    importlib.import_module(full)
        package = full
    return True


def load_file(file: str, attribute: str = "") -> ModuleType:
    """Load a file as a module; search its imports beside it first.

    Args:
        file: its path.
        attribute: the requested flow in it, for the hint if it must be named in another way.

    Raises:
        UsageError: there is no such file, or it is not a Python file.
        DefinitionError: its own code failed.
    """
    if not os.path.isfile(file):
        directory, name = os.path.split(file)
        hint = f"{guess(name, _files_in(directory))}{FORM}"
        raise UsageError(f"file not found: {file!r}", code="no-file", hint=hint)
    _look_first_in(os.path.dirname(file))
    name = os.path.splitext(os.path.basename(file))[0]
    known = sys.modules.get(name)
    if known is not None and _is_from(known, file):
        return known
    if known is not None or not name.isidentifier() or name in sys.stdlib_module_names:
        # Its own name is taken: it gets a name that no other module has, since pickle and dataclasses look it up.
        name = f"sequent_flow_{''.join(letter if letter.isalnum() else '_' for letter in name)}"
    return _execute(name, file, attribute)


def import_once(wanted: ModuleImport) -> None:
    """Import the modules that a step names with ``import_module`` and ``import_file``, once.

    Raises:
        UsageError: there is no such file, or the module's name is that of another.
        DefinitionError: there is no such module, or its own code failed.
    """
    known = sys.modules.get(wanted.module)
    if not wanted.file:
        if known is None:
            with reporting(wanted.module):
                importlib.import_module(wanted.module)
        return
    if known is None:
        if not os.path.isfile(wanted.file):
            raise UsageError(
                f"import_file: file not found: {wanted.file!r} in {os.getcwd()!r}",
                code="no-file",
                hint="give an absolute path, or one relative to the directory where the run was started",
            )
        _execute(wanted.module, wanted.file)
    elif not _is_from(known, wanted.file):
        raise UsageError(
            f"import_file: the module {wanted.module!r} is loaded from {known.__file__!r}, not from {wanted.file!r}",
            code="import",
            hint="choose another module name with import_module",
        )


def _is_from(module: ModuleType, file: str) -> bool:
    return os.path.realpath(getattr(module, "__file__", None) or "") == os.path.realpath(file)


def _execute(name: str, file: str, attribute: str = "") -> ModuleType:
    """Execute a file as the module with that name."""
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UsageError(f"{file!r} is not a Python file", code="no-file", hint=FORM)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with reporting(file, attribute):
            spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def beside(target: Target) -> str:
    """Return the directory that a flow's imports search first."""
    return target.cwd if target.module else os.path.dirname(target.file)


def refuse_hiding(directory: str) -> None:
    """Check that no file in a directory that is searched first hides a module of Python's own, or of a library.

    Raises:
        UsageError: a file does; an import of that module would get the author's file, now or later.
    """
    if hiding := [*hiding_in(directory)]:
        raise UsageError(text_of(hiding), code="hides", hint=HINT)


def _look_first_in(directory: str) -> None:
    if not sys.path or sys.path[0] != directory:
        sys.path.insert(0, directory)


@contextlib.contextmanager
def reporting(name: str, attribute: str = "") -> Generator[None]:
    """Turn any error while loading a module or file into one at the author's line."""
    kept: tuple[DefinitionError, ...] = ()
    try:
        with loading(name), deferring() as mistakes:
            try:
                yield
            finally:
                kept = tuple(mistakes.found)
            mistakes.raise_if_any(mistakes.flow)
    except (KeyboardInterrupt, FlowReached):
        raise
    except DefinitionError as error:
        complete = with_others(error, kept)
        for problem in problems_of(complete):
            _give_path(problem)
        if complete is error:
            raise
        raise complete from error
    except SequentError as error:
        _give_path(error)
        raise
    except BaseException as error:
        raise with_others(_load_error(name, error, attribute), kept, error) from error


def _give_path(error: SequentError) -> None:
    """Set the path of the step or container of a mistake that was found before it had its place in the flow."""
    if error.place is not None and not error.path:
        error.path = path_at(error.place)


def _load_error(name: str, error: BaseException, attribute: str) -> DefinitionError:
    kind = type(error).__name__
    hint = "correct it there; --debug shows the whole traceback"
    match error:
        case SystemExit():
            told = f"sys.exit({error.code!r}) is called while it is loaded"
            hint = 'put the code of the script under if __name__ == "__main__":'
        case SyntaxError():
            told = f"SyntaxError: {error.msg}"
        case ModuleNotFoundError():
            told = f"module not found: {error.name!r} ({kind})"
            hint = _as_module(name, attribute, error.name or "") or "install it, or correct the import"
        case ImportError() if "relative import" in error.msg:
            told, hint = f"{kind}: {error.msg}", _as_module(name, attribute) or hint
        case NameError():
            told, hint = f"{kind}: {error}", _where_it_is(error) or f"{_meant_by(error)}{hint}"
        case AttributeError():
            told, hint = f"{kind}: {error}", f"{_meant_by(error)}{hint}"
        case _:
            told = f"{kind}: {error}"
    return DefinitionError(f"{name} cannot be loaded: {told}", code="load", hint=hint, place=_place_of(error, name))


def _as_module(name: str, attribute: str, needed: str = "") -> str:
    """Return the target for a file that is part of a package and must be loaded as such; '' otherwise.

    Args:
        name: the path of the loaded file, or the name of the loaded module.
        attribute: the flow in it.
        needed: the module that it did not find; '' for a relative import.
    """
    if not os.path.isfile(name):
        with contextlib.suppress(ImportError, ValueError, AttributeError):
            name = str(getattr(importlib.util.find_spec(name), "origin", ""))
    root, own = os.path.split(os.path.splitext(os.path.abspath(name))[0])
    names = [own]
    # A package may have no file of its own; but the one around a relative import has one.
    while len(names) == 1 or os.path.isfile(os.path.join(root, "__init__.py")):
        root, package = os.path.split(root)
        names.insert(0, package)
    if not all(part.isidentifier() for part in names) or (needed and needed.partition(".")[0] != names[0]):
        return ""
    return f"it belongs to the package {names[0]!r}: say {'.'.join(names)}:{attribute or 'FLOW'}, in {root!r}"


def _meant_by(error: NameError | AttributeError) -> str:
    """Return the probable meaning of an unknown name, as the beginning of a hint."""
    if isinstance(error, AttributeError):
        known = dir(error.obj)
    else:
        known = [name for frame, _ in frames_of(error) for name in frame.f_locals]
    return guess(str(error.name), known)


def _where_it_is(error: NameError) -> str:
    """Return how to write a name of a class in a place where Python does not search the class."""
    frames = [frame.f_locals for frame, _ in frames_of(error)]
    bodies = [names if "__qualname__" in names else {} for names in frames]
    if not any(error.name in names for names in bodies):
        return ""
    if bodies[-1] and error.name not in bodies[-1]:
        return f"write outer.{error.name}: a class does not see the names of the class around it"
    return "write it without a comprehension or a lambda: inside a class body, these do not see its names"


def _place_of(error: BaseException, name: str) -> Place | None:
    """Return the author's innermost line."""
    if isinstance(error, SyntaxError) and (error.filename or os.path.isfile(name)):
        # An error in a text that Python cannot read at all, such as one with a NUL, has no line.
        return Place(error.filename or name, error.lineno or 1)
    place: Place | None = None
    for frame, line in frames_of(error):
        file = frame.f_code.co_filename
        if not file.startswith(("<", *_foreign())):
            place = Place(file, line)
    return place


@functools.cache
def _foreign() -> tuple[str, ...]:
    # Most modules have no mistakes.
    import sysconfig

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
