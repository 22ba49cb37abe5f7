"""Does wind make flights late? Extract on one machine, join here, deliver to two others.

The story that Sequent was made for, over hosts. A1 and A2 extract on the database's machine at the same time, B joins
here, and C runs on each edge: C1 and C2. When an edge is taken away, its copy waits; a recovery runs that copy alone.

Try it: `.venv/bin/python examples/distributed`, after `./try`. It makes the machines as well, all of them on this one.
"""

from pathlib import Path

import data

from sequent import container, context, step

BANDS = {"calm, under 5 mph": 5, "5 to 10": 10, "10 to 15": 15, "15 and more": float("inf")}
"""Winds, by the speed that they stay under, in miles an hour."""


@container
class delays:
    """Does wind make flights late? New York, 2013."""

    @step(hosts=["db"])
    def flights(self) -> dict[str, float]:
        """A1: extract the mean delay of each day and airport."""
        return data.daily_means("flights.csv.zip", "dep_delay")

    @step(hosts=["db"])
    def weather(self) -> dict[str, float]:
        """A2: extract the mean wind, at the same time."""
        return data.daily_means("weather.csv", "wind_speed")

    @step
    def report(
        self,
        flights: dict[str, float] = flights.result,
        weather: dict[str, float] = weather.result,
    ) -> str:
        """B: join here, where the flow was started."""
        minutes: dict[str, list[float]] = {band: [] for band in BANDS}
        for day, delay in flights.items():
            if day in weather:
                minutes[next(band for band, limit in BANDS.items() if weather[day] < limit)].append(delay)
        lines = [f"{band:<20}{len(each):>5} days{sum(each) / len(each):>8.1f} min" for band, each in minutes.items()]
        return "\n".join(lines) + "\n"

    @step(hosts=["edge1", "edge2"])
    def deliver(self, report: str = report.result) -> str:
        """C1 and C2: write the report on each edge."""
        file = Path.home() / "report.txt"
        file.write_text(report)
        return f"{context().host} has {file}"

    result = deliver
