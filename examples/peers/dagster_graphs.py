"""A block that is used again with other parameters, and holds a block that it uses twice itself.

The peer: Dagster's graphs. It needs `@op`, `@graph` and `@job`, `In` and `Out` for the wiring, `alias` for each further
use, and a mapping of configuration to hand parameters down.

Try it: `sequent run examples/peers/dagster_graphs.py:temperatures`
"""

from pathlib import Path

from sequent import container, param, step


@container
class convert:
    """Scale and shift the numbers of one file: the inner graph."""

    place: str = param()
    half: str = param(default="night")
    factor: float = param(default=1.0)
    offset: float = param(default=0.0)

    @step
    def read(self) -> list[float]:
        """The numbers."""
        return [float(word) for word in Path(f"{self.place}-{self.half}.txt").read_text().split()]

    @step
    def scale(self, numbers: list[float] = read.result) -> list[float]:
        """All of them, in the other unit."""
        return [round(number * self.factor + self.offset, 1) for number in numbers]

    result = scale


@container
class station:
    """What one station measured: the outer graph."""

    place: str = param()

    # The same block twice, within a block that is itself used twice: four times in all.
    day = container(kwargs={"place": place, "half": "day", "factor": 5 / 9, "offset": -160 / 9})(convert)
    night = container(kwargs={"place": place})(convert)

    @step
    def mean(self, day: list[float] = day.result, night: list[float] = night.result) -> float:
        """Of day and night together."""
        both = day + night
        return round(sum(both) / len(both), 2)

    result = mean


@container
class temperatures:
    """Two stations, of which the second waits for the first."""

    north = container(kwargs={"place": "north"})(station)
    south = container(kwargs={"place": "south"}, requires=north)(station)

    @step
    def compare(self, north: float = north.result, south: float = south.result) -> str:
        """Both, side by side."""
        return f"north {north}, south {south}"

    result = compare
