"""A flow that both type checkers accept, strict, with the words' every form."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date
from typing import assert_type

import sequent
from sequent import ExitCode, Outcome, command, container, item, outer, param, step


def dump(table: str, day: date) -> str:
    return f"{table}-{day}"


async def fetch(url: str) -> bytes:
    return url.encode()


def pages() -> Iterator[int]:
    yield from itertools.count(1)


@container
class nightly:
    """Extract, process, transmit."""

    day: date = param(help="business day")
    limit: int = param(default=3)

    @step
    def orders(self) -> str:
        return dump("orders", self.day)

    @step
    def clients(self) -> list[int]:
        return [1, 2, 3][: self.limit]

    @step(requires=orders & (clients.failed | clients.done), handles=False, stop_on_exception=False)
    def process(self, orders: str = orders.result, clients: list[int] = clients.result) -> str:
        return orders + str(clients)

    @step(repeats=clients.result, parallel=4)
    def count(self, client: int = item()) -> int:
        return client

    @step
    def total(self, counts: list[int] = count.result) -> float:
        return float(sum(counts))

    @step
    async def remote(self) -> bytes:
        return b""

    @step
    def size(self, data: bytes = remote.result) -> int:
        return len(data)

    @step
    def alone(*, total: float = total.result) -> float:
        return total

    listing = command("ls", "-l", result=list[str])

    @step
    def read(self, lines: list[str] = listing.result) -> int:
        return len(lines)

    code = command("test", "-e", "file", result=ExitCode, success=(0, 1))

    @step
    def coded(self, code: int = code.result) -> int:
        return code

    copied = command("cp", orders.result, f"{day:%Y%m%d}.csv", requires=orders, env={"LANG": "C"}, cwd="/srv")

    @container(repeats=["eu", "us"], parallel=2, requires=process.complete)
    class transmit:
        region: str = item()
        merged: str = outer.process.result

        send = command("rsync", "-a", "--", merged, f"{region}.example.org:/in", result=str)
        result = send

        @step(requires=send.failed, handles=False)
        def alert(self) -> str:
            return self.region

    @step(requires=transmit.done)
    def report(self, sent: list[str] = transmit.result) -> None: ...

    @container
    class once:
        @step
        def part(self) -> dict[str, float]:
            return {}

        result = part

    @step(requires=transmit & once | once.failed)
    def after(self, part: dict[str, float] = once.result) -> None: ...

    @container(repeats=pages)
    class polled:
        page: int = item()

        @step
        def check(self) -> bool:
            return self.page > 3

        until = check

    @container(repeats=lambda self: range(1, self.limit + 1))
    class ranged:
        @step
        def look(self, number: int = item()) -> int:
            return number

        result = look

    @step
    def gathered(self, numbers: list[int] = ranged.result) -> int:
        return sum(numbers)

    @step(repeats=[1, 2, 3], until=True)
    def once_true(self) -> bool:
        return True

    loaded = step(requires=process, kwargs={"table": orders.result, "day": day})(dump)
    three = step(lambda: 3)
    fetched = step(args=["http://localhost"])(fetch)

    result = total


assert_type(nightly.run(), Outcome)
nightly(day=date(2026, 11, 24)).run(store=":memory:")

flow = sequent.Sequent(name="built", config={"sleep_between_loops": 0.05})
s1 = flow.add_step("s1", repeats=[1, 2])
s11 = s1.add_step("s11", func=dump, kwargs={"table": "x", "day": date(2026, 11, 24)})
s12 = s1.add_step("s12", command=("ls", s11.result), requires=((s11, sequent.STEP_SUCCESS),))
s1.until = s12
s1.result = s11
ready = flow.add_event(sequent.or_((s11, sequent.STEP_FAILURE), s12.done))
s2 = flow.add_step("s2", requires=ready, recovery={}, hosts=[], delay=0, acquires=[], releases=None)
outcome = flow.run(max_loops=-1)
if outcome:
    assert_type(outcome.run_id, str)
