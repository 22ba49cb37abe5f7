"""What type checkers must refuse: at each line marked E by both, at M by mypy with its plugin, and nowhere else."""
# ruff: noqa: B008, F821, S604  references are defaults, one name is misspelt on purpose, shell= is a word of the language

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Literal

import attrs

from sequent import (
    STEP_SUCCESS,
    Failure,
    Pickled,
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


class Size(Enum):
    SMALL = 1
    LARGE = 2


@attrs.frozen
class Table:
    rows: int


class Model:
    """No data."""


@container
class nightly:
    day: date = param()

    @step
    def find(self) -> list[str]:
        return []

    @step(repeats=find.result, parallel=4)
    def count(self, path: str = item()) -> int:
        return len(path)

    @step
    def listed(self, counts: list[str] = count.result) -> int:  # E
        return len(counts)

    @step
    def single(self, counts: int = count.result) -> int:  # E
        return counts

    @step
    def typed(self, found: str = find.result) -> str:  # E
        return found

    @step(requires=find.finished)  # E
    def misspelt_status(self) -> None: ...

    @step(requires=fnid.done)  # E
    def misspelt_step(self) -> None: ...

    @step(requries=find.done)  # E
    def misspelt_option(self) -> None: ...

    @step(requires="find")  # E
    def text_as_requirement(self) -> None: ...

    @step(parallel=2)  # E
    def parallel_without_repeats(self) -> None: ...

    @step(handles="no")  # E
    def text_as_flag(self) -> None: ...

    @step(task_construct="fork")  # E
    def unknown_construct(self) -> None: ...

    @step(retry_on=int)  # E
    def value_as_cause(self) -> None: ...

    @step(acquires={"db": 2})  # E
    def text_as_pool(self) -> None: ...

    @step(recovery={STEP_SUCCESS: "again"})  # E
    def text_as_action(self) -> None: ...

    @step(timeout=["30s"])  # E
    def list_as_time(self) -> None: ...

    @step(repeats=5)  # E
    def number_as_items(self) -> None: ...

    date_text = command("date", result=str)

    @step
    def read(self, text: int = date_text.result) -> int:  # E
        return text

    lines = command("ls", result=list[str], sucess=0)  # E
    asked = approve("Ship it?", receive=Table)
    retried = approve("Ship it?", retries=2)  # E
    number = approve(3)  # E

    @step
    def ship(self, table: str = asked.result) -> None: ...  # E

    @step
    async def fetched(self) -> bytes:
        return b""

    @step
    def measured(self, data: str = fetched.result) -> int:  # E
        return len(data)

    @container(repeats=find.result, parallel=8)
    class each:
        path: str = item()
        merged: str = outer.merged.result  # M

        @step
        def stats(self) -> float:
            return self.size  # E

        result = stats

    @step
    def report(self, given: list[str] = each.result) -> None: ...  # E

    @step
    def report_one(self, given: float = each.result) -> None: ...  # E

    @container
    class once:
        @step
        def part(self) -> str:
            return ""

        result = part

    @step
    def after(self, part: int = once.result) -> None: ...  # E

    @container(parallel=2)  # E
    class parallel_once:
        work = command("true")


@container
class load_region:
    region: str = param()

    @step
    def load(self) -> str:
        return self.region

    result = load


@container
class branches:
    width: int = param(default=2)

    @step
    def pick(self) -> Literal["full", "partial"]:
        return "full"

    @step
    def size(self) -> Size | None:
        return None

    @step
    def table(self) -> dict[str, Table]:
        return {}

    @step(repeats=[1, 2])
    def each(self, number: int = item()) -> int:
        return number

    @step(requires=pick.returned("empty"))  # E
    def value_it_cannot_have(self) -> None: ...

    @step(requires=size.returned("SMALL"))  # E
    def name_of_a_member(self) -> None: ...

    @step(requires=each.returned(1))  # E
    def value_of_a_list(self) -> None: ...

    @step
    def no_stand_in(self, picked: str = pick.result_or(None)) -> None: ...  # E

    @step
    def no_list(self, numbers: list[int] = each.result_or(None)) -> None: ...  # E

    @step
    def failures_as_text(self, failures: list[str] = pick.failures) -> None: ...  # E

    @step
    def misspelt_field(self, failures: list[Failure] = pick.failures) -> list[str]:
        return [failure.massage for failure in failures]  # E

    @step
    def wrong_part(self, rows: str = table.result["a"].rows) -> None: ...  # E

    @step
    def misspelt_part(self, rows: int = table.result["a"].rosw) -> None: ...  # E

    @step
    def number_as_secret(self, token: int = secret("TOKEN")) -> None: ...  # E

    @container(repeats=[1, 2])
    class fold:
        total: int = previous("none")  # E
        wide: str = outer.width  # M
        high: int = outer.hieght  # M

        @step
        def add(self) -> int:
            return self.total

        result = add

    @step(requires=fold.returned(3))  # E
    def value_of_a_repeat(self) -> None: ...

    @step
    def no_total(self, totals: list[int] = fold.result_or(None)) -> None: ...  # E

    @container
    class once:
        @step
        def check(self) -> bool:
            return True

        result = check

    @step(requires=once.returned("yes"))  # E
    def value_of_a_flag(self) -> None: ...

    @step
    def no_flag(self, flag: bool = once.result_or(None)) -> None: ...  # E

    sorted_ = command(pick.result, shell=3)  # E
    listed = command("ls", shell="ls", sehll="ls")  # E

    @command  # E
    def number_as_words(self) -> int:
        return 1

    @command(result=int)
    def words(self) -> list[str]:
        return ["date"]

    @step
    def wrong_output(self, text: str = words.result) -> None: ...  # E

    eu = container(kwargs={"regoin": "eu"})(load_region)  # M
    us = container(kwargs={"region": "us"}, requries=pick)(load_region)  # E
    asia = container(kwargs={"region": "asia"})(load_region)
    many = container(repeats=[1, 2], kwargs={"region": item()})(load_region)

    @step
    def wrong_region(self, loaded: int = asia.result) -> None: ...  # E

    @step
    def wrong_regions(self, loaded: list[int] = many.result) -> None: ...  # E

    @step(result=Pickled)
    def model(self) -> Model:
        return Model()

    @step
    def wrong_model(self, model: Table = model.result) -> None: ...  # E

    @step(result=Pickled())  # E
    def pickled_by_an_instance(self) -> Model:
        return Model()

    @step(result=Model)  # E
    def pickled_by_its_class(self) -> Model:
        return Model()


nightly.run(stroe="x")  # E
nightly(dya=date(2026, 11, 24))  # M
nightly(day="2026-11-24")  # M
