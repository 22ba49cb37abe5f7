"""What type checkers must refuse: at each line marked E by both, at M by mypy with its plugin, and nowhere else."""
# ruff: noqa: F821  one name is misspelt on purpose

from __future__ import annotations

from datetime import date

from sequent import STEP_SUCCESS, command, container, item, outer, param, step


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

    @step
    async def fetched(self) -> bytes:
        return b""

    @step
    def measured(self, data: str = fetched.result) -> int:  # E
        return len(data)

    @container(repeats=find.result, parallel=8)
    class each:
        path: str = item()
        merged: str = outer.merged.result

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


nightly.run(stroe="x")  # E
nightly(dya=date(2026, 11, 24))  # M
nightly(day="2026-11-24")  # M
