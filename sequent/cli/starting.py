"""Starting a run: the agent first, then the flow, then what is slow to load."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import Factory, frozen

from sequent.cli.options import Options, opened_store, warn

if TYPE_CHECKING:
    from sequent.runtime.executors.agents import AgentProcess

_HELP = frozenset({"--help", "-h"})


@frozen
class RunWords:
    """What was typed after ``run``; ``words`` are the flow's own options, not read yet."""

    target: str
    words: tuple[str, ...] = ()
    param: tuple[str, ...] = ()
    run_id: str | None = None
    max_concurrent: int | None = None
    options: Options = Factory(Options)


def start_typed(typed: Sequence[str]) -> int:
    """Start a run from what was typed after ``run``.

    The agent is launched before anything else is loaded: it gets ready on another processor meanwhile.
    """
    if any(word in _HELP for word in typed):
        return start_run(_words(typed), None)
    from sequent.runtime.executors.agents import launch_agent

    agent = launch_agent()
    try:
        return start_run(_words(typed), agent)
    except BaseException:
        agent.close()
        raise


def _words(typed: Sequence[str]) -> RunWords:
    if len(typed) == 1:
        # A target alone, which is what people type most: the parser need not be loaded.
        return RunWords(typed[0])
    from sequent.cli.running import read_words

    return read_words(typed)


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
        from sequent.cli.running import run

        given = given_parameters(definition, typed.param, typed.words, run, f"sequent run {typed.target}")
        if any(word in _HELP for word in typed.words):
            return 0
    params = encode_params(definition, given)

    from sequent import api
    from sequent.cli.ending import driven

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
