"""Counts what the house is made of: `python scripts/measure.py`, or with the folder of another checkout behind it.

Code lines are those with code on them: neither blank, nor comment, nor docstring.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import networkx as nx
from rich.console import Console
from rich.table import Table

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
DOCUMENTED = (ast.Module, ast.ClassDef, *FUNCTION)
LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
PLACES = ("at the top", "for types only", "inside functions")


class Module:
    """One file of the package, read."""

    def __init__(self, name: str, file: Path) -> None:
        self.name = name
        self.is_package = file.name == "__init__.py"
        self.source = file.read_text("utf-8")
        self.tree = ast.parse(self.source)

    @property
    def room(self) -> str:
        """The folder that it stands in, below the package; of the runtime and the commands, the folder below that."""
        parts = self.name.split(".")[1:]
        folders = parts if self.is_package else parts[:-1]
        return "/".join(folders[: 2 if folders[:1] in (["runtime"], ["cli"]) else 1]) or "-"

    def code_lines(self) -> int:
        """How many lines have code on them."""
        strings = {
            line
            for node in ast.walk(self.tree)
            for text in _docstrings(node)
            for line in range(text.lineno, (text.end_lineno or text.lineno) + 1)
        }
        tokens = tokenize.generate_tokens(io.StringIO(self.source).readline)
        spans = (range(token.start[0], token.end[0] + 1) for token in tokens if token.type not in LAYOUT)
        return len({line for span in spans for line in span} - strings)

    def classes(self) -> Iterator[str]:
        """The names of its classes, also of those inside others."""
        return (node.name for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Its functions and methods."""
        return (node for node in ast.walk(self.tree) if isinstance(node, FUNCTION))

    def imports(self) -> Iterator[tuple[str, str, int]]:
        """Where it imports, the name in full, and the line: a name within a module as `module.name`."""
        return self._imports(self.tree, PLACES[0])

    def _imports(self, node: ast.AST, place: str) -> Iterator[tuple[str, str, int]]:
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, ast.Import):
                yield from ((place, alias.name, inner.lineno) for alias in inner.names)
            elif isinstance(inner, ast.ImportFrom):
                yield from ((place, f"{inner.module}.{alias.name}", inner.lineno) for alias in inner.names)
            elif isinstance(inner, FUNCTION):
                yield from self._imports(inner, PLACES[2])
            elif isinstance(inner, ast.If) and "TYPE_CHECKING" in ast.unparse(inner.test):
                yield from self._imports(inner, PLACES[1])
            else:
                yield from self._imports(inner, place)


def _docstrings(node: ast.AST) -> Iterator[ast.stmt]:
    """The strings that stand alone in a body: docstrings, and those of a class's fields and of constants."""
    if isinstance(node, DOCUMENTED):
        for part in node.body:
            if (
                isinstance(part, ast.Expr)
                and isinstance(part.value, ast.Constant)
                and isinstance(part.value.value, str)
            ):
                yield part


def read(root: Path) -> dict[str, Module]:
    """Each module of the package by its full name."""
    modules: dict[str, Module] = {}
    for file in sorted((root / "sequent").rglob("*.py")):
        name = ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        modules[name] = Module(name, file)
    return modules


def graph_of(modules: dict[str, Module], places: tuple[str, ...]) -> nx.DiGraph[str]:
    """Which module imports which, where it does so at one of these places."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(modules)
    for name, module in modules.items():
        for place, imported, _ in module.imports():
            target = imported if imported in modules else imported.rpartition(".")[0]
            if place in places and target in modules and target != name:
                graph.add_edge(name, target)
    return graph


def circles(modules: dict[str, Module], *places: str) -> list[list[str]]:
    """The modules that import each other, by way of imports at these places."""
    found = nx.strongly_connected_components(graph_of(modules, places))
    return sorted(sorted(circle) for circle in found if len(circle) > 1)


def loaded_with(modules: dict[str, Module]) -> Callable[[str], set[str]]:
    """Gives a module, and all of the package that are loaded with it by imports at the top."""
    graph = graph_of(modules, PLACES[:1])
    graph.add_edges_from((inner, inner.rpartition(".")[0]) for inner in modules if "." in inner)

    def loaded(name: str) -> set[str]:
        found, left = {name}, [name]
        while left:
            further = set(graph.succ[left.pop()]) - found
            found |= further
            left += further
        return found

    return loaded


def single_importers(modules: dict[str, Module]) -> dict[str, str]:
    """The modules that one other imports, and which."""
    graph = graph_of(modules, PLACES)
    ends = {name for name, module in modules.items() if not module.is_package}
    return {name: next(iter(graph.pred[name])) for name in sorted(ends) if len(graph.pred[name]) == 1}


def defined_twice(modules: dict[str, Module]) -> dict[str, list[str]]:
    """The names of classes that several modules define, and which do."""
    where: dict[str, list[str]] = defaultdict(list)
    for name, module in modules.items():
        for defined in module.classes():
            where[defined].append(name)
    return {defined: names for defined, names in sorted(where.items()) if len(names) > 1}


def rooms_table(modules: dict[str, Module]) -> Table:
    """Files, code lines, functions above 30 lines and imports inside functions of each room."""
    columns = ("files", "code lines", "files above 200", "functions", "above 30 lines", "imports inside")
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for module in modules.values():
        lengths = [(node.end_lineno or node.lineno) - node.lineno + 1 for node in module.functions()]
        inside = {line for place, _, line in module.imports() if place == PLACES[2]}
        lines = module.code_lines()
        row = (1, lines, int(lines > 200), len(lengths), sum(length > 30 for length in lengths), len(inside))
        counts[module.room].update(dict(zip(columns, row, strict=True)))
    table = Table("room", *columns, box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for room, row in sorted(counts.items()):
        table.add_row(room, *(f"{row[column]:,}" for column in columns))
    total = sum(counts.values(), Counter[str]())
    table.add_row("all", *(f"{total[column]:,}" for column in columns), style="bold")
    return table


def main(root: Path) -> None:
    """Print every count, and the names behind those that should be small."""
    modules = read(root)
    console = Console(highlight=False, soft_wrap=True, width=120)
    console.print(rooms_table(modules))
    twice = defined_twice(modules)
    console.print(f"\nclass names defined in several modules: {len(twice)}")
    for name, where in twice.items():
        console.print(f"  {name}: {', '.join(where)}")
    names = Counter(node.name for module in modules.values() for node in module.functions())
    console.print(f"\nnames of functions: {len(names):,}, of {names.total():,} functions")
    for heading, places in (
        ("at the top", PLACES[:1]),
        ("with those for types only", PLACES[:2]),
        ("anywhere", PLACES),
    ):
        found = circles(modules, *places)
        console.print(f"\ncircles of imports {heading}: {len(found)}")
        for circle in found:
            console.print(f"  {' '.join(circle)}")
    alone = single_importers(modules)
    console.print(f"\nfiles that one other imports: {len(alone)}")
    for name, by in alone.items():
        console.print(f"  {name} by {by}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).resolve().parents[1])
