"""A year of flights from New York: extract, join with the weather, deliver, report.

The story that Sequent was made for. A1 and A2 extract at the same time, then B joins their results, month by month
and airport by airport, then C1 and C2 deliver to two receivers. When C2 fails, a recovery runs C2 and what follows.

Try it: `sequent run examples/flights/flow.py:delays`
"""

from pathlib import Path

import joining
import warehouse
from joining import Delay
from receiver import Receiver

from sequent import command, container, context, item, outer, param, step


@container
class delays:
    """Does wind make flights late? New York, 2013."""

    out: Path = param(default=Path("flights-out"), help="directory for all files")
    share: Path = param(default=Path("flights-out/share"), help="directory to which C2 delivers")
    last_month: int = param(default=12, help="the last month of 2013 to look at")
    fail: bool = param(default=False, help="leave the share unmounted, so that C2 fails")

    @step
    def load(self) -> Path:
        """Put the files of the package into a database, since such data usually comes from one."""
        return warehouse.load(self.out / "warehouse.db")

    @step
    def flights(self, database: Path = load.result) -> Path:
        """A1: extract the flights, with what is known of their planes."""
        return warehouse.extract(database, warehouse.FLIGHTS, self.out / "flights")

    @step
    def weather(self, database: Path = load.result) -> Path:
        """A2: extract the weather, at the same time."""
        return warehouse.extract(database, warehouse.WEATHER, self.out / "weather")

    # B: a loop in a loop. Both months of a pair run at once, the airports of each one after the other.
    @container(repeats=lambda self: range(1, self.last_month + 1), parallel=2)
    class months:
        """One month."""

        month: int = item()

        @container(repeats=["EWR", "JFK", "LGA"])
        class airports:
            """One airport in one month."""

            month: int = outer.month
            airport: str = item()
            out: Path = outer.out
            flights: Path = outer.flights.result
            weather: Path = outer.weather.result

            @step
            def join(self) -> list[Delay]:
                """Write the flights with the wind at their hour, and count."""
                name = f"{self.month:02}-{self.airport}.csv"
                return joining.join(self.flights / name, self.weather / name, self.out / "joined" / name)

            result = join

        @step
        def add_up(self, airports: list[list[Delay]] = airports.result) -> list[Delay]:
            """Add the airports of the month together."""
            return joining.add_up(airports)

        result = add_up

    @step
    def summary(self, months: list[list[Delay]] = months.result) -> Path:
        """Write a summary beside the joined files. Gives their directory."""
        joining.write_summary(months, self.out / "joined" / "summary.csv")
        delays = joining.add_up(months)
        chart = self.out / "delays.svg"
        chart.write_text(joining.chart(delays))
        context().note(f"**{sum(delay.flights for delay in delays):,}** flights in {len(months)} months")
        context().artifact(chart, title="Mean delay by wind")
        return self.out / "joined"

    @step
    def post(self, joined: Path = summary.result) -> int:
        """C1: deliver by HTTP. The receiver is part of the example; yours would be elsewhere."""
        with Receiver(self.out / "received") as receiver:
            return receiver.send_all(joined)

    @step
    def mount(self) -> None:
        """Make the directory that stands for the other party's share."""
        if not self.fail:
            self.share.mkdir(parents=True, exist_ok=True)
            return
        if self.share.exists():
            self.share.rename(f"{self.share}-before-{context().run_id}")
        print(f"{self.share} is not mounted")

    # C2: deliver to a directory, by a command. Without the directory, cp fails.
    copy = command("cp", "--recursive", f"--target-directory={share}", "--", summary.result, requires=mount)

    @step(requires=post.failed | copy.failed, handles=False)
    def alert(self) -> None:
        """Send an alert; the flow still fails, and can be recovered."""
        print(f"not delivered: is {self.share} mounted?")

    @step(requires=post & copy)
    def report(self, months: list[list[Delay]] = months.result, posted: int = post.result) -> str:
        """Write the findings."""
        text = joining.table(joining.add_up(months)) + f"\n{posted} files posted, and copied to {self.share}\n"
        (self.out / "report.txt").write_text(text)
        return text

    result = report

    @step(requires=report.done)
    def tidy(self) -> None:
        """Remove the unfinished files of interrupted steps, whatever happened."""
        for unfinished in self.out.rglob("*.part"):
            unfinished.unlink()
