"""Writes a forecast for people: the end, the band, the critical path, and the limits that hold the run up."""

from __future__ import annotations

from collections.abc import Iterator

from sequent.cli.output.text import Paint, columns, counted, duration, moment, readable, safe
from sequent.forecast.forecasting import Forecast
from sequent.forecast.limits import LimitKind, RunLimit
from sequent.view.step_durations import Band

_FEWEST = 9
"""The number of runs below which the band is a guess."""
_MOST_NAMES = 8
_MOST_STEPS = 12


def forecast_lines(made: Forecast, paint: Paint) -> Iterator[str]:
    """Yield the lines of a forecast."""
    band = made.seconds
    yield f"{paint.strong(safe(made.flow))} would take {paint.strong(duration(band.median))}"
    yield f"  {_band(band)}{_guess(band.count)}"
    yield f"  started now, it would end at {moment(made.start + band.median)}"
    if made.unchanged is not None:
        change = abs(made.difference)
        word = "no difference" if change < 0.005 else f"{duration(change)} {'less' if made.difference < 0 else 'more'}"
        yield f"  with these changes {word}; without them {duration(made.unchanged.median)}, {_band(made.unchanged)}"
    yield f"  {paint.faint(f'from {_origin(made)}')}"
    yield from _path(made, paint)
    yield from _limits(made)
    yield from _unknown(made)


def _band(band: Band) -> str:
    return f"in 8 of 10 cases {duration(band.low)} to {duration(band.high)}"


def _guess(count: int) -> str:
    return f" (a guess, from {counted(count, 'run')} only)" if count < _FEWEST else ""


def _origin(made: Forecast) -> str:
    words = [counted(len(made.runs), "earlier run")]
    if not made.has_success:
        words.append("none has succeeded yet, so only the steps that have are known")
    if made.failed:
        words.append(f"{counted(made.failed, 'more')} would fail today")
    if made.params:
        shown = ", ".join(f"{safe(name)}={readable(text)}" for name, text in made.params.items())
        words.append(f"with {shown} (where not given, as in {safe(made.params_of)})")
    if made.has_success:
        who, longer = "each" if len(made.runs) > 1 else "it", "longer" if made.offset >= 0 else "less"
        words.append(f"{who} took {duration(abs(made.offset))} {longer} than its replay")
    return "; ".join(words)


def _path(made: Forecast, paint: Paint) -> Iterator[str]:
    shares = made.critical_path.steps
    yield ""
    yield f"critical path, as in {safe(made.middle_run)}: {counted(made.critical_path.count, 'task')}"
    rows: list[tuple[str, ...]] = [("step", "tasks", "runs", "waits")]
    rows += [
        (safe(share.path), f"{share.tasks:,}", duration(share.ran), duration(share.waited))
        for share in shares[:_MOST_STEPS]
    ]
    heading, *lines = columns(rows)
    yield f"  {paint.faint(heading)}"
    yield from (f"  {line}" for line in lines)
    if len(shares) > _MOST_STEPS:
        yield f"  and {counted(len(shares) - _MOST_STEPS, 'more step')}"


def _limits(made: Forecast) -> Iterator[str]:
    yield ""
    if not made.held_up and made.without_limits < 0.005:
        yield "no limit holds it up"
        return
    yield "held up by"
    rows: list[tuple[str, ...]] = [
        (
            f"  {limit_text(held.limit)}",
            f"without it {duration(held.seconds)} earlier,",
            f"with it alone {duration(held.alone)} later",
        )
        for held in made.held_up
    ]
    rows.append(("  all limits together", f"without them {duration(made.without_limits)} earlier", ""))
    yield from columns(rows)


def limit_text(limit: RunLimit) -> str:
    """Return a limit in words: ``pool db (3)``."""
    name = safe(limit.name)
    words = {
        LimitKind.POOL: f"pool {name}",
        LimitKind.HOST: f"tasks at once on host {name}",
        LimitKind.SLOTS: "tasks at once on this machine",
        LimitKind.TASKS: f"max_concurrent of {name}",
        LimitKind.ITERATIONS: f"parallel of {name}",
    }
    return f"{words[limit.kind]} ({limit.amount:,})"


def _unknown(made: Forecast) -> Iterator[str]:
    names = made.without_history
    if names:
        more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
        yield ""
        shown = ", ".join(map(safe, names[:_MOST_NAMES]))
        yield f"no earlier run has executed {shown}{more}: the median of all steps is taken"
