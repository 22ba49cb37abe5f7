"""Defines ``forecast``, which tells how long a run of a flow would take, from its earlier runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions, opened_store, target_of, warn, with_own_store
from sequent.cli.output.live_line import LiveLine
from sequent.cli.output.terminal import out
from sequent.cli.output.text import Paint
from sequent.errors import UsageError
from sequent.view.earlier_runs import MOST_RUNS

if TYPE_CHECKING:
    from typing import Annotated

    from cyclopts import Parameter

    from sequent.cli.arguments.typed_options import MaxConcurrent, Param, Target
    from sequent.forecast.forecast_request import ForecastRequest
    from sequent.forecast.forecasting import Forecast
    from sequent.model.spec import Definition
    from sequent.runtime.ports import Store


def forecast(
    target: Target = None,
    /,
    *,
    param: Param = (),
    pool: Annotated[
        tuple[str, ...], Parameter(negative="", help="NAME=AMOUNT: another size of a pool; may be repeated.")
    ] = (),
    host_slots: Annotated[
        tuple[str, ...], Parameter(negative="", help="HOST=AMOUNT: tasks at once on a host; may be repeated.")
    ] = (),
    max_concurrent: MaxConcurrent = None,
    runs: Annotated[int, Parameter(show_default=True, help="At most this many earlier runs are replayed.")] = MOST_RUNS,
    options: GlobalOptions = DEFAULTS,
) -> int:
    """Predict how long a run of a flow would take, what decides that, and the effect of other limits."""
    from sequent.runtime.loading.flows import load_flow

    if runs < 1:
        raise UsageError(f"--runs is {runs}", hint="give 1, 2, ...")
    settings = options.settings()
    loaded = load_flow(target_of(target, settings))
    definition = settings.applied_to(loaded.definition)
    warn(definition.spec, options)
    changes = _amounts("--pool NAME", pool), _amounts("--host-slots HOST", host_slots)
    request = _request(definition, param, *changes, max_concurrent, runs)
    try:
        with opened_store(with_own_store(options, loaded.flow, settings)[0]) as store:
            made = _made(definition, store, request, options)
    except KeyboardInterrupt:
        options.say("interrupted: there is no forecast; nothing was changed")
        raise
    _show(made, as_json=options.json)
    return 0


def _made(definition: Definition, store: Store, request: ForecastRequest, options: GlobalOptions) -> Forecast:
    from sequent.forecast.forecasting import forecast as forecast_of

    with LiveLine(sys.stderr, is_quiet=options.quiet) as line:
        return forecast_of(
            definition, store, request, lambda what, done, total: line.show(f"{what}: {done:,} of {total:,}")
        )


def _request(
    definition: Definition,
    param: tuple[str, ...],
    pools: dict[str, int],
    hosts: dict[str, int],
    max_concurrent: int | None,
    runs: int,
) -> ForecastRequest:
    from sequent.cli.arguments.parameters import read_pairs
    from sequent.forecast.forecast_request import ForecastRequest
    from sequent.forecast.limits import LimitChanges

    return ForecastRequest(
        start=time.time(),
        params=read_pairs(definition, param),
        changes=LimitChanges(pools=pools, hosts=hosts, max_concurrent=max_concurrent),
        most_runs=runs,
    )


def _amounts(usage: str, texts: Iterable[str]) -> dict[str, int]:
    """Return the typed amounts by name.

    Args:
        usage: the option, and what the names are.
        texts: its values.

    Raises:
        UsageError: one has no name or no amount, or a name is given twice.
    """
    option, kind = usage.split()
    amounts: dict[str, int] = {}
    for text in texts:
        name, equals, amount = text.rpartition("=")
        if not (name and equals and amount.isdecimal() and 0 < int(amount) < 2**31):
            raise UsageError(f"{option} {text!r} is not {kind}=AMOUNT", hint=f"write {option} {kind}=6")
        if name in amounts:
            raise UsageError(f"{option} names {name!r} twice", hint="give it once")
        amounts[name] = int(amount)
    return amounts


def _show(made: Forecast, *, as_json: bool) -> None:
    if as_json:
        from sequent.cli.output.forecast_document import forecast_document
        from sequent.cli.output.json_output import write

        write({"forecast": forecast_document(made)})
        return
    from sequent.cli.output.forecast_text import forecast_lines

    out("\n".join(forecast_lines(made, Paint.of(sys.stdout))))
