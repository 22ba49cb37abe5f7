"""Turns errors raised in the author's modules, while they are loaded, into errors of ours."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import linecache
import os
import re
import shlex
import sys

import sequent
from sequent.errors import DefinitionError, Place
from sequent.model.wording import guess
from sequent.runtime.loading.mistakes import frames_of

_OTHER_WORDS = {
    "container": ("flow", "dag", "pipeline", "workflow", "graph", "group", "taskgroup", "task_group"),
    "step": ("task", "job", "op", "asset", "activity", "rule", "target"),
}
"""The words of other tools, by ours."""


def load_error(name: str, error: BaseException, attribute: str) -> DefinitionError:
    """Return the error to report for one that was raised while a module was loaded.

    Args:
        name: the path of the loaded file, or the name of the loaded module.
        error: the exception that ended the loading.
        attribute: the flow in it, for the hint if it must be named in another way.
    """
    kind = type(error).__name__
    place = _place_of(error, name)
    hint = "correct it there; --debug shows the whole traceback"
    match error:
        case SystemExit():
            told = f"sys.exit({error.code!r}) is called while it is loaded"
            hint = 'put the code of the script under if __name__ == "__main__":'
        case SyntaxError():
            told = f"SyntaxError: {error.msg}"
        case ModuleNotFoundError():
            told = f"module not found: {error.name!r} ({kind})"
            hint = _as_module(name, attribute, error.name or "") or _where_to_find(error.name or "", name)
        case ImportError() if "relative import" in error.msg:
            told, hint = f"{kind}: {error.msg}", _as_module(name, attribute) or hint
        case ImportError():
            told, hint = f"{kind}: {error.msg}", f"{_meant_in_import(error)}{hint}"
        case NameError():
            told = f"{kind}: {error}"
            hint = _where_it_is(error) or _below(error, place) or f"{_meant_by(error)}{hint}"
        case TypeError() if str(error).startswith("param() takes 0 positional"):
            told, hint = f"{kind}: {error}", "name it: param(default=...)"
        case AttributeError():
            told, hint = f"{kind}: {error}", f"{_meant_by(error)}{hint}"
        case _:
            told = f"{kind}: {error}"
    # The place already names the file.
    loaded = "the file" if place and place.file == name else name
    return DefinitionError(f"{loaded} cannot be loaded: {told}", code="load", hint=hint, place=place)


def _where_to_find(needed: str, name: str) -> str:
    """Return how to have a module found that was not, beginning with the directories where it may be."""
    top = needed.partition(".")[0]
    beside = os.path.dirname(os.path.abspath(name))
    roots = dict.fromkeys((os.getcwd(), beside, os.path.dirname(beside)))
    for directory in (directory for root in roots for directory in (root, os.path.join(root, "src"))):
        files = (os.path.join(directory, file) for file in (f"{top}.py", f"{top}/__init__.py"))
        if directory not in sys.path and any(map(os.path.isfile, files)):
            return f"it is in {directory!r}: install it from there, or set PYTHONPATH={shlex.quote(directory)}"
    return "install it, correct the import, or add its directory to PYTHONPATH"


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
        if error.obj is sequent:
            return _meant_in_sequent(str(error.name))
        known = dir(error.obj)
    else:
        known = [name for frame, _ in frames_of(error) for name in frame.f_locals]
    return guess(str(error.name), known)


def _meant_in_import(error: ImportError) -> str:
    """Return the probable meaning of a name that a module does not have."""
    found = re.match(r"cannot import name '(\w+)'", error.msg)
    module = sys.modules.get(error.name or "")
    if found is None or module is None:
        return ""
    return _meant_in_sequent(found[1]) if module is sequent else guess(found[1], dir(module))


def _meant_in_sequent(name: str) -> str:
    """Return the word of Sequent for a name that other tools have, or that is misspelt."""
    word = next((word for word, others in _OTHER_WORDS.items() if name.lower() in others), "")
    return f"in Sequent that is @{word}; " if word else guess(name, sequent.__all__)


def _where_it_is(error: NameError) -> str:
    """Return how to write a name of a class in a place where Python does not search the class."""
    frames = [frame.f_locals for frame, _ in frames_of(error)]
    bodies = [names if "__qualname__" in names else {} for names in frames]
    if not any(error.name in names for names in bodies):
        return ""
    if bodies[-1] and error.name not in bodies[-1]:
        return f"write outer.{error.name}: a class does not see the names of the class around it"
    return "write it without a comprehension or a lambda: inside a class body, these do not see its names"


def _below(error: NameError, place: Place | None) -> str:
    """Return the hint for a name that is defined further down in the same body, or around it; '' if it is not."""
    if place is None:
        return ""
    name = re.escape(error.name or "")
    definition = re.compile(rf"(async )?(def|class) {name}\b|{name}\s*[:=][^=]")
    depth, is_own = None, True
    for number, line in enumerate(linecache.getlines(place.file)[place.line - 1 :], place.line):
        text = line.lstrip()
        if not text:
            continue
        depth = min(depth, len(line) - len(text)) if depth is not None else len(line) - len(text)
        if len(line) - len(text) == depth and definition.match(text):
            if is_own:
                return f"{error.name!r} is used in its own definition; in a repeat, previous() is its earlier result"
            return f"{error.name!r} is defined below, in line {number}: define it above its first use"
        # The lines of decorators belong to the definition that follows.
        is_own = is_own and (number == place.line or text.startswith(("@", ")", "#")))
    return ""


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
    # Python may give up a file before it comes to any line: some versions do so if there is a NUL in it.
    return place or (Place(name, 1) if os.path.isfile(name) else None)


@functools.cache
def _foreign() -> tuple[str, ...]:
    # Most modules have no mistakes.
    import sysconfig

    ours = os.path.dirname(os.path.abspath(sequent.__file__))
    paths = sysconfig.get_paths()
    return tuple({ours + os.sep, *(paths[key] + os.sep for key in ("stdlib", "purelib", "platlib"))})
