"""Builds the table of a run's steps, which its driver and ``show --watch`` draw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sequent.cli.output.text import ASKED, DELAYED, QUEUED, RETRY, Paint, duration

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

OTHER_ROWS = 8
"""The lines of the terminal that are left for other output."""
_WAITING = (ASKED, RETRY, QUEUED, DELAYED)
_STATES = ("active", *_WAITING, "failure", "cancelled", "success", "skipped")
"""The order of statuses: a step definition has the first one that any of its tasks has."""


def step_table(numbers: Mapping[str, Mapping[str, int]], seconds: float, height: int, paint: Paint) -> Table:
    """Return a row for each step that has begun, as far as there is room: active and failed steps first.

    Args:
        numbers: by step, in the order of the flow, the number of its tasks in each status, by word.
        seconds: how long the run has lasted.
        height: lines of the terminal.
        paint: its colours.
    """
    from rich.table import Table
    from rich.text import Text

    touched = {name: words for name, words in numbers.items() if words}
    ranked = sorted(touched, key=lambda name: _STATES.index(_state(touched[name])))[: max(height - OTHER_ROWS, 4)]
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "step", "running", "waiting", "success", "failure", "skipped"):
        table.add_column(title, justify="left" if title in ("", "step") else "right", no_wrap=True)
    shown = {*ranked}
    for name, words in touched.items():
        if name in shown:
            table.add_row(*_row(name, words, paint))
    caption = [duration(seconds)]
    if len(touched) > len(shown):
        caption.append(f"{len(touched) - len(shown):,} more steps not shown")
    if len(numbers) > len(touched):
        caption.append(f"{len(numbers) - len(touched):,} not begun")
    table.caption = Text(", ".join(caption), style="dim")
    table.caption_justify = "left"
    return table


def _state(numbers: Mapping[str, int]) -> str:
    return next(state for state in _STATES if numbers.get(state))


def _row(name: str, numbers: Mapping[str, int], paint: Paint) -> list[Text]:
    from rich.text import Text

    groups = (("active",), _WAITING, ("success",), ("failure",), ("skipped", "cancelled"))
    shown = (sum(numbers.get(word, 0) for word in group) for group in groups)
    return [
        Text.from_ansi(paint.word(_state(numbers))),
        Text(name),
        *(Text(f"{number:,}" if number else "") for number in shown),
    ]
