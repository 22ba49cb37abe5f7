"""A flow with every word of the language, of which a store is kept: it must stay as it is.

What its steps do lies in a directory, the world: each step says in ``ledger`` that it ran, ``send`` and ``sail`` fail until
there is ``mended``, and ``wait_here`` and the last of ``one_by_one`` wait as long as there is ``hold``.
"""

import enum
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from sequent import (
    RUN_RESTART,
    STEP_COMPLETE,
    STEP_FAILURE,
    STEP_SUCCESS,
    STP_RERUN,
    STP_SKIP,
    ExitCode,
    Failures,
    Pool,
    Sequent,
    and_,
    command,
    container,
    context,
    item,
    or_,
    outer,
    param,
    previous,
    secret,
    step,
)

licence, tape, line = Pool("licence", 1), Pool("tape", 3), Pool("line", 2, shared=True)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Row:
    name: str
    price: Decimal
    colour: Colour


def world() -> Path:
    return Path(os.environ["KEPT_WORLD"])


def note() -> None:
    told = context()
    with (world() / "ledger").open("a") as ledger:
        ledger.write(f"{told.path}/{told.sequence}\n")


def hold() -> None:
    while (world() / "hold").exists():
        (world() / f"holding {context().path}").touch()
        time.sleep(0.01)


def drawn() -> Iterator[str]:
    yield from ("red", "green", "blue")


def square(number: int, *, offset: int = 0) -> int:
    note()
    return number * number + offset


NOTE = 'echo "$SEQUENT_STEP_PATH/$SEQUENT_STEP_SEQUENCE" >> "$KEPT_WORLD/ledger"; '


@container
class load_region:
    """A container that is used twice."""

    name: str = param(default="nowhere")

    @step
    def load(self) -> str:
        note()
        return f"loaded {self.name}"

    result = load


@container(max_concurrent=2, acquires={licence: 1}, stop_on_exception=True, task_construct="process", priority=1)
class every_word:
    """Everything that can be said."""

    day: date = param(default=date(2026, 11, 24), help="business day")
    places: list[str] = param(default=["eu", "us"])
    pause: str = param(default="1s", help="how long is waited before it is sent")

    # Values of every size and kind.

    @step
    def rows(self) -> list[Row]:
        note()
        return [Row("a", Decimal("1.5"), Colour.RED), Row("b", Decimal("2.5"), Colour.BLUE)]

    @step
    def parts(self) -> dict[str, list[int]]:
        note()
        return {"numbers": [1, 2, 3], "none": []}

    @step(priority=3)
    def large(self) -> str:
        note()
        return "large " * 200_000

    squared = step(args=(7,), kwargs={"offset": parts.result["numbers"][-1]})(square)

    @step(task_construct="thread")
    def measured(self, text: str = large.result) -> int:
        note()
        return len(text)

    @step(task_construct="invoke", requires=measured)
    def invoked(self) -> str:
        note()
        return "invoked"

    # Commands.

    listed = command("printf", "%s\n", places, f"{day:%Y%m%d}", shell=NOTE + '"$@"', result=list[str], env={"LC_ALL": "C"})
    hidden = command("-", shell=NOTE + 'cat > /dev/null; test "${#PASSWORD}" = 7', stdin=secret("PIN"), env={"PASSWORD": secret("PIN")}, cwd="/")
    code = command("x", shell=NOTE + "exit 3", success=(0, 3), result=ExitCode, timeout="60s")

    @command(result=str, requires=listed)
    def computed(self) -> list[str]:
        return ["echo", "computed", *self.places]

    each_command = command("echo", item(), repeats=["x", "y"], parallel=2, result=str)

    # Repeats, in every form.

    @step(repeats=range(1, 4), parallel=0, acquires={tape: 2, line: 1})
    def parallel(self, number: int = item()) -> int:
        note()
        return number

    @step(repeats=drawn)
    def one_by_one(self, colour: str = item()) -> str:
        if colour == "blue":
            hold()
        note()
        return colour.upper()

    @step(repeats=range(10), until=True)
    def until_third(self, number: int = item()) -> bool:
        note()
        return number == 2

    @step(repeats=parts.result["numbers"])
    def added(self, number: int = item(), total: int = previous(100)) -> int:
        note()
        return total + number

    @container(repeats=rows.result, parallel=2, acquires={tape: 1}, stop_on_exception=False)
    class each_row:
        row: Row = item()
        day: date = outer.day

        @step
        def priced(self) -> str:
            note()
            return f"{self.row.name} {self.row.price} on {self.day}"

        @step(requires=priced, recovery={STEP_FAILURE: STP_SKIP})
        def coloured(self) -> str:
            note()
            return self.row.colour.value

        @container(repeats=[1, 2, 3, 4])
        class tries:
            number: int = item()

            @step
            def tried(self, number: int = item(), best: int = previous(0)) -> int:
                note()
                return number + best

            @step
            def is_enough(self, sum: int = tried.result) -> bool:
                note()
                return sum >= 3

            until = is_enough
            result = tried

        result = priced

    # Failures that are handled, watched and branched on.

    @container
    class handled:
        @step(retries=2, backoff=("0.01s", 2, "0.1s", 0.1), retry_on=(ValueError, ZeroDivisionError))
        def first(self) -> int:
            note()
            raise ValueError("as always")

        @step(requires=first.failed)
        def second(self) -> str:
            note()
            return "second"

        @step(requires=first.done)
        def watcher(self) -> None:
            note()

        @step(requires=first)
        def skipped_step(self) -> None:
            note()

        @step(requires=or_(skipped_step.skipped, and_(first.complete, second.complete)), handles=False)
        def joined(self) -> str:
            note()
            return "joined"

        @step(requires=joined.returned("joined", "else") & second.ready & second.active | first.ready)
        def branch(self, one: int = first.result_or(-1)) -> int:
            note()
            return one

        result = branch

    @step(requires=handled)
    def counted(self, failures: Failures = handled.failures) -> int:
        note()
        return failures.total

    # Resources that are kept, and times that are waited for.

    @step(acquires={tape: 1}, releases=[], requires=parallel & each_row)
    def keeps(self) -> None:
        note()

    @step(requires=keeps, releases={tape: 1}, delay=datetime(2020, 1, 1, tzinfo=UTC))
    def gives_back(self) -> None:
        note()

    @step(requires=gives_back)
    def wait_here(self) -> None:
        hold()
        note()

    region = container(requires=wait_here)(load_region)
    elsewhere = container(requires=region, kwargs={"name": "elsewhere"})(load_region)

    @step(requires=elsewhere & counted & invoked & hidden & code & each_command, delay=pause)
    def send(
        self,
        texts: list[str] = [region.result, elsewhere.result],
        numbers: list[int] = [squared.result, measured.result, handled.result],
        more: dict[str, object] = {"sum": added.result, "rows": each_row.result, "drawn": one_by_one.result},
        printed: list[str] = listed.result,
        words: str = computed.result,
        ended: list[bool] = until_third.result,
    ) -> list[object]:
        note()
        if not (world() / "mended").exists():
            raise ConnectionError("the receiver is away")
        return [texts, numbers, more["sum"], more["rows"], more["drawn"], printed, words, ended]

    @step(requires=send.failed, handles=False)
    def alert(self) -> None:
        note()

    @step(recovery={STEP_SUCCESS: STP_RERUN}, requires=wait_here)
    def again(self) -> None:
        note()

    @step(requires=send.done)
    def tidy(self) -> None:
        note()

    result = send


def ship(name: str, goods: int) -> str:
    note()
    if name == "Bob" and not (world() / "mended").exists():
        raise OSError("no wind")
    return f"{name} with {goods}"


def tell(**said: object) -> str:
    note()
    return repr(sorted(said.items()))


by_calls = Sequent("by_calls", run_mode=RUN_RESTART, config={"max_concurrent": 2, "stop_on_exception": True})
ships = by_calls.add_step("ships", repeats=[{"name": "Ada"}, {"name": "Bob"}], parallel=2, stop_on_exception=False)
goods = ships.add_step("goods", func=square, args=(2,), kwargs={"offset": 1}, import_module="decimal")
loaded = ships.add_event(((goods, STEP_SUCCESS),))
sail = ships.add_step("sail", func=ship, args=(item()["name"], goods.result), requires=loaded)
ships.result = sail
home = by_calls.add_step("home", func=tell, kwargs={"ships": ships.result_or("none")}, requires=((ships, STEP_COMPLETE),), handles=False)
flag = by_calls.add_step("flag", command=("echo", "flag"), result=str, hosts=["localhost"], config={"max_concurrent": 1})
last = by_calls.add_step("last", func=tell, kwargs={"flag": flag.result, "ships": ships.result}, requires=ships)
by_calls.result = last
