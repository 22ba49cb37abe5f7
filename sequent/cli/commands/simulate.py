"""Defines ``simulate``, which shows what a run of a flow would do, in simulated time."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions, opened_store, target_of, warn, with_own_store
from sequent.cli.output.live_line import LiveLine
from sequent.cli.output.terminal import out
from sequent.cli.output.text import Paint, counted, duration
from sequent.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Annotated

    from cyclopts import Parameter

    from sequent.cli.arguments.typed_options import MaxConcurrent, Param, Target
    from sequent.model.spec import Definition
    from sequent.testing.history import RunHistory
    from sequent.testing.simulation import Simulation


def simulate(
    target: Target = None,
    /,
    *,
    param: Param = (),
    history: Annotated[
        bool,
        Parameter(negative="", show_default=False, help="Let steps take as long, and return, as in earlier runs."),
    ] = False,
    seed: Annotated[int, Parameter(show_default=True, help="Chooses among the durations of earlier runs.")] = 0,
    max_concurrent: MaxConcurrent = None,
    options: GlobalOptions = DEFAULTS,
) -> int:
    """Show what a run of a flow would do, moment by moment; no step is executed."""
    from sequent.runtime.loading.flows import load_flow

    settings = options.settings(max_concurrent=max_concurrent)
    loaded = load_flow(target_of(target, settings))
    definition = settings.applied_to(loaded.definition)
    warn(definition.spec, options)
    stored = with_own_store(options, loaded.flow, settings)[0] if history else None
    try:
        simulation = _made(definition, param, seed, stored, is_quiet=options.quiet)
    except KeyboardInterrupt:
        options.say("interrupted: there is no simulation to show; nothing was changed")
        raise
    _show(definition.spec.name, simulation, as_json=options.json)
    if stored is None and not options.json:
        options.say("each step took no time: no durations are known; --history takes them from earlier runs")
    return 0 if simulation else 1


def _made(
    definition: Definition, param: tuple[str, ...], seed: int, stored: GlobalOptions | None, *, is_quiet: bool
) -> Simulation:
    """Simulate a run, with the history of a store if options for one are given; show the progress."""
    with LiveLine(sys.stderr, is_quiet=is_quiet) as line:
        if stored is None:
            return _simulated(definition, param, None, seed, line)
        from sequent.testing.history import read_history
        from sequent.view.earlier_runs import MOST_RUNS

        with opened_store(stored) as store:
            return _simulated(definition, param, read_history(store, definition.spec.name, MOST_RUNS), seed, line)


def _simulated(
    definition: Definition, param: tuple[str, ...], history: RunHistory | None, seed: int, line: LiveLine
) -> Simulation:
    from sequent.cli.arguments.parameters import read_pairs
    from sequent.compiler import compile_flow
    from sequent.dsl.parameters.param import encode_params
    from sequent.runtime.runs.drive import slots_of
    from sequent.testing.earlier_scenario import drawing_from
    from sequent.testing.scenario import Scenario
    from sequent.testing.simulation import EarlyEnd
    from sequent.testing.world import MOST_ATTEMPTS, World

    stored: Mapping[str, str] = {} if history is None else history.runs[0].record.params
    plan = compile_flow(definition.spec, encode_params(definition, read_pairs(definition, param), stored))
    make_scenario = Scenario if history is None else drawing_from(history.latest)
    slots = slots_of(plan.max_concurrent)

    def watch(ended: int, seconds: float) -> None:
        line.show(f"simulated: {counted(ended, 'attempt')}, {duration(seconds)} of simulated time")

    world = World(
        definition, {}, datetime.now(UTC), slots, MOST_ATTEMPTS, plan=plan, make_scenario=make_scenario, watch=watch
    )
    world.change({"seed": seed}, 0.0)
    try:
        return world.begin(EarlyEnd())
    except UsageError as error:
        if history is None and error.code in ("unknown-result", "unknown-items"):
            error.hint = "take it from an earlier run: --history; or simulate in Python, with results={...}"
        raise


def _show(flow: str, simulation: Simulation, *, as_json: bool) -> None:
    from sequent.cli.output import simulation_output

    if as_json:
        from sequent.cli.output.json_output import write

        write({"simulation": simulation_output.simulation_document(flow, simulation)})
        return
    out("\n".join(simulation_output.simulation_lines(flow, simulation, Paint.of(sys.stdout))))
