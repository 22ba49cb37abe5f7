"""Defines ``run``, which starts a run: first the agent, then the flow, then modules that are slow to load.

This module imports what the agent needs as well: a copy of the command has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from sequent.cli.arguments.options import sequents_words, store_option, target_of, warn, with_own_store
from sequent.cli.arguments.run_words import RunWords
from sequent.cli.import_speed import uncollected
from sequent.dsl.parameters.param import encode_params
from sequent.model.commands import with_store
from sequent.runtime.backoff import wait_for_room
from sequent.runtime.executors.agents import copy_agent, launch_agent
from sequent.runtime.executors.shortage import start_patiently
from sequent.runtime.loading.flows import load_flow

if TYPE_CHECKING:
    from sequent.model.spec import Definition
    from sequent.runtime.executors.agents import AgentProcess

_HELP = frozenset({"--help", "-h"})


def start_typed(typed: Sequence[str], *, is_program: bool) -> int:
    """Start a run from the words after ``run``.

    The agent starts once both have what both need, and loads the rest on another processor meanwhile. In a process that
    is only this command, it is a copy of the process.
    """
    if any(word in _HELP for word in typed):
        return start_run(_words(typed), None)
    with closing(start_patiently(copy_agent if is_program else launch_agent)) as agent:
        return start_run(_words(typed), agent)


def _words(typed: Sequence[str]) -> RunWords:
    if len(typed) == 1 and not typed[0].startswith("-"):
        # People mostly type a target alone: the parser need not be loaded.
        return RunWords(typed[0])
    from sequent.cli.arguments.run_options import read_words

    return read_words(typed)


def _flow_that_is_set(typed: RunWords) -> str:
    """Return the target in the settings.

    Raises:
        UsageError: there is none.
    """
    from sequent.cli.arguments.run_options import find_settings, refuse_options_before_target

    settings = find_settings(typed).settings()
    if not settings.flow and typed.words:
        refuse_options_before_target(typed.words[0])
    return target_of(None, settings)


def _read_parameters(definition: Definition, typed: RunWords) -> tuple[dict[str, object], dict[str, object]]:
    """Return the flow's parameters, and the options of the command that stand among them."""
    from sequent.cli.arguments.parameters import own_flags, read_options
    from sequent.cli.arguments.run_options import run

    before = [f"--{word}" for word in ("json", "debug") if getattr(typed.options, word)]
    sequents_words.set([*before, *own_flags(definition, typed.words)])
    title = f"sequent run {typed.target}".rstrip()
    return read_options(definition, typed.param, typed.words, run, title)


def start_run(typed: RunWords, agent: AgentProcess | None) -> int:
    """Load the flow, read its parameters, and run it to its end."""
    loaded = load_flow(typed.target or _flow_that_is_set(typed))
    given: dict[str, object] = {}
    if typed.param or typed.words:
        given, own = _read_parameters(loaded.definition, typed)
        if own.pop("help", False):
            return 0
        typed = typed.joined(own)
    settings = typed.settings()
    definition = settings.applied_to(loaded.definition)
    params = encode_params(definition, given)

    with uncollected():
        from sequent import api
        from sequent.cli.runs.drive_and_tell import drive_and_tell
        from sequent.compiler import compile_flow
        from sequent.runtime.runs.linked_directories import check_start
        from sequent.runtime.store import open_store

    warn(definition.spec, typed.options)
    # Before the store is opened: a flow with mistakes must not leave a new one.
    plan = compile_flow(definition.spec, params)
    check_start(definition.spec.config, typed.run_id)
    options, named = with_own_store(typed.options, loaded.flow, settings)
    with uncollected():
        store = wait_for_room(lambda: open_store(named))
    with closing(store), with_store(store_option(options)):
        return drive_and_tell(
            options,
            lambda observer: api.start(
                definition,
                plan,
                store=store,
                target=loaded.target,
                run_id=typed.run_id,
                observer=observer,
                agent=agent,
                max_loops=typed.max_loops,
            ),
            max_loops=typed.max_loops,
        )
