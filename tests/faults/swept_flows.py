"""Three small flows with a ledger, killed at every call of theirs; and what is true of each once it has ended."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from sequent import Pool, container, context, item, previous, step
from tests.faults import ledger
from tests.faults.working import begin, work

SLOTS = 3
AGAIN = 6
"""So many retries outlast the one fault and the losses that it may cost."""
BRIEF = 0.002
ROOM, ROOM_SIZE = Pool("room", 2), 2
LARGE = 2**20 + 1
"""A text of this length stands in a file of its own."""


def told(**values: object) -> None:
    """Work, and leave what was given in the ledger."""
    begin()
    for name, value in values.items():
        ledger.note(f"{name}={value}")
    ledger.note("end")


def leave() -> None:
    """Leave a note and an artifact, both with the attempt's own place."""
    here = context()
    place = f"{here.sequence} {here.attempt}"
    here.note(place)
    file = here.scratch / "place"
    file.write_text(place)
    here.artifact(file)


@container(max_concurrent=SLOTS)
class few:
    """A step, two at once that leave something, and a step."""

    @step(retries=AGAIN)
    def a(self) -> list[int]:
        print("something")
        work(BRIEF)
        return [1, 2]

    @container(requires=a, repeats=a.result, parallel=2)
    class each:
        @step(retries=AGAIN)
        def b(self) -> str:
            work(BRIEF)
            leave()
            return "b"

    @step(requires=each, retries=AGAIN)
    def c(self) -> str:
        work(BRIEF)
        return "done"

    result = c


@container(max_concurrent=SLOTS)
class held:
    """A pool, some of which is kept and given back; a delay; a failure that is tried again; a branch."""

    @step(acquires={ROOM: 1}, releases=[], retries=AGAIN)
    def keep(self) -> None:
        work(BRIEF)

    @step(requires=keep, delay=0.05, acquires={ROOM: 1}, retries=AGAIN)
    def delayed(self) -> None:
        work(BRIEF)

    @step(retries=AGAIN, backoff=0.02)
    def stubborn(self) -> str:
        before = begin()
        if not any(entry.event == "fail" for entry in before):
            ledger.note("fail")
            raise ValueError("not yet")
        ledger.note("end")
        return "left"

    @step(requires=stubborn.returned("left"), acquires={ROOM: 1}, retries=AGAIN)
    def left(self) -> None:
        work(BRIEF)

    @step(requires=stubborn.returned("right"))
    def right(self) -> None:
        work(BRIEF)

    @step(requires=delayed & left, releases={ROOM: 1}, retries=AGAIN)
    def give(self) -> None:
        work(BRIEF)


def drawn_items() -> Iterator[str]:
    """Be drawn one by one."""
    yield from ("x", "y")


@container(max_concurrent=SLOTS)
class drawn:
    """Items of a generator, a fold, a failure that is handled, and a result in a file of its own."""

    @step(repeats=drawn_items, retries=AGAIN)
    def each(self, name: str = item()) -> str:
        work(BRIEF)
        return name.upper()

    @step(repeats=range(1, 3), retries=AGAIN)
    def fold(self, number: int = item(), total: int = previous(0)) -> int:
        work(BRIEF)
        return total + number

    @step(retries=AGAIN)
    def large(self) -> str:
        work(BRIEF)
        return "x" * LARGE

    @step(requires=each & fold)
    def fails(self) -> None:
        begin()
        ledger.note("fail")
        raise ValueError("as it should")

    @step(requires=fails.failed, retries=AGAIN)
    def handles(self) -> None:
        work(BRIEF)

    @step(requires=handles, retries=AGAIN)
    def sums(self, names: list[str] = each.result, totals: list[int] = fold.result, text: str = large.result) -> None:
        told(names="".join(names), totals=",".join(map(str, totals)), length=len(text))


@frozen
class Swept:
    """What is true of a flow."""

    name: str
    tasks: set[tuple[str, str]]
    """Path and sequence of each that succeeds."""
    after: dict[str, set[str]]
    """The paths that each path waits for."""
    values: frozenset[str] = frozenset()
    leaving: frozenset[str] = frozenset()
    """The paths of the steps that ``leave`` something."""
    failing: frozenset[tuple[str, str]] = frozenset()
    """Those that end as a failure."""

    @property
    def again(self) -> frozenset[str]:
        """The paths that a recovery runs again though they had ended: failures, and what handles them."""
        paths = {path for path, _ in self.failing}
        return frozenset(paths | {path for path, before in self.after.items() if before & paths})


SWEPT = [
    Swept(
        "few",
        {("a", "1"), ("each.b", "1.1"), ("each.b", "1.2"), ("c", "1")},
        {"each.b": {"a"}, "c": {"a", "each.b"}},
        leaving=frozenset({"each.b"}),
    ),
    Swept(
        "held",
        {(name, "1") for name in ("keep", "delayed", "stubborn", "left", "give")},
        {"delayed": {"keep"}, "left": {"stubborn"}, "give": {"delayed", "left"}},
    ),
    Swept(
        "drawn",
        {
            ("each", "1.1"),
            ("each", "1.2"),
            ("fold", "1.1"),
            ("fold", "1.2"),
            ("large", "1"),
            ("handles", "1"),
            ("sums", "1"),
        },
        {"fails": {"each", "fold"}, "handles": {"fails"}, "sums": {"handles", "each", "fold", "large"}},
        {"names=XY", "totals=1,3", f"length={LARGE}"},
        failing=frozenset({("fails", "1")}),
    ),
]
