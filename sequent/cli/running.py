"""``run``: start a run of a flow, with the flow's own parameters as options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter

from sequent.cli.parsing import usage_error
from sequent.cli.starting import RunWords
from sequent.cli.typed import DEFAULTS, LogLevel, MaxConcurrent, MaxLoops, TypedOptions


def run(
    target: Annotated[
        str | None,
        Parameter(help="The flow: module:flow or path/file.py:flow, else the one that is set; its options follow."),
    ] = None,
    /,
    *words: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    param: Annotated[
        tuple[str, ...],
        Parameter(
            name=["--param", "-p"],
            negative="",
            show_default=False,
            help="A parameter of the flow, as name=value; once for each.",
        ),
    ] = (),
    run_id: Annotated[str | None, Parameter(help="The id of the new run; else it is given one.")] = None,
    max_concurrent: MaxConcurrent = None,
    max_loops: MaxLoops = -1,
    log_level: LogLevel = None,
    options: TypedOptions = DEFAULTS,
) -> RunWords:
    """Start a run of a flow; ``run TARGET --help`` shows the flow's parameters too."""
    # Only read here: the agent is launched before that, and the flow's own options are read once it is loaded.
    return RunWords(target or "", words, param, run_id, max_concurrent, max_loops, log_level, options)


def read_words(typed: Sequence[str]) -> RunWords:
    """Tell the options of ``run`` from those of the flow.

    Where no target comes before the flow's options, all of them are the flow's that is set.
    """
    try:
        return _bound(typed)
    except CycloptsError as error:
        try:
            return _bound(["", *typed])
        except CycloptsError:
            raise usage_error(error) from error


def _bound(typed: Sequence[str]) -> RunWords:
    app = App(name="sequent run", default_command=run, help_flags=[], version_flags=[], verbose=False)
    _, bound, _ = app.parse_args(list(typed), print_error=False, exit_on_error=False)
    return run(*bound.args, **bound.kwargs)
