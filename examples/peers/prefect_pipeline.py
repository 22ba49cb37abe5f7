"""A pipeline with tasks that are tried again, and one that is mapped over earlier results.

The peer: Prefect's flows and tasks. It needs `.map` or `.submit`, `unmapped` for shared arguments, futures to wait
for, and, to keep results across a restart, storage and a cache policy for each task.

Try it: `sequent run examples/peers/prefect_pipeline.py:prices`
"""

from pathlib import Path

from sequent import container, item, outer, param, step


def ask(name: str) -> float:
    """Stands for a service that is away for as many calls as its file has dots in front of the price."""
    file = Path(f"{name}.price")
    text = file.read_text()
    if text.startswith("."):
        file.write_text(text[1:])
        raise ConnectionError(f"no answer about {name}")
    return float(text)


@container
class prices:
    """What a basket costs."""

    basket: list[str] = param(default=["apple", "pear", "plum"], help="what is in it")
    vat: float = param(default=0.2)

    @step
    def rate(self) -> float:
        """What all the mapped tasks share: no word is needed for that."""
        return 1 + self.vat

    # A thing without a price leaves the others alone, and the whole is a failure in the end.
    @container(repeats=basket, parallel=2, stop_on_exception=False)
    class each:
        """One thing."""

        name: str = item()
        rate: float = outer.rate.result

        # Three attempts in all, only where there was no answer: a price that is no number is not asked for again.
        @step(retries=2, backoff=("0.01s", 2, "1s", 0.1), retry_on=ConnectionError)
        def fetch(self) -> float:
            """Its price."""
            return ask(self.name)

        @step
        def tax(self, price: float = fetch.result) -> float:
            """With the tax on it."""
            return price * self.rate

        result = tax

    @step
    def total(self, taxed: list[float] = each.result) -> float:
        """Of all of them."""
        return round(sum(taxed), 2)

    result = total
