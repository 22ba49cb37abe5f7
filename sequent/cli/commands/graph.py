"""Defines ``graph``, which draws a flow, or the progress of a run."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from sequent.cli.arguments.options import GlobalOptions, opened_store, warn
from sequent.cli.arguments.typed_options import DEFAULTS, TypedOptions
from sequent.cli.output import json_output
from sequent.cli.output.terminal import out
from sequent.compiler import describe
from sequent.errors import OutputError, SequentError, StoreError, UsageError
from sequent.model.description import Part
from sequent.model.run_target import is_file
from sequent.model.status import Status
from sequent.pictures import Picture, Standing, States, document_of, dot, mermaid, notice_of, picture_of, svg
from sequent.pictures.old_pictures import read_picture
from sequent.runtime.ports import Store
from sequent.runtime.records import RunRecord

_FORMS = {"mermaid": mermaid, "dot": dot, "svg": svg}
_MISNAMED = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG})
_UNDER_WAY = (Status.ACTIVE, Status.READY)


def graph(
    target: Annotated[str, Parameter(help="A flow: module:flow or path/file.py:flow; or a run's id, or latest.")],
    /,
    *,
    format: Annotated[  # noqa: A002 - the option's name is part of the command line
        Literal["svg", "mermaid", "dot", "json"],
        Parameter(name=["--format", "-f"], show_default=True, help="The format of the drawing."),
    ] = "mermaid",
    output: Annotated[Path | None, Parameter(name=["--output", "-o"], help="The file to write it to.")] = None,
    options: TypedOptions = DEFAULTS,
) -> int:
    """Draw a flow, or a run with its progress: nested containers, repeats, and requirements."""
    picture, states = _flow(target, options) if _names_flow(target, options) else _run(target, options)
    if options.json or format == "json":
        text = json_output.text_of({"graph": document_of(picture, states)})
    else:
        text = _FORMS[format](picture, states)
        notice = notice_of(picture) if format == "svg" else ""
        if notice:
            options.say(notice)
    if output is None:
        out(text, end="")
    else:
        _write(output, text)
    return 0


def _names_flow(word: str, options: GlobalOptions) -> bool:
    """Return whether a word names a flow; a run's id has no colon and is not a file, but may have dots."""
    if ":" in word or is_file(word):
        return True
    return "." in word and all(part.isidentifier() for part in word.split(".")) and not _is_run(word, options)


def _is_run(word: str, options: GlobalOptions) -> bool:
    try:
        with opened_store(options) as store:
            return store.find(word).id == word
    except SequentError:
        return False


def _flow(target: str, options: GlobalOptions) -> tuple[Picture, None]:
    from sequent.runtime.loading.flows import load_flow

    spec = load_flow(target).definition.spec
    warn(spec, options)
    return picture_of(spec.name, describe(spec)), None


def _run(run: str, options: GlobalOptions) -> tuple[Picture, States]:
    """Return the picture and states of a run in the store: no flow is loaded."""
    with opened_store(options) as store:
        record = store.find(run)
        return _kept(store, record), _states(store, record)


def _kept(store: Store, record: RunRecord) -> Picture:
    parts = {path: part for path, part in record.description.items() if isinstance(part, Part)}
    if parts:
        return picture_of(record.target.flow, parts)
    text = store.picture(record)
    if not text:
        raise UsageError(
            f"no picture was kept with run '{record.id}'",
            code="no-picture",
            hint="draw the flow, as module:flow: the run is older than this version",
        )
    try:
        return read_picture(text)
    except ValueError as error:
        raise StoreError(f"the picture of run '{record.id}' cannot be read", code="damaged-store") from error


def _states(store: Store, record: RunRecord) -> States:
    """Return the status of each part; without a driver, active parts count as waiting again."""
    parts = dict(store.standings(record))
    if record.owner is None:
        parts = {path: _interrupted(numbers) for path, numbers in parts.items()}
    standings = {path: Standing(numbers) for path, numbers in parts.items()}
    return States(run=record.id, status=record.status, parts=standings)


def _interrupted(numbers: Mapping[Status, int]) -> dict[Status, int]:
    waiting = sum(numbers.get(status, 0) for status in (*_UNDER_WAY, Status.WAITING))
    settled = {status: count for status, count in numbers.items() if status not in _UNDER_WAY}
    return {**settled, Status.WAITING: waiting} if waiting else settled


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        kind = UsageError if error.errno in _MISNAMED else OutputError
        raise kind(
            f"'{file}' cannot be written: {error.strerror}", code="output", hint="name another file with -o"
        ) from error
