"""The flows that the benchmarks run: steps that do nothing, many times."""

from __future__ import annotations

import itertools
import os

from sequent import container, item, previous, step

COUNT = int(os.environ.get("BENCHMARK_COUNT", "1000"))


def nothing() -> None:
    """Take no time."""


@container
class chain:
    """One step after another, as the iterations of one repeat."""

    link = step(repeats=range(COUNT))(nothing)


@container(task_construct="invoke")
class chain_inside:
    """The same, executed by the driver itself."""

    link = step(repeats=range(COUNT))(nothing)


@container
class fan_out:
    """All at once, as far as there are workers."""

    leaf = step(repeats=range(COUNT), parallel=0)(nothing)


def add(total: int = previous(0), value: int = item()) -> int:
    """One more into the sum."""
    return total + value


@container
class fold:
    """A loop in which each iteration takes what the one before returned."""

    sums = step(repeats=range(COUNT))(add)


def is_last(value: int = item()) -> bool:
    """Whether that was enough."""
    return value + 1 == COUNT


@container
class pages:
    """A loop over an endless iterator, which a result ends."""

    page = step(repeats=itertools.count, until=True)(is_last)


@container
class gate:
    """Fails after a fan-out, so that a recovery has all of it to keep."""

    leaf = step(repeats=range(COUNT), parallel=0)(nothing)

    @step(requires=leaf)
    def last(self) -> None:
        """Fail unless told otherwise; tell when it begins."""
        print("begun", flush=True)
        if "BENCHMARK_FAIL" in os.environ:
            raise RuntimeError("as asked")


def number(value: int = item()) -> dict[str, int]:
    """A result of some forty characters."""
    return {"number": value, "square": value * value}


@container
class gather_leaf:
    """One step that takes the results of all iterations of a step."""

    leaf = step(repeats=range(COUNT), parallel=0)(number)

    @step
    def last(self, rows: list[dict[str, int]] = leaf.result) -> int:
        """Count them."""
        return len(rows)


@container
class gather_block:
    """One step that takes the results of all iterations of a container."""

    @container(repeats=range(COUNT), parallel=0)
    class block:
        """A container of one step."""

        leaf = step(number)
        result = leaf

    @step
    def last(self, rows: list[dict[str, int]] = block.result) -> int:
        """Count them."""
        return len(rows)


@container
class chain_there:
    """One step after another on one host."""

    link = step(repeats=range(COUNT), hosts=["near"])(nothing)


@container
class fan_out_there:
    """All at once on two hosts, half of them on each."""

    leaf = step(repeats=range(COUNT // 2), parallel=0, hosts=["near", "far"])(nothing)


@container
class ten_there:
    """All at once on ten hosts, a tenth of them on each."""

    leaf = step(repeats=range(COUNT // 10), parallel=0, hosts=[f"h{number}" for number in range(10)])(nothing)
