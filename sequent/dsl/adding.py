"""What ``add_step`` is given, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import FunctionType
from typing import Any

from attrs import evolve, frozen

from sequent.dsl.commands import COMMAND_OPTIONS, CommandSource, read_command, read_computed
from sequent.dsl.config import read_step_config
from sequent.dsl.functions import FunctionSource, read_function
from sequent.dsl.names import check_name
from sequent.dsl.nodes import Node, path_of
from sequent.dsl.options import STEP_OPTIONS, Options, read_options
from sequent.dsl.places import Site, option_place, read_at
from sequent.errors import DefinitionError, Place
from sequent.model.spec import MOST_LEVELS, ModuleImport

_IMPORTS = frozenset({"import_module", "import_file"})
_ALLOWED = STEP_OPTIONS | COMMAND_OPTIONS | _IMPORTS | {"command", "config"}


@frozen(eq=False)
class Added:
    """A step that is about to be added."""

    name: str
    work: FunctionSource | CommandSource | None
    options: Options


def read_added(
    parent: Node,
    name: object,
    func: object,
    args: object,
    kwargs: object,
    options: dict[str, Any],
    site: Site,
    flow: object,
) -> Added:
    """A step that is added to a container of the builder's.

    Raises:
        DefinitionError: something of it is not what a step can have.
    """
    checked = _check_place(parent, name, site)
    words = options.pop("command", None)
    read_at(site, "config", partial(read_step_config, options.pop("config", None), options))
    own = {key: options.pop(key) for key in COMMAND_OPTIONS & options.keys()}
    imports = _read_imports({key: options.pop(key) for key in _IMPORTS & options.keys()}, func, site)
    chosen = read_options(options, site, _ALLOWED, "add_step")
    if words is not None and func is not None:
        raise _no_work(f"{checked!r} has a function and a command", "give either func= or command=", site.place)
    if isinstance(words, FunctionType):
        return Added(checked, read_computed(words, own, site, args, kwargs, flow), chosen)
    if func is None and (args or kwargs):
        raise _no_work(f"{checked!r} has arguments and no function", "give func=", site.place)
    if words is None and own and (func is not None or own.get("shell") is None):
        key = min(own)
        raise _no_work(f"{key!r} needs 'command'", "give command=(program, ...)", option_place(site, key))
    if words is not None or own:
        return Added(checked, read_command(() if words is None else words, own, site), chosen)
    if func is None:
        return Added(checked, None, chosen)
    work = read_function(func, site, args, kwargs, flow)
    return Added(checked, evolve(work, imports=imports) if imports else work, chosen)


def _read_imports(given: Mapping[str, object], func: object, site: Site) -> tuple[ModuleImport, ...]:
    """The module that a worker is to import before it calls the function, as the original had it."""
    named = {key: value for key, value in given.items() if value is not None}
    for key, value in named.items():
        if not isinstance(value, str) or not value:
            hint = "it is a module's dotted name" if key == "import_module" else "it is the path of a Python file"
            raise _no_import(f"{key!r} is {value!r:.100}", hint, site, key)
    if "import_file" in named and "import_module" not in named:
        hint = "say by which name it is imported: import_module='jobs'"
        raise _no_import("'import_file' needs 'import_module'", hint, site, "import_file")
    if named and func is None:
        raise _no_import("'import_module' needs 'func'", "give the function that it is for", site, "import_module")
    if not named:
        return ()
    return (ModuleImport(str(named["import_module"]), str(named.get("import_file", ""))),)


def _no_import(message: str, hint: str, site: Site, option: str) -> DefinitionError:
    return DefinitionError(message, code="import", hint=hint, place=option_place(site, option))


def _check_place(parent: Node, name: object, site: Site) -> str:
    written = parent.__sequent__
    if written.work is not None:
        raise DefinitionError(
            f"{written.name!r} has work of its own, and {name!r} is added to it",
            code="work",
            hint="it is either a step, with func= or command=, or a container, with steps",
            place=site.place,
        )
    if isinstance(name, str) and name in written.children:
        other = written.children[name].__sequent__.site.place
        raise DefinitionError(
            f"the name {name!r} is used twice in {written.shown!r}: here and at {other}",
            code="duplicate",
            hint="give each a name of its own",
            place=site.place,
        )
    checked = check_name(name, site)
    path = (*path_of(parent), checked)
    if len(path) > MOST_LEVELS:
        raise DefinitionError(
            f"the flow is nested {len(path)} levels deep at '{'.'.join(path)[:60]}...'",
            code="depth",
            hint=f"at most {MOST_LEVELS} levels are allowed; the number of iterations has no limit",
            place=site.place,
        )
    return checked


def _no_work(message: str, hint: str, place: Place) -> DefinitionError:
    return DefinitionError(message, code="work", hint=hint, place=place)
