"""One task for each file that another task found, then one for each pair, and a sum at the end.

The peer: Airflow's dynamic task mapping. It needs `expand`, `partial`, `zip` and `expand_kwargs` for this, keeps each
value as an XCom, and has a setting for the largest number of mapped tasks.

Try it in a directory with an `inbox` of files, an amount on each line:
`sequent run examples/peers/airflow_mapping.py:sales`
"""

from pathlib import Path

from sequent import container, item, param, step


@container
class sales:
    """Add up what the shops have sent, however many did."""

    inbox: Path = param(default=Path("inbox"), help="where the files are")

    @step
    def find(self) -> list[Path]:
        """What there is to do is known only now."""
        return sorted(self.inbox.glob("*.txt"))

    # A bad file does not keep the others from being read; the flow fails in the end, and a recovery reads that one.
    @container(repeats=find.result, parallel=0, stop_on_exception=False)
    class shops:
        """One file."""

        file: Path = item()

        @step
        def parse(self) -> list[float]:
            """The amounts."""
            return [float(line) for line in self.file.read_text().split()]

        @step
        def add(self, amounts: list[float] = parse.result) -> float:
            """Their sum."""
            return sum(amounts)

        result = add

    @step
    def pair(self, files: list[Path] = find.result, sums: list[float] = shops.result) -> list[tuple[str, float]]:
        """A function of Python where Airflow has `zip`; `itertools.product` would be as good."""
        return [(file.stem, amount) for file, amount in zip(files, sums, strict=True)]

    @step(repeats=pair.result, parallel=2)
    def tell(self, shop: str = item()[0], amount: float = item()[1]) -> str:
        """One line for each pair."""
        return f"{shop} {amount:.2f}"

    @step
    def report(self, lines: list[str] = tell.result, sums: list[float] = shops.result) -> list[str]:
        """All of it, in the order of the files."""
        return [*lines, f"all {sum(sums):.2f}"]

    result = report
