"""Reads and checks the arguments of ``add_step`` and ``add_event``."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from functools import partial
from types import FunctionType
from typing import Any, cast

from attrs import evolve, frozen

from sequent.dsl.functions.step_functions import FunctionSource, read_work
from sequent.dsl.mistakes import Mistakes, defer, problems_of
from sequent.dsl.names import check_name
from sequent.dsl.options.written_options import STEP_OPTIONS, WORK, WrittenOptions, read_options
from sequent.dsl.references.reference import Reference
from sequent.dsl.references.reference_search import refuse_texts
from sequent.dsl.references.requirements import Claimable, Requirement, is_empty, read_requirement
from sequent.dsl.source_lines import Site, option_place, read_at
from sequent.dsl.steps.commands import COMMAND_OPTIONS, read_command, read_computed
from sequent.dsl.steps.nodes import Node, Work, path_of
from sequent.dsl.steps.questions import read_question, refuse_options
from sequent.errors import DefinitionError, Place
from sequent.model.references import dotted
from sequent.model.spec import MOST_LEVELS
from sequent.model.wording import repr_of
from sequent.model.work import ModuleImport
from sequent.settings.config_argument import read_step_config
from sequent.settings.paths import expanded

_IMPORTS = frozenset({"import_module", "import_file"})
_QUESTION = frozenset({"approve", "receive"})
_ALLOWED = STEP_OPTIONS | COMMAND_OPTIONS | _IMPORTS | _QUESTION | {"command", "config"}


@frozen(eq=False)
class Added:
    """A step that is about to be added."""

    name: str
    work: Work | None
    options: WrittenOptions


def read_added(
    parent: Node,
    name: object,
    func: object,
    args: object,
    kwargs: object,
    options: dict[str, Any],
    site: Site,
    flow: object,
    *,
    imports: tuple[ModuleImport, ...] = (),
) -> Added:
    """Read a step that is added to a container of the builder's; ``imports`` are for a step that names none.

    Raises:
        DefinitionError: an argument is not one that a step can have.
    """
    mistakes = Mistakes()
    with _path_given(parent, name):
        checked = _check_place(parent, name, site)
        words = options.pop("command", None)
        mistakes.told(partial(_move_config, options, site), None)
        own = {key: options.pop(key) for key in (COMMAND_OPTIONS | _QUESTION) & options.keys()}
        if own.get("approve") is not None:
            for key in refuse_options(options, site, mistakes):
                del options[key]
        own_imports = {key: options.pop(key) for key in _IMPORTS & options.keys()}
        imports = mistakes.told(partial(read_imports, own_imports, name, site, func), ()) or imports
        chosen = read_options(options, site, _ALLOWED, "add_step", mistakes)
        read = partial(_read_work, checked, func, words, own, site, args, kwargs, flow)
        work = mistakes.told(read, None)
        if mistakes.found:
            _give_path(mistakes.found, parent, name)
            if not defer(mistakes, flow):
                mistakes.raise_if_any()
            # This one stands for the step, so that others can name it.
            return Added(checked, None, evolve(chosen, unread=chosen.unread | {WORK}))
        if imports and isinstance(work, FunctionSource):
            work = evolve(work, imports=imports)
        return Added(checked, work, chosen)


def _move_config(options: dict[str, Any], site: Site) -> None:
    given = options.pop("config", None)
    refuse_texts({"config": given}, site)
    read_at(site, "config", partial(read_step_config, given, options))


def _read_work(
    name: str, func: object, words: object, own: Mapping[str, object], site: Site, *given: object
) -> Work | None:
    """Read the work of a step: a function's call, a command, a question, or None."""
    args, kwargs, _ = given
    if not _QUESTION.isdisjoint(own):
        return _read_question(name, func, words, own, site, *given)
    if words is not None and func is not None:
        raise _no_work(f"{name!r} has a function and a command", "give either func= or command=", site.place)
    if callable(words) and not isinstance(words, Claimable | Reference):
        return read_computed(words, own, site, *given)
    if func is None and (args or kwargs):
        raise _no_work(f"{name!r} has arguments but no function", "give func=", site.place)
    if func is not None and {*own} == {"result"}:
        return read_work(func, site, *given, result=own["result"])
    if words is None and own and (func is not None or own.get("shell") is None):
        key = min(own)
        raise _no_work(f"{key!r} needs 'command'", "give command=(program, ...)", option_place(site, key))
    if words is not None or own:
        return read_command(() if words is None else words, own, site)
    return None if func is None else read_work(func, site, *given)


def _read_question(
    name: str, func: object, words: object, own: Mapping[str, object], site: Site, *given: object
) -> Work | None:
    """Read a question; the options of a question alone mean nothing."""
    if own.get("approve") is None:
        if own.get("receive") is not None:
            raise _no_work("'receive' needs 'approve'", 'give approve="Ship it?"', option_place(site, "receive"))
        return _read_work(name, func, words, {key: own[key] for key in own.keys() - _QUESTION}, site, *given)
    other = {"function": func, "command": words, "arguments": given[0] or given[1]}
    for kind, value in (*other.items(), *own.items()):
        if value and kind not in _QUESTION:
            raise _no_work(f"{name!r} has a question and {kind!r}", "leave one of them out", site.place)
    return read_question(own["approve"], own.get("receive"), site)


@contextmanager
def _path_given(parent: Node, name: object) -> Generator[None]:
    """Add the path that a step would have to errors about it."""
    try:
        yield
    except DefinitionError as error:
        _give_path(problems_of(error), parent, name)
        raise


def _give_path(problems: Iterable[DefinitionError], parent: Node, name: object) -> None:
    for problem in problems:
        if not problem.path and isinstance(name, str):
            problem.path = dotted((*path_of(parent), name))


def read_imports(
    given: Mapping[str, object], step: object, site: Site, func: object = None
) -> tuple[ModuleImport, ...]:
    """Read the modules that a worker is to import before it calls a function, as in the original.

    Args:
        given: ``import_module`` and ``import_file``.
        step: the name of their step; None: they are a flow's, for the functions of its steps.
        site: the call that gives them.
        func: the step's function.

    Raises:
        DefinitionError: they name no modules, or there is no function.
    """
    named = {key: value for key, value in given.items() if value is not None}
    refuse_texts(named, site)
    file, modules = named.get("import_file", ""), _names(named.get("import_module", ()))
    if modules is None:
        hint = "give a module's dotted name, or a list of them"
        raise _no_import(f"'import_module' is {repr_of(named['import_module'])}", hint, site, "import_module")
    if not isinstance(file, str) or ("import_file" in named and not file):
        raise _no_import(f"'import_file' is {repr_of(file)}", "give the path of a Python file", site, "import_file")
    if file and not modules:
        hint = "give the name to import it by: import_module='jobs'"
        raise _no_import("'import_file' needs 'import_module'", hint, site, "import_file")
    if modules and func is None and step is not None:
        raise _no_import("'import_module' needs 'func'", "give the function as well: func=", site, "import_module")
    if isinstance(func, FunctionType) and func.__module__ in modules and not _is_found_by_name(func):
        message = f"'{func.__module__}.{func.__qualname__}' is not the object passed"
        hint = "give the module's function of that name, or leave import_module out"
        raise _no_import(message, hint, site, "func")
    file = expanded(file, "'import_file'", site.place)
    return tuple(ModuleImport(module, file) for module in modules)


def _names(value: object) -> tuple[str, ...] | None:
    """Return one name or several; None if the value is something else."""
    values: tuple[object, ...] = tuple(cast("list[object]", value)) if isinstance(value, list | tuple) else (value,)
    names = tuple(name for name in values if isinstance(name, str) and name)
    return names if len(names) == len(values) else None


def _is_found_by_name(function: FunctionType) -> bool:
    named: object = sys.modules.get(function.__module__)
    for part in function.__qualname__.split("."):
        named = getattr(named, part, None)
    return named is function


def _no_import(message: str, hint: str, site: Site, option: str) -> DefinitionError:
    return DefinitionError(message, code="import", hint=hint, place=option_place(site, option))


def read_event(requires: object, require: object, site: Site) -> Requirement:
    """Return the requirement given to ``add_event``, by either name.

    Raises:
        DefinitionError: it is given twice, is not a requirement, or requires nothing.
    """
    given = [(word, value) for word, value in (("requires", requires), ("require", require)) if not _is_nothing(value)]
    if len(given) > 1:
        raise _no_event("an event is given 'requires' and 'require', which mean the same", "give one of them", site)
    if not given:
        raise _no_event("an event requires nothing", "give it (step, STATUS) pairs", site)
    word, value = given[0]
    event = read_at(site, word, partial(read_requirement, value))
    if event is None:
        raise AssertionError(value)
    return event


def _is_nothing(value: object) -> bool:
    return value is None or is_empty(value)


def _no_event(message: str, hint: str, site: Site) -> DefinitionError:
    return DefinitionError(message, code="requirement", hint=hint, place=option_place(site, "requires"))


def _check_place(parent: Node, name: object, site: Site) -> str:
    written = parent.__sequent__
    if written.work is not None:
        raise DefinitionError(
            f"{written.name!r} has work of its own, and {name!r} is added to it",
            code="work",
            hint="make it either a step, with func= or command=, or a container, with steps",
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
            f"the flow is nested {len(path)} levels deep at '{dotted(path)[:60]}...'",
            code="depth",
            hint=f"at most {MOST_LEVELS} levels are allowed; the number of iterations has no limit",
            place=site.place,
        )
    return checked


def _no_work(message: str, hint: str, place: Place) -> DefinitionError:
    return DefinitionError(message, code="work", hint=hint, place=place)
