"""Arguments by position, in the two orders of the original: that of its documentation, and that of its last release."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from sequent.dsl.run_port import RunMode
from sequent.dsl.source_lines import Site, option_place
from sequent.model.option_readers import option_error
from sequent.settings.config_argument import file_named, is_yaml

_DOCUMENTED = ("hosts", "requires", "delay", "acquires", "releases", "recovery", "config")
_RELEASED = (
    *("requires", "delay", "acquires", "releases", "config", "recovery", "repeats", "hosts"),
    *("import_module", "import_file"),
)
_BEFORE = ("name", "func", "args", "kwargs")


def read_positions(given: tuple[object, ...], options: dict[str, Any], site: Site) -> dict[str, Any]:
    """Return the options of ``add_step``, including those that were given by position.

    The values show which of the two orders is meant: hosts are strings, a delay is a duration.

    Raises:
        DefinitionError: it is neither order, or one is given by name as well.
    """
    if not given:
        return options
    names = _order_of(given)
    named = {} if names is None else dict(zip(names, given, strict=False))
    if names is None or len(given) > len(names) or named.keys() & options.keys():
        raise option_error(
            f"add_step() is given {len(_BEFORE) + len(given)} arguments by position, and their meaning is not clear",
            site.place,
            f"give {', '.join(_BEFORE)} so, and all others by name: requires=..., delay=...",
        )
    return {**named, **options}


def _order_of(given: tuple[object, ...]) -> tuple[str, ...] | None:
    first, second = given[0], given[1] if len(given) > 1 else None
    if _are_hosts(first):
        is_length = len(given) > 1 and _is_time(second)
        return None if is_length else _DOCUMENTED
    if _is_time(first) or isinstance(first, str):
        return None
    if second is None or _is_time(second):
        return _RELEASED
    # Empty hosts, and then a requirement.
    return None if first else _DOCUMENTED


def _are_hosts(value: object) -> bool:
    """Return whether it is a list of strings, and not empty."""
    items = tuple(cast("list[object]", value)) if isinstance(value, list | tuple) else ()
    return bool(items) and all(isinstance(item, str) and not isinstance(item, RunMode) for item in items)


def _is_time(value: object) -> bool:
    return isinstance(value, int | float | str | timedelta | datetime) and not isinstance(value, bool)


def read_order(
    run_mode: object, recovery_run: object, config: object, tag: object, file: str, site: Site
) -> tuple[Any, Any, Any, Any]:
    """Return ``run_mode``, ``recovery_run``, ``config`` and ``config_tag`` of a flow, in whichever order they came.

    The last release took ``Sequent(name, store, config, config_tag)``.

    Raises:
        DefinitionError: the configuration is given twice.
    """
    if isinstance(run_mode, RunMode) or not _is_config(run_mode, file, site):
        return run_mode, recovery_run, config, tag
    if config is not None or (recovery_run is not None and tag):
        hint = "give it once, by name: config=..., config_tag=..."
        raise option_error("the configuration is given twice", option_place(site, "config"), hint)
    return RunMode.RESTART, None, run_mode, recovery_run if recovery_run is not None else tag


def _is_config(value: object, file: str, site: Site) -> bool:
    if isinstance(value, Mapping | os.PathLike):
        return True
    return isinstance(value, str) and (is_yaml(value) or bool(file_named(value, file, site.place)))
