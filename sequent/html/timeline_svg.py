"""Draws a timeline as SVG: a row for each step, bars for attempts, dotted lines for the time before them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from attrs import frozen

from sequent.pictures.style import number, plain, shortened, width_of
from sequent.view.text import counted, duration, task_name
from sequent.view.time_axis import TimeAxis
from sequent.view.timeline import Bar, Timeline, TimelineRow

WIDTH = 1240.0
_EDGE = 8.0
_TOP = 26.0
_LANE = 15.0
_ROW = 23.0
_CHART = 36.0
_LABEL_SIZE = 12.0
_SMALL = 10.0
_LONGEST_LABEL = 44
_WIDEST_LABEL = 270.0
_CUT = 12.0
"""The width of a part of the time that is left out."""
_MOST_TICKS = 9
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
"""The seconds that may lie between two ticks."""
_GLYPHS = {"failure": "✗", "lost": "?", "active": "▶", "outdated": "~", "passed over": "»"}
"""The glyphs in bars; a success has none."""

RULES = """
.sequent-timeline text { fill: var(--sequent-text); font-size: 12px; }
.sequent-timeline .small { font-size: 10px; }
.sequent-timeline .note { fill: var(--sequent-faint); }
.sequent-timeline .stripe { fill: var(--sequent-block); }
.sequent-timeline .grid { stroke: var(--sequent-frame); stroke-width: 1; }
.sequent-timeline .cut { fill: var(--sequent-frame); }
.sequent-timeline .waiting { stroke: var(--sequent-line); stroke-width: 2; stroke-dasharray: 1.5 3; }
.sequent-timeline .bar { fill: var(--sequent-success); }
.sequent-timeline .bar.active { fill: var(--sequent-active); }
.sequent-timeline .bar.failure { fill: var(--sequent-failure); }
.sequent-timeline .bar.lost { fill: var(--sequent-page); stroke: var(--sequent-cancelled); stroke-dasharray: 4 2; }
.sequent-timeline .bar.outdated { fill: var(--sequent-page); stroke: var(--sequent-success); stroke-dasharray: 2 2; }
.sequent-timeline .bar.passed-over { fill: var(--sequent-page); stroke: var(--sequent-line); }
.sequent-timeline .on { fill: var(--sequent-page); font-weight: 600; }
.sequent-timeline .beside { fill: var(--sequent-text); }
.sequent-timeline .late { fill: var(--sequent-cancelled); font-weight: 600; }
.sequent-timeline .many { fill: var(--sequent-success); }
.sequent-timeline .failed { fill: var(--sequent-failure); font-weight: 600; }
.sequent-timeline .now { stroke: var(--sequent-active); stroke-width: 1.5; }
"""


@frozen
class _TimeScale:
    """Turns moments into places."""

    axis: TimeAxis
    left: float
    right: float

    def x(self, moment: float) -> float:
        room = self.right - self.left - _CUT * (len(self.axis.spans) - 1)
        before = sum(moment >= start for start, _ in self.axis.spans[1:])
        return self.left + self.axis.offset(moment) / self.axis.length * room + _CUT * before


def timeline_svg(timeline: Timeline, *, is_running: bool) -> str:
    """Return the drawing, for a page with ``RULES``.

    Args:
        timeline: the timeline.
        is_running: whether its end is the present moment.
    """
    labels = [width_of(shortened(row.located, _LONGEST_LABEL), _LABEL_SIZE) for row in timeline.rows]
    left = min(max(labels, default=0.0), _WIDEST_LABEL) + 2 * _EDGE + 8
    scale = _TimeScale(timeline.axis, left, WIDTH - 46)
    heights = [_height(row) for row in timeline.rows]
    height = _TOP + sum(heights) + 6
    parts = [*_grid(scale, height)]
    y = _TOP
    for at, (row, tall) in enumerate(zip(timeline.rows, heights, strict=True)):
        parts += _row(row, scale, y, tall, is_odd=at % 2 == 0)
        y += tall
    if is_running:
        x = number(scale.x(timeline.axis.ended))
        parts.append(f'<line class="now" x1="{x}" x2="{x}" y1="{_TOP - 4}" y2="{number(height - 4)}"/>')
    about = plain(f"Timeline: {counted(len(timeline.rows), 'row')}, {duration(timeline.axis.length)} in all.")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="sequent-picture sequent-timeline" role="img" '
        f'viewBox="0 0 {number(WIDTH)} {number(height)}" width="{number(WIDTH)}" height="{number(height)}">\n'
        f"<title>{about}</title>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _height(row: TimelineRow) -> float:
    return _CHART if row.buckets else max(_ROW, row.lanes * _LANE + 8)


def _grid(scale: _TimeScale, height: float) -> Iterator[str]:
    """Yield a line and a time for each tick, and a bar where time is left out."""
    axis = scale.axis
    step = next((step for step in _STEPS if axis.length / step <= _MOST_TICKS), 86400.0)
    while axis.length / step > _MOST_TICKS:
        step *= 2
    last = -100.0
    for at in range(_MOST_TICKS + 1):
        if at * step > axis.length:
            break
        moment = axis.moment(at * step)
        x = scale.x(moment)
        yield f'<line class="grid" x1="{number(x)}" x2="{number(x)}" y1="{_TOP - 4}" y2="{number(height - 4)}"/>'
        if x - last > 40:
            yield _text(_clock(moment - axis.started, step), x, 14, "small note", "middle")
            last = x
    for (_, end), (start, _) in pairwise(axis.spans):
        x = scale.x(start) - _CUT
        yield (
            f'<g><title>{plain(duration(start - end))} left out</title><rect class="cut" x="{number(x + 3)}" '
            f'y="{_TOP - 4}" width="{number(_CUT - 6)}" height="{number(height - _TOP)}"/></g>'
        )


def _clock(seconds: float, step: float) -> str:
    """Return the time since the start: ``0:30``, ``1:05:00``, ``2 d 3:00``."""
    if step < 1:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours}:{minutes:02}"
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def _row(row: TimelineRow, scale: _TimeScale, y: float, tall: float, *, is_odd: bool) -> Iterator[str]:
    if is_odd:
        yield f'<rect class="stripe" x="0" y="{number(y)}" width="{number(WIDTH)}" height="{number(tall)}"/>'
    around, dot, name = shortened(row.located, _LONGEST_LABEL).rpartition(".")
    label = f'<tspan class="note">{plain(around + dot)}</tspan>{plain(name)}'
    yield f'<text x="{number(_EDGE)}" y="{number(y + (16 if row.bars else 15))}">{label}</text>'
    if row.buckets:
        yield _text(counted(row.attempts, "attempt"), _EDGE, y + 28, "small note")
        yield from _chart(row, scale, y)
        return
    for at, bar in enumerate(row.bars):
        after = min((other.started for other in row.bars[at + 1 :] if other.lane == bar.lane), default=None)
        yield from _bar(row, bar, scale, y + 4 + bar.lane * _LANE, WIDTH if after is None else scale.x(after))


def _bar(row: TimelineRow, bar: Bar, scale: _TimeScale, y: float, limit: float) -> Iterator[str]:
    left, right = scale.x(bar.started), scale.x(bar.ended)
    width = max(right - left, 2.5)
    yield f"<g><title>{plain(_about(row, bar))}</title>"
    if bar.ready is not None and left - scale.x(bar.ready) > 3:
        x, middle = number(scale.x(bar.ready)), number(y + 7.5)
        yield f'<line class="waiting" x1="{x}" x2="{number(left - 1)}" y1="{middle}" y2="{middle}"/>'
    look = bar.word.replace(" ", "-")
    yield (
        f'<rect class="bar {look}" x="{number(left)}" y="{number(y)}" width="{number(width)}" height="14" rx="2.5"/>'
    )
    text = _bar_text(bar)
    needed = width_of(text, _SMALL, is_bold=True) + 8
    if needed <= width:
        place = "on" if bar.word in ("success", "failure", "active") else "beside"
        yield _text(text, left + 4, y + 10.8, f"small {place}")
        right = left + width
    elif bar.word != "success" and left + width + needed < limit:
        yield _text(text, left + width + 3, y + 10.8, "small failed" if bar.word == "failure" else "small beside")
        right = left + width + needed - 4
    if bar.is_late and right + 26 < limit:
        yield _text("late", right + 4, y + 10.8, "small late")
    yield "</g>"


def _bar_text(bar: Bar) -> str:
    """Return the words on a bar: its glyph, its iteration and a further attempt."""
    iteration = bar.sequence if "." in bar.sequence else ""
    again = f"↻{bar.attempt}" if bar.attempt > 1 else ""
    return " ".join(part for part in (_GLYPHS.get(bar.word, ""), iteration, again) if part)


def _about(row: TimelineRow, bar: Bar) -> str:
    lines = [f"{task_name(row.located, bar.sequence)}, attempt {bar.attempt}: {bar.word}"]
    lines.append(f"took {duration(bar.ended - bar.started)}{', longer than usual' if bar.is_late else ''}")
    if bar.ready is not None and bar.started > bar.ready:
        lines.append(f"waited {duration(bar.started - bar.ready)}")
    if bar.host:
        lines.append(f"on {bar.host}")
    if bar.recovery:
        lines.append(f"recovery {bar.recovery}")
    return "\n".join(lines)


def _chart(row: TimelineRow, scale: _TimeScale, y: float) -> Iterator[str]:
    """Yield the number of attempts over time, and a mark for each bucket with failures."""
    peak = max(bucket.running for bucket in row.buckets) or 1.0
    base, room = y + _CHART - 4, _CHART - 14
    yield f"<g><title>{plain(f'{row.located}: {peak:,.1f} at once at most')}</title>"
    for bucket in row.buckets:
        left, right = scale.x(bucket.started), scale.x(bucket.ended)
        tall = max(bucket.running / peak * room, 1.0)
        yield (
            f'<rect class="many" x="{number(left)}" y="{number(base - tall)}" '
            f'width="{number(max(right - left - 0.5, 1.0))}" height="{number(tall)}"/>'
        )
    yield "</g>"
    for bucket in row.buckets:
        if bucket.failed:
            x = (scale.x(bucket.started) + scale.x(bucket.ended)) / 2
            about = plain(f"{bucket.failed:,} failed")
            yield f"<g><title>{about}</title>{_text('✗', x, y + 9, 'small failed', 'middle')}</g>"
    last = scale.x(row.buckets[-1].ended)
    yield _text(f"≤{peak:,.0f}" if peak >= 1 else "<1", min(last + 4, WIDTH - 40), base - 2, "small note")


def _text(text: str, x: float, y: float, words: str, anchor: str = "") -> str:
    end = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text class="{words}" x="{number(x)}" y="{number(y)}"{end}>{plain(text)}</text>'
