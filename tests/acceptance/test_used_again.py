"""Whole runs of containers that are used again, and of what is reached from within them."""
# ruff: noqa: RUF012  a class's list is a constant

from __future__ import annotations

import enum

from sequent import command, container, item, outer, param, step


class Mode(enum.Enum):
    FAST = "fast"
    SLOW = "slow"


@container
class load_region:
    region: str = param()
    mode: Mode = param(default=Mode.FAST)

    @step
    def load(self) -> str:
        return f"{self.region}-{self.mode.value}"

    say = command("echo", f"<{region:>3}>", result=str)

    @container(repeats=[1, 2], parallel=2)
    class parts:
        region: str = outer.region

        @step
        def part(self, number: int = item(), loaded: str = outer.load.result) -> str:
            return f"{self.region}{number}{loaded}"

        result = part

    @step
    def whole(self, parts: list[str] = parts.result, said: str = say.result) -> str:
        return " ".join([*parts, said])

    result = whole


@container
class regions:
    names = ["no", "se"]
    limits = {"eu": 2}
    width = 2

    @step
    def first(self) -> str:
        return "us"

    eu = container(requires=first, kwargs={"region": "eu", "mode": Mode.SLOW})(load_region)
    us = container(kwargs={"region": first.result})(load_region)
    all_of = container(repeats=["a", "b"], parallel=2, kwargs={"region": item()})(load_region)

    @container(repeats=names)
    class nordic:
        name: str = item()
        north = container(kwargs={"region": item()})(load_region)
        limit: int = outer.limits["eu"]

        @step(repeats=outer.names, parallel=outer.width)
        def near(self, other: str = item()) -> str:
            return other

        @step
        def told(self, north: str = north.result, near: list[str] = near.result) -> str:
            return f"{self.name} {self.limit} {north} {near}"

        result = told

    @step
    def report(
        self,
        eu: str = eu.result,
        us: str = us.result,
        all_of: list[str] = all_of.result,
        nordic: list[str] = nordic.result,
    ) -> list[str]:
        return [eu, us, *all_of, *nordic]

    result = report


def test_each_use_runs_with_the_parameters_it_was_given():
    outcome = regions.run(store=":memory:")
    assert outcome, outcome.failures
    eu, us, *others = outcome.result
    assert eu == "eu1eu-slow eu2eu-slow < eu>"
    assert us == "us1us-fast us2us-fast < us>"
    assert others == [
        "a1a-fast a2a-fast <  a>",
        "b1b-fast b2b-fast <  b>",
        "no 2 no1no-fast no2no-fast < no> ['no', 'se']",
        "se 2 se1se-fast se2se-fast < se> ['no', 'se']",
    ]
