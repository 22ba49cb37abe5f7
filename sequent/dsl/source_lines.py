"""Places in the author's code, resolved to a line only on demand."""

from __future__ import annotations

import ast
import linecache
import os
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from inspect import CO_OPTIMIZED
from itertools import islice
from types import CodeType, FrameType
from typing import Any, NamedTuple, TypeVar

from sequent.errors import DefinitionError, Place

T = TypeVar("T")
_LIBRARY = ("<frozen ", os.path.join(os.path.dirname(os.__file__), ""))  # noqa: PTH118, PTH120  as code objects name it
"""The beginnings of the file names of Python's own library; installed packages may be below them."""


_OWN = os.path.join(os.path.dirname(os.path.dirname(__file__)), "")  # noqa: PTH118, PTH120  as above
"""The beginning of the file names of this package."""


class Site(NamedTuple):
    """A call in the author's code.

    It keeps the code and the offset in it, since finding a frame's line number means scanning its line table from the
    start: that would cost seconds in a flow of ten thousand steps.
    """

    code: CodeType
    offset: int

    @property
    def place(self) -> Place:
        """Its file and line."""
        starts, lines = _table(self.code)
        position = bisect_right(starts, self.offset) - 1
        return Place(self.code.co_filename, lines[position] if position >= 0 else self.code.co_firstlineno)


def frame_above(levels: int) -> FrameType:
    """Return the frame ``levels`` above the caller's."""
    return sys._getframe(levels + 1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  the author's line


def site_above(levels: int) -> Site:
    """Return the call that the frame so many levels above the caller's is just making."""
    frame = sys._getframe(levels + 1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  as above
    return Site(frame.f_code, frame.f_lasti)


def site_outside_python(levels: int) -> Site:
    """Return that call, but above frames of Python's own library and of this package."""
    frame = frame_above(levels + 1)
    while frame.f_back is not None and _is_library_s(frame.f_code.co_filename):
        frame = frame.f_back
    return Site(frame.f_code, frame.f_lasti)


def _is_library_s(file: str) -> bool:
    return file.startswith(_OWN) or (file.startswith(_LIBRARY) and "-packages" not in file)


def is_author_s(frame: FrameType) -> bool:
    """Return whether a frame executes an author's code: not Python's, this package's, or an installed one's."""
    file = frame.f_code.co_filename
    return not _is_library_s(file) and "-packages" not in file


def left_operand(frame: FrameType) -> str | None:
    """Return the string on the left of the operator that a frame just executes; None if it cannot be read."""
    position = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
    tree = _tree(frame.f_code.co_filename)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.BinOp) and position == (
            node.lineno,
            node.end_lineno,
            node.col_offset,
            node.end_col_offset,
        ):
            left = node.left
            known = frame.f_globals | frame.f_locals if isinstance(left, ast.Name) else {}
            value = left.value if isinstance(left, ast.Constant) else known.get(getattr(left, "id", ""))
            return value if isinstance(value, str) else None
    return None


_TABLES: dict[int, tuple[CodeType, list[int], list[int]]] = {}


def _table(code: CodeType) -> tuple[list[int], list[int]]:
    """Return the line table of a code: offsets and their lines."""
    known = _TABLES.get(id(code))
    if known is not None and known[0] is code:
        return known[1], known[2]
    starts: list[int] = []
    lines: list[int] = []
    for start, _, line in code.co_lines():
        # Some instructions have no line of their own; they belong to the line before.
        if line is not None:
            starts.append(start)
            lines.append(line)
    if len(code.co_linetable) > 1000:
        # Short tables are read faster than they are kept: a flow may have thousands of bodies.
        if len(_TABLES) >= 64:
            _TABLES.clear()
        _TABLES[id(code)] = (code, starts, lines)
    return starts, lines


def body_of(frame: FrameType) -> dict[str, Any] | None:
    """Return the namespace of the class body that a frame executes; None if it executes something else."""
    if frame.f_code.co_flags & CO_OPTIMIZED:
        return None
    names = frame.f_locals
    return names if "__qualname__" in names and names is not frame.f_globals else None


def names_around(defined: object, frame: FrameType) -> Mapping[str, object]:
    """Return the names in the function around a definition, as far as the defining frame has them."""
    is_local = "<locals>" in str(getattr(defined, "__qualname__", ""))
    return dict(frame.f_locals) if is_local and frame.f_code.co_flags & CO_OPTIMIZED else {}


class OptionPlaces(Mapping[str, Place]):
    """The line of each option of a call; the source is parsed at the first access."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def __getitem__(self, option: str) -> Place:
        return self._places()[option]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places())

    def __len__(self) -> int:
        return len(self._places())

    def _places(self) -> dict[str, Place]:
        file, line = self._site.place
        places: dict[str, Place] = {}
        for call in _calls(file).get(line, ()):
            for keyword in call.keywords:
                if keyword.arg:
                    places.setdefault(keyword.arg, Place(file, keyword.lineno))
        return places


def option_place(site: Site, option: str) -> Place:
    """Return the line of an option of a call; that of the call if its source cannot be read."""
    return OptionPlaces(site).get(option) or site.place


def read_at(site: Site, option: str, read: Callable[[Place], T]) -> T:
    """Read the value of an option; a mistake in it without a closer line gets the option's own line.

    That line is looked for only then, since it means parsing the source.
    """
    try:
        return read(site.place)
    except DefinitionError as error:
        if error.place is None or error.place == site.place:
            error.place = option_place(site, option)
        raise


def assigned_name(place: Place) -> str | None:
    """Return the name that the statement at a line assigns to or defines, if its source can be read."""
    return _assigned(place.file).get(place.line)


def assignment(name: str, head: Place) -> Place:
    """Return the line that assigns to a name in a class body; ``head`` is the line of the class or of a decorator.

    If the source cannot be read, return ``head`` itself.
    """
    tree = _tree(head.file)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.ClassDef) and head.line in (
            node.lineno,
            *(each.lineno for each in node.decorator_list),
        ):
            for statement in node.body:
                if _target(statement) == name or (isinstance(statement, ast.ClassDef) and statement.name == name):
                    return Place(head.file, statement.lineno)
    return head


def path_at(place: Place) -> str:
    """Return the dotted path of the step or container at a line of a flow's class; '' if there is none.

    The outermost class is the flow itself, and not a part of the path.
    """
    tree = _tree(place.file)
    statements = [] if tree is None else list[ast.stmt](tree.body)
    names: list[str] = []
    while (around := next((part for part in statements if _has_line(part, place.line)), None)) is not None:
        statements = [part for part in ast.iter_child_nodes(around) if isinstance(part, ast.stmt)]
        if isinstance(around, ast.ClassDef):
            names.append(around.name)
        elif names and (name := _step_in(around)):
            return ".".join([*names[1:], name])
    return ".".join(names[1:])


def _has_line(statement: ast.stmt, line: int) -> bool:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    first = min((each.lineno for each in decorators), default=statement.lineno)
    return first <= line <= (statement.end_lineno or statement.lineno)


def _step_in(statement: ast.stmt) -> str | None:
    """Return the name that a statement of a flow's body gives to a step or container, other than a class."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return statement.name
    made = getattr(statement, "value", None)
    while isinstance(made, ast.Call):
        made = made.func
    word = made.id if isinstance(made, ast.Name) else made.attr if isinstance(made, ast.Attribute) else ""
    return _target(statement) if word in ("step", "command", "container") else None


def _target(statement: ast.AST) -> str | None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case _:
            return None


def return_annotation(head: Place) -> Place | None:
    """Return the line of the annotation after ``->`` of the function whose first line, or decorator, is ``head``."""
    tree = _tree(head.file)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if first == head.line:
                return Place(head.file, node.returns.lineno)
    return None


def is_decorator(place: Place) -> bool:
    """Return whether a line is a decorator of a class, if its source can be read."""
    return place.line in _class_decorators(place.file)


@lru_cache(maxsize=8)
def _class_decorators(file: str) -> frozenset[int]:
    tree = _tree(file)
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)) if tree else ()
    return frozenset(decorator.lineno for node in classes for decorator in node.decorator_list)


@lru_cache(maxsize=8)
def _tree(file: str) -> ast.Module | None:
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return None


@lru_cache(maxsize=8)
def _calls(file: str) -> dict[int, list[ast.Call]]:
    """Return the calls of a file by their first line, outermost first."""
    calls: dict[int, list[ast.Call]] = {}
    tree = _tree(file)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Call):
            calls.setdefault(node.lineno, []).append(node)
    return calls


@lru_cache(maxsize=8)
def _assigned(file: str) -> dict[int, str]:
    names: dict[int, str] = {}
    tree = _tree(file)
    for node in ast.walk(tree) if tree else ():
        target = _target(node)
        if target is not None and isinstance(node, ast.stmt):
            names[node.lineno] = target
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for line in (node.lineno, *(decorator.lineno for decorator in node.decorator_list)):
                names[line] = node.name
    return names
