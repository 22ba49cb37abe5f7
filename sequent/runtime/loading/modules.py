"""Loads the author's modules; reports errors in them with the author's line."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Generator
from types import ModuleType

from sequent.dsl.mistakes import deferring, problems_of
from sequent.dsl.run_port import FlowReached, loading
from sequent.dsl.source_lines import path_at
from sequent.errors import DefinitionError, SequentError, UsageError
from sequent.hiding_files import HINT, hiding_in, text_of
from sequent.model.run_target import Target
from sequent.model.wording import guess
from sequent.model.work import ModuleImport
from sequent.runtime.loading.mistakes import with_others

FORM = "name it as module:flow or path/file.py:flow"
NO_MODULE = "no-module"
"""The code of the error for a module that does not exist."""
NO_FILE = "no-file"
"""The same for a file."""


def load_module(name: str, directory: str, attribute: str = "") -> ModuleType:
    """Import a module, looking into that directory first.

    Args:
        name: its name.
        directory: the directory that is searched first.
        attribute: the requested flow in it, for the hint if it must be named in another way.

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
    with reporting(name, attribute):
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
        hint = f"{guess(name, _files_in(directory), '.py')}{FORM}"
        raise UsageError(f"file not found: {file!r}", code=NO_FILE, hint=hint)
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
                code=NO_FILE,
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
        raise UsageError(f"{file!r} is not a Python file", code=NO_FILE, hint=FORM)
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
        # Most modules have no mistakes.
        from sequent.runtime.loading.load_errors import load_error

        raise with_others(load_error(name, error, attribute), kept, error) from error


def _give_path(error: SequentError) -> None:
    """Set the path of the step or container of a mistake that was found before it had its place in the flow."""
    if error.place is not None and not error.path:
        error.path = path_at(error.place)


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
