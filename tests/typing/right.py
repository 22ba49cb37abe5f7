"""A flow that both type checkers accept, strict, with the words' every form."""
# ruff: noqa: B008, RUF012, S604  references are defaults, a class's list is a constant, and shell= is a word of the language

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Literal, assert_type

import attrs

import sequent
from sequent import (
    STEP_COMPLETE,
    STEP_FAILURE,
    STEP_SUCCESS,
    STP_RERUN,
    STP_SKIP,
    ExitCode,
    Failure,
    Failures,
    Outcome,
    Pickled,
    Pool,
    approve,
    command,
    container,
    item,
    outer,
    param,
    previous,
    secret,
    step,
)
from sequent import virtual_resource_pool as vrp


class Size(Enum):
    SMALL = 1
    LARGE = 2


@attrs.frozen
class Table:
    rows: int
    columns: list[str]


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

    ship = approve(f"Ship {listing.result}?", receive=Table, requires=read, timeout="2h", acquires={})
    fine = approve("Sure?", requires=ship, handles=False)
    each_day = approve("Which?", receive=int, repeats=["mon", "tue"], parallel=0)

    @step(requires=fine)
    def shipped(self, table: Table = ship.result, days: list[int] = each_day.result) -> int:
        return table.rows + sum(days)

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


class Licence(vrp.Resource):
    """What the original's programs derive."""


db = Pool("db", 4)
seats = Pool("seats", 2, shared=True)
licences = vrp.ResourcePool("licences", resource_cls=Licence, policy={"resource_limit": 2}).load()


@container(max_concurrent=3, task_construct="thread")
class careful:
    """Every option, in each of its forms."""

    wait: timedelta = param(default=timedelta(seconds=3))
    width: int = param(default=2)

    @step(delay=wait, timeout="30m", priority=2, max_concurrent=3, task_construct="thread")
    def measured(self) -> float:
        return 1.0

    @step(
        delay=datetime(2026, 1, 1, tzinfo=UTC),
        timeout=measured.result,
        retries=3,
        backoff=("60s", 1),
        retry_on=(OSError, 75),
        acquires={db: 2, licences: 1},
        releases=[],
        recovery={STEP_SUCCESS: STP_RERUN, STEP_FAILURE: STP_SKIP},
    )
    def insistent(self) -> None: ...

    @step(repeats=[1, 2], parallel=width, retries=2, backoff=(1, 2.5, "1m", 0.1), retry_on=[1, ValueError])
    def each(self, number: int = item()) -> int:
        return number

    send = command("true", timeout=3, retries=1, backoff="5s", retry_on=OSError, acquires=[(db, 1)])

    @container(delay="6h", acquires={seats: 1}, priority=1, max_concurrent=1)
    class block:
        work = step(lambda: 1)

    @container(repeats=[1], parallel=width, acquires=[(db, 1)], releases=[(db, 1)])
    class blocks:
        work = step(lambda: 1)


assert_type(careful.run(max_loops=1, run_mode=sequent.RUN_CONTINUE), Outcome)


@container
class branches:
    """Values that decide, values where there are none, parts of values and secrets."""

    @step
    def pick(self) -> Literal["full", "partial"]:
        return "full"

    @step
    def size(self) -> Size | None:
        return Size.SMALL

    @step(requires=pick.returned("full"))
    def full(self) -> str:
        return "all"

    @step(requires=pick.returned("partial") & size.returned(Size.LARGE, None))
    def partial(self) -> int:
        return 3

    @step
    def joined(self, full: str | None = full.result_or(None), partial: int = partial.result_or(0)) -> bool:
        return full is not None and partial > 0

    @step(requires=joined.returned(True) | joined.failed)
    def told(self, failures: list[Failure] = joined.failures) -> list[str]:
        return [f"{one.path}/{one.sequence} {one.host} {one.attempt}: {one.type} {one.exit_code}" for one in failures]

    @step(requires=joined.failed)
    def counted_failures(self, failures: Failures = joined.failures) -> str:
        return f"{len(failures)} of {failures.total}: {failures[0].message}"

    @step
    def table(self) -> dict[str, Table]:
        return {"a": Table(3, ["x"])}

    @step
    def part(self, rows: int = table.result["a"].rows, column: str = table.result["a"].columns[-1]) -> str:
        return column * rows

    @step
    def send(self, token: str = secret("TOKEN")) -> None: ...

    @step(repeats=told.result, parallel=2)
    def each(self, text: str = item()) -> int:
        return len(text)

    @step
    def lengths(self, found: list[int | None] = each.result_or(None)) -> int:
        return len(found)

    @container(repeats=[(1, "a"), (2, "b")])
    class fold:
        name: str = item()[1]
        before: float = previous(0.0)
        columns: list[str] = outer.table.result["a"].columns

        @step
        def add(self) -> float:
            return self.before + len(self.name)

        @command(result=str, env={"TOKEN": secret("TOKEN")})
        def shown(self, total: float = add.result) -> list[str]:
            return ["echo", self.name, str(total)]

        result = add

    @step
    def folded(self, sums: list[float] = fold.result, safe: list[float | None] = fold.result_or(None)) -> float:
        return sum(sums) + len(safe)

    @container
    class once:
        @step
        def check(self) -> bool:
            return True

        result = check

    @step(requires=once.returned(True))
    def after(self, found: bool | str = once.result_or("no"), failures: list[Failure] = once.failures) -> None: ...

    @container
    class around:
        @container(repeats=[1])
        class within:
            @step
            def number(self, n: int = item()) -> int:
                return n

            result = number

        result = within

    @step
    def nested(self, numbers: list[int] = around.result) -> int:
        return sum(numbers)

    sorted_ = command(part.result, "out", shell='sort -u "$1" > "$2"', stdin=secret("TOKEN"))
    counted = command(shell="ls | wc -l", result=int)

    @command
    def computed(self, column: str = part.result) -> list[str]:
        return ["echo", column]

    @command(repeats=["a", "b"], parallel=2, result=bytes)
    def many(self, name: str = item()) -> tuple[str, ...]:
        return ("cat", name)

    @step
    def last(
        self, count: int = counted.result, files: list[bytes] = many.result, nothing: None = computed.result
    ) -> int:
        return count + len(files)

    result = last


@container
class load_region:
    """Used again by others, with other parameters."""

    region: str = param()
    depth: int = param(default=1)

    @step
    def load(self) -> str:
        return self.region * self.depth

    result = load


@container
class regions:
    names = ["eu", "us"]

    @step
    def first(self) -> str:
        return "x"

    eu = container(requires=first, kwargs={"region": "eu"})(load_region)
    every = container(repeats=["a", "b"], parallel=2, kwargs={"region": item(), "depth": 2})(load_region)

    @container
    class inner:
        known: list[str] = outer.names

        @step
        def count(self) -> int:
            return len(self.known)

        result = count

    @step(requires=eu.done & every)
    def report(self, one: str = eu.result, many: list[str] = every.result, count: int = inner.result) -> None: ...


class Model:
    """No data."""


@container
class training:
    @step(result=Pickled)
    def fit(self) -> Model:
        return Model()

    @step(result=Pickled, repeats=[1, 2], retries=1)
    def fits(self, model: Model = fit.result) -> Model:
        return model

    @step
    def score(self, model: Model = fit.result, models: list[Model] = fits.result) -> int:
        return len([model, *models])


assert_type(nightly.run(), Outcome)
nightly(day=date(2026, 11, 24)).run(store=":memory:")

flow = sequent.Sequent(name="built", config={"sleep_between_loops": 0.05})
s1 = flow.add_step("s1", repeats=[1, 2])
s11 = s1.add_step("s11", func=dump, kwargs={"table": "x", "day": date(2026, 11, 24)})
s12 = s1.add_step("s12", command=("ls", s11.result), requires=((s11, sequent.STEP_SUCCESS),))
s1.until = s12
s1.result = s11
failures: list[Failure] = s11.failures
either = flow.add_step("either", func=dump, args=(s11.result_or(None), s11.result["a"]), requires=s11.returned("x"))
computed = flow.add_step("computed", command=(s11.result, "b"), shell='echo "$1"')
ready = flow.add_event(sequent.or_((s11, sequent.STEP_FAILURE), s12.done))
fitted = flow.add_step("fitted", func=dump, result=Pickled)
s2 = flow.add_step("s2", requires=ready, recovery={}, hosts=[], delay=0, acquires=[], releases=None)
s3 = flow.add_step("s3", func=dump, delay="3s", retries=1, acquires=[(db, 2)], recovery={STEP_COMPLETE: STP_SKIP})
s4 = flow.add_step("s4", func=dump, requires=(flow.add_event(require=s3),), import_module="jobs", import_file="jobs.py")
outcome = flow.run(max_loops=-1)
flow.run(run_mode=sequent.RUN_RECOVER)
flow.close()
if outcome:
    assert_type(outcome.run_id, str)
