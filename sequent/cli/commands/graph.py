"""Defines ``graph``, which draws a flow, or the progress of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions, opened_store, warn
from sequent.cli.output import json_output
from sequent.cli.output.terminal import out
from sequent.cli.output.written_file import form_of, write_file
from sequent.compiler import describe
from sequent.errors import SequentError
from sequent.model.run_target import is_file
from sequent.pictures import Picture, States, document_of, dot, mermaid, notice_of, picture_of, svg
from sequent.view.run_picture import run_picture, states_of
from sequent.view.run_summary import summary_of

if TYPE_CHECKING:
    from typing import Annotated

    from cyclopts import Parameter

_FORMS = {"mermaid": mermaid, "dot": dot, "svg": svg}


def graph(
    target: Annotated[str, Parameter(help="A flow: module:flow or path/file.py:flow; or a run's id, or latest.")],
    /,
    *,
    format: Annotated[  # noqa: A002 - the option's name is part of the command line
        Literal["svg", "mermaid", "dot", "json"] | None,
        Parameter(
            name=["--format", "-f"], help="The format of the drawing; by default that of the file's name, or mermaid."
        ),
    ] = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"], help="The file to write it to.")] = None,
    options: GlobalOptions = DEFAULTS,
) -> int:
    """Draw a flow, or a run with its progress: nested containers, repeats, and requirements."""
    form = "json" if options.json else form_of(format, output, (*_FORMS, "json"))
    picture, states = _flow(target, options) if _names_flow(target, options) else _run(target, options)
    if form == "json":
        text = json_output.text_of({"graph": document_of(picture, states)})
    else:
        text = _FORMS[form](picture, states)
        notice = notice_of(picture) if form == "svg" else ""
        if notice:
            options.say(notice)
    if output is None:
        out(text, end="")
    else:
        write_file(output, text)
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
        summary = summary_of(store, record)
        return run_picture(summary), states_of(summary)
