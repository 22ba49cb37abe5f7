"""Finds files that hide a module: ``random.py`` beside a flow is imported in place of Python's own, or a library's.

This module works even if any other is hidden: it imports only what every interpreter has loaded at its start.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LIBRARIES = frozenset(
    {"attr", "attrs", "bcrypt", "cffi", "cryptography", "cyclopts", "docstring_parser", "invoke", "jinja2", "loguru"}
    | {
        "markdown_it",
        "markupsafe",
        "mdurl",
        "msgspec",
        "nacl",
        "networkx",
        "paramiko",
        "platformdirs",
        "pycparser",
        "pygments",
    }
    | {"pytimeparse", "rich", "rich_rst", "sqlalchemy", "typing_extensions", "yaml"}
)
"""The modules that Sequent imports from other packages, and those that they import."""
_UNUSED = frozenset({"antigravity", "idlelib", "lib2to3", "test", "this", "tkinter", "turtle", "turtledemo"})
"""Modules that nothing imports on its own, so that a file with such a name does no harm."""
_SUFFIXES = (".py", ".pyc", ".so")
_LISTED = 3


def hiding_in(directory: str) -> "Iterator[tuple[str, str]]":
    """Yield the files of a directory that hide a module if it is searched first, each with the module's name."""
    try:
        entries = os.listdir(directory or os.curdir)  # noqa: PTH208  pathlib may be hidden
    except OSError:
        return
    for entry in sorted(entries):
        name, dot, suffix = entry.partition(".")
        if not _is_needed(name):
            continue
        path = os.path.join(directory, entry)  # noqa: PTH118  as above
        if f"{dot}{suffix}".endswith(_SUFFIXES) or os.path.isfile(os.path.join(path, "__init__.py")):  # noqa: PTH113, PTH118  as above
            yield path, name


def _is_needed(name: str) -> bool:
    is_python_s = name in sys.stdlib_module_names and name not in sys.builtin_module_names and name not in _UNUSED
    return name in LIBRARIES or (is_python_s and not name.startswith("_"))


def hiding_behind(error: BaseException) -> "list[tuple[str, str]]":
    """Return the files that an error is about, among those in the directory that Python itself searches first.

    That is the directory of a script, or the current one: it cannot be checked before a file has done harm.
    """
    found = [*hiding_in(sys.path[0])] if sys.path else []
    texts = [*_texts_of(error)] if found else []
    return [(path, name) for path, name in found if any(path in text or f"module {name!r}" in text for text in texts)]


def _texts_of(error: BaseException) -> "Iterator[str]":
    """Yield the message of an error, and those of its causes."""
    led: BaseException | None = error
    while led is not None:
        if isinstance(led, ImportError | AttributeError) or type(led).__module__.startswith("sequent."):
            yield str(led)
        led = led.__cause__ or led.__context__


def imported_from(directory: str) -> "list[tuple[str, str]]":
    """Return the files of a directory that have already been imported in place of a module."""
    files = [
        (getattr(sys.modules.get(name), "__file__", None) or "", path, name) for path, name in hiding_in(directory)
    ]
    return [(path, name) for file, path, name in files if path in (file, os.path.dirname(file))]  # noqa: PTH120  as above


def text_of(hiding: "Iterable[tuple[str, str]]") -> str:
    """Return the message about such files."""
    shown = [f"{path!r} hides the module {name!r}" for path, name in hiding]
    more = [f"and {len(shown) - _LISTED} more do so"] if len(shown) > _LISTED else []
    return ", ".join(shown[:_LISTED] + more)


HINT = "rename it: Python imports it instead of that module"
