"""``run``: start a run of a flow, with the flow's own parameters as options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from attrs import frozen
from cyclopts import App, CycloptsError, Parameter

from sequent.cli.app import usage_error
from sequent.cli.options import DEFAULTS, Options

if TYPE_CHECKING:
    from sequent.runtime.executors.processes import AgentProcess

_HELP = frozenset({"--help", "-h"})


def run(
    target: Annotated[str, Parameter(help="The flow: module:flow or path/file.py:flow; its own options follow it.")],
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
    max_concurrent: Annotated[int | None, Parameter(help="How many tasks may run at once; 0: no limit.")] = None,
    options: Options = DEFAULTS,
) -> int:
    """Start a run of a flow; ``run TARGET --help`` shows the flow's parameters too."""
    request = RunWords(target, words, param, run_id, max_concurrent, options)
    return start_run(request, None)


@frozen
class RunWords:
    """What was typed after ``run``; ``words`` are the flow's own options, not read yet."""

    target: str
    words: tuple[str, ...] = ()
    param: tuple[str, ...] = ()
    run_id: str | None = None
    max_concurrent: int | None = None
    options: Options = DEFAULTS


def run_words(typed: Sequence[str]) -> int:
    """Start a run from what was typed after ``run``.

    The agent is launched before anything else is loaded: it gets ready on another processor meanwhile.
    """
    if any(word in _HELP for word in typed):
        return start_run(_read(typed), None)
    from sequent.runtime.executors.processes import launch_agent

    agent = launch_agent()
    try:
        return start_run(_read(typed), agent)
    except BaseException:
        agent.close()
        raise


def _read(typed: Sequence[str]) -> RunWords:
    """Tell the options of ``run`` from those of the flow."""
    if len(typed) == 1:
        return RunWords(typed[0])
    app = App(name="sequent run", default_command=run, help_flags=[], version_flags=[], verbose=False)
    try:
        _, bound, _ = app.parse_args(list(typed), print_error=False, exit_on_error=False)
    except CycloptsError as error:
        raise usage_error(error) from error
    bound.apply_defaults()
    given = bound.arguments
    return RunWords(
        given["target"], given["words"], given["param"], given["run_id"], given["max_concurrent"], given["options"]
    )


def start_run(typed: RunWords, agent: AgentProcess | None) -> int:
    """Load the flow, read its parameters, and run it to its end."""
    from sequent.dsl import definition_of
    from sequent.dsl.parameters import encode_params
    from sequent.runtime.loading import load_flow

    loaded = load_flow(typed.target)
    definition = definition_of(loaded.flow)
    given: dict[str, object] = {}
    if typed.param or typed.words:
        from sequent.cli.parameters import given_parameters

        given = given_parameters(definition, typed.param, typed.words, run, f"sequent run {typed.target}")
        if any(word in _HELP for word in typed.words):
            return 0
    params = encode_params(definition, given)

    from sequent import api
    from sequent.cli.compiling import warn
    from sequent.cli.ending import driven
    from sequent.cli.options import opened_store

    warn(definition.spec, typed.options)
    with opened_store(typed.options) as store:
        return driven(
            typed.options,
            lambda observer: api.start(
                definition,
                params,
                store=store,
                target=loaded.target,
                run_id=typed.run_id,
                observer=observer,
                agent=agent,
                max_concurrent=typed.max_concurrent,
            ),
        )
