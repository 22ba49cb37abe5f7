"""Defines ``config``, which shows the settings and the source of each value."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions
from sequent.cli.output import json_output
from sequent.cli.output.terminal import out
from sequent.cli.output.text import Paint, columns, safe
from sequent.model.spec import FlowSpec
from sequent.settings.configuration import Entry, SettingOrigin
from sequent.settings.databases import without_password

if TYPE_CHECKING:
    from typing import Annotated

    from cyclopts import Parameter


def config(
    target: Annotated[str | None, Parameter(help="A flow, to see its own settings among them.")] = None,
    /,
    *,
    options: GlobalOptions = DEFAULTS,
) -> int:
    """Show each setting, and where its value comes from: command line, environment, flow, file or default."""
    settings = options.settings()
    entries = list(settings.entries(None if target is None else _spec(target)))
    if options.json:
        shown = [{"key": entry.key, "value": _value(entry), "from": _origin(entry.origin)} for entry in entries]
        json_output.write({"config": {"file": settings.path or None, "settings": shown}})
        return 0
    paint = Paint.of(sys.stdout)
    heading, *lines = columns([("setting", "value", "from"), *((e.key, _text(e), str(e.origin)) for e in entries)])
    out(paint.faint(heading))
    for line in lines:
        out(safe(line))
    return 0


def _spec(target: str) -> FlowSpec:
    from sequent.runtime.loading.flows import load_flow

    return load_flow(target).definition.spec


def _value(entry: Entry) -> object:
    """Return a value as JSON, without passwords."""
    value = entry.value
    match entry.key:
        case "store" if value is None:
            from sequent.runtime.store import own_store

            return own_store()
        case "LOGGING.logging_level":
            return logging.getLevelName(cast("int", value))
        case "LOGGING.level_formats":
            formats = cast("tuple[tuple[int, str], ...]", value)
            return {logging.getLevelName(level) if level else "default": text for level, text in formats}
        case _:
            return without_password(value) if isinstance(value, str) else value


def _text(entry: Entry) -> str:
    value = _value(entry)
    if entry.key == "max_concurrent" and value is None:
        return "the number of processors"
    if isinstance(value, Mapping):
        return ", ".join(f"{level}: {text}" for level, text in cast("Mapping[str, str]", value).items()) or "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if value not in (None, "") else "-"


def _origin(origin: SettingOrigin) -> json_output.Document:
    place = origin.place
    return {
        "layer": origin.layer,
        "name": origin.name or None,
        "place": None if place is None else {"file": place.file, "line": place.line},
    }
