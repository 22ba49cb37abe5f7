"""Flights joined with the wind at their hour, and their delays by wind."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import warehouse
from attrs import asdict, frozen

BANDS = {"calm, under 5 mph": 5, "5 to 10": 10, "10 to 15": 15, "15 to 20": 20, "20 and more": float("inf")}
"""Winds, by the speed that they stay under, in miles an hour."""

LATE = 30
"""From how many minutes on a departure counts as late."""


@frozen
class Delay:
    """How late flights left in one band of wind."""

    wind: str
    flights: int
    late: int
    minutes: float
    """Of all of them together."""


def join(flights: Path, weather: Path, joined: Path) -> list[Delay]:
    """Write the flights of one month and airport with their weather. Gives the delays, by wind."""
    hours = {(row["day"], row["hour"]): row for row in read(weather)}
    lines: list[list[str]] = []
    minutes: dict[str, list[float]] = {band: [] for band in BANDS}
    header = ["month", "origin", "day", "hour", "carrier", "flight", "dest", "dep_delay", "manufacturer", "seats"]
    for row in read(flights):
        hour = hours.get((row["day"], row["hour"]), {})
        speed = hour.get("wind_speed", "")
        lines.append([*(row[name] for name in header), speed, hour.get("visib", "")])
        if speed and row["dep_delay"]:
            minutes[band_of(float(speed))].append(float(row["dep_delay"]))
    warehouse.write(joined, [*header, "wind_speed", "visib"], lines)
    print(f"{joined.name}: {len(lines)} flights")
    return [Delay(band, len(m), sum(one >= LATE for one in m), sum(m)) for band, m in minutes.items()]


def read(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a file."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def band_of(speed: float) -> str:
    """The name of a wind."""
    return next(name for name, limit in BANDS.items() if speed < limit)


def add_up(parts: Iterable[Iterable[Delay]]) -> list[Delay]:
    """Several counts as one."""
    sums: dict[str, list[Delay]] = defaultdict(list)
    for part in parts:
        for delay in part:
            sums[delay.wind].append(delay)
    return [
        Delay(wind, sum(d.flights for d in same), sum(d.late for d in same), sum(d.minutes for d in same))
        for wind, same in sums.items()
    ]


def write_summary(months: Iterable[Iterable[Delay]], path: Path) -> None:
    """Write all counts, a line each."""
    lines: list[list[Any]] = [
        [number, *asdict(delay).values()] for number, month in enumerate(months, start=1) for delay in month
    ]
    warehouse.write(path, ["month", "wind", "flights", "late", "minutes"], lines)


def table(delays: Iterable[Delay]) -> str:
    """A small table for people."""
    lines = [f"{'wind':<20}{'flights':>10}{'mean delay':>14}{f'{LATE} min late':>14}"]
    for delay in delays:
        mean, late = delay.minutes / max(1, delay.flights), delay.late / max(1, delay.flights)
        lines.append(f"{delay.wind:<20}{delay.flights:>10,}{mean:>10.1f} min{late:>14.1%}")
    return "\n".join(lines) + "\n"


def chart(delays: Iterable[Delay]) -> str:
    """A chart of the mean delays, as SVG."""
    rows: list[str] = []
    for number, delay in enumerate(delays):
        mean, y = delay.minutes / max(1, delay.flights), 30 * number + 8
        rows.append(f'<rect x="150" y="{y}" width="{10 * max(mean, 0):.0f}" height="20" fill="#3987e5"/>')
        rows.append(f'<text x="8" y="{y + 15}">{delay.wind}</text>')
        rows.append(f'<text x="{155 + 10 * max(mean, 0):.0f}" y="{y + 15}">{mean:.1f} min</text>')
    look = f'width="480" height="{10 * len(rows) + 16}" font-family="sans-serif" font-size="13"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {look}>{"".join(rows)}</svg>'
