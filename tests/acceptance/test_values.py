"""Whole runs in which values take every way that there is: parts, stand-ins, failures, folds, programs, secrets."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Generic, Literal, NewType, NotRequired, TypedDict, TypeVar

import attrs

from sequent import Failures, command, container, item, param, previous, secret, step
from tests.decorators import Counted, logged, tried, waiting


class Shade(enum.Enum):
    LIGHT = "light"
    DARK = "dark"


@attrs.frozen
class Sample:
    name: str
    reads: list[int]


@container
class ways:
    """Each step at the end shows what became of one way."""

    @step
    def samples(self) -> list[Sample]:
        return [Sample(f"s{number}", list(range(number))) for number in range(4)]

    @container(repeats=samples.result, parallel=0)
    class each:
        sample: Sample = item()
        name: str = item().name

        @step
        def align(self) -> dict[str, int]:
            if self.name == "s2":
                raise ValueError(f"cannot align {self.name}")
            return {"size": len(self.sample.reads)}

        @step(requires=align.failed)
        def note(self) -> None: ...

        result = align

    @container(repeats=[Shade.LIGHT, Shade.DARK])
    class shades:
        shade: Shade = item()

        @step(repeats=[1, 2])
        def mix(self, times: int = item()) -> str:
            return self.shade.value * times

        result = mix

    @container(repeats=range(1, 6))
    class fold:
        @step
        def add(self, total: int = previous(0), number: int = item()) -> int:
            return total + number

        result = add

    @step
    def broken(self) -> int:
        raise RuntimeError("broken for good")

    @step
    def shown(
        self,
        sizes: list[dict[str, int]] = each.result,
        last: int = each.result[-1]["size"],
        mixed: list[list[str]] = shades.result,
        sums: list[int] = fold.result,
        number: int = broken.result_or(-1),
    ) -> list[object]:
        return [sizes, last, mixed, sums, number]

    @step(requires=each.done)
    def told(self, found: Failures = each.failures) -> list[object]:
        return [found.total, [(each.path, each.sequence, each.message) for each in found]]

    @step
    def both(self, one: list[object] = shown.result, two: list[object] = told.result) -> list[object]:
        return [one, two]

    result = both


def test_values_arrive_as_they_were_meant(tmp_path):
    outcome = ways().run(store=str(tmp_path / "store.db"))
    assert outcome, outcome.failures
    sizes = [{"size": 0}, {"size": 1}, {"size": 3}]
    mixed = [["light", "lightlight"], ["dark", "darkdark"]]
    failures = [1, [("each.align", "1.3", "cannot align s2")]]
    assert outcome.result == [[sizes, 3, mixed, [1, 3, 6, 10, 15], -1], failures]


@container
class decorated:
    """Steps that are not what they seem to Python."""

    @step
    @logged
    def fetch(self) -> list[int]:
        return [1, 2, 3]

    @step(retries=1)
    @tried(times=2)
    @Counted
    def store(self, rows: list[int] = fetch.result) -> int:
        return sum(rows)

    @step(repeats=["a", "b"])
    @lru_cache  # noqa: B019  it is what people write
    def shout(self, word: str = item()) -> str:
        return word.upper()

    @step
    @waiting
    async def every(self, stored: int = store.result, words: list[str] = shout.result) -> list[object]:
        return [stored, words]

    result = every


def test_a_decorated_step_waits_for_what_it_uses_and_gets_it(tmp_path):
    outcome = decorated().run(store=str(tmp_path / "store.db"))
    assert outcome, outcome.failures
    assert outcome.result == [6, ["A", "B"]]


T = TypeVar("T")
Tone = NewType("Tone", Shade)


@dataclass
class Box(Generic[T]):
    content: T


class Mixed(TypedDict):
    shade: Shade
    box: NotRequired[Box[Tone]]


class Toned(Box[Tone]):
    """Adds nothing, and is a class of its own."""


@container(task_construct="invoke")
class named:
    """Annotations that name a class in other ways."""

    tones: Sequence[Tone] = param(default=[Shade.DARK])

    @step
    def boxed(self) -> Box[list[Tone]]:
        return Box([Tone(self.tones[0])])

    @step
    def below(self) -> Toned | None:
        return Toned(Tone(Shade.LIGHT))

    @step
    def mixed(self) -> Annotated[Mixed, "a remark"]:
        return {"shade": Shade.DARK, "box": Box(Tone(Shade.LIGHT))}

    @step
    def chosen(self) -> Literal[Shade.LIGHT, 3]:
        return Shade.LIGHT

    @step
    def compared(
        self,
        one: Box[list[Tone]] = boxed.result,
        two: Toned | None = below.result,
        three: Mixed = mixed.result,
        four: object = chosen.result,
    ) -> list[bool]:
        return [
            one == Box([Shade.DARK]),
            two == Toned(Tone(Shade.LIGHT)),
            three == {"shade": Shade.DARK, "box": Box(Shade.LIGHT)},
            four is Shade.LIGHT,
        ]

    result = compared


def test_a_class_is_read_back_however_its_annotation_names_it(tmp_path):
    outcome = named().run(store=str(tmp_path / "store.db"))
    assert outcome, outcome.failures
    assert outcome.result == [True, True, True, True]


def rows() -> Iterator[Sample]:
    yield Sample("a", [1])


def unnamed() -> Iterator[object]:
    yield Box(1)


@container(task_construct="invoke", stop_on_exception=False)
class drawn:
    """Items with classes."""

    @step(repeats=rows)
    def known(self, sample: Sample = item()) -> str:  # noqa: B008  a reference
        return sample.name

    @step(repeats=unnamed)
    def unknown(self, box: Box[int] = item()) -> int:  # noqa: B008  as above
        return box.content


def test_an_item_with_a_class_that_nobody_names_fails_its_repeat_as_it_is_drawn(tmp_path):
    outcome = drawn().run(store=str(tmp_path / "store.db"))
    assert [failure.path for failure in outcome.failures] == ["unknown"]
    assert "item 1 of 'unknown' contains a Box, which no annotation of the flow names" in outcome.failures[0].message
    assert "-> Iterator[Box]" in outcome.failures[0].message


@container
class programs:
    """Words that are computed, a shell, and a secret."""

    @step
    def table(self) -> dict[str, str]:
        return {"name": "a b"}

    @command(result=str)
    def computed(self, name: str = table.result["name"]) -> list[object]:
        return ["printf", "%s|", name, ["-x", 3]]

    in_order = command(  # noqa: S604  a text for a shell is what is tried
        table.result["name"], "$HOME", shell='printf "%s\\n" "$@" | sort', result=list[str]
    )
    login = command("sh", "-c", 'printf %s "$PASSWORD" | wc -c', env={"PASSWORD": secret("PASSWORD")}, result=int)

    @step
    def every(
        self, one: str = computed.result, two: list[str] = in_order.result, three: int = login.result
    ) -> list[object]:
        return [one, two, three]

    result = every


def test_programs_get_their_words_and_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQUENT_SECRET_PASSWORD", "correct horse")
    outcome = programs().run(store=str(tmp_path / "store.db"))
    assert outcome, outcome.failures
    assert outcome.result == ["a b|-x|3|", ["$HOME", "a b"], len("correct horse")]
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and b"correct horse" in file.read_bytes()]


@container
class large:
    """More results than an order holds."""

    @step(repeats=range(1_500), parallel=0)
    def parts(self, number: int = item()) -> int:
        return number

    @step
    def total(self, numbers: list[int] = parts.result) -> list[int]:
        return [len(numbers), sum(numbers)]

    result = total


def test_more_results_than_an_order_holds_reach_the_step_that_asks(tmp_path):
    outcome = large().run(store=str(tmp_path / "store.db"))
    assert outcome.result == [1_500, sum(range(1_500))]
    assert not list(tmp_path.rglob("spool/*"))


@container
class empty:
    """Asks for a part that is not there."""

    @step
    def nothing(self) -> list[int]:
        return []

    @step
    def first(self, number: int = nothing.result[0]) -> int:
        return number


def test_a_part_that_is_not_there_fails_the_step_and_says_what_is(tmp_path):
    outcome = empty().run(store=str(tmp_path / "store.db"))
    assert not outcome
    assert [failure.path for failure in outcome.failures] == ["first"]
    assert "the result of 'nothing', a list, is empty" in outcome.failures[0].message


VOLATILE = """
import time
from pathlib import Path

from sequent import container, param, step


@container
class volatile:
    at: float = param(default=time.time())

    @step
    def first(self) -> float:
        return self.at

    @step
    def last(self, before: float = first.result) -> bool:
        if not Path("mended").exists():
            raise ValueError("not yet")
        return before == self.at

    result = last
"""


def test_a_default_that_is_another_at_each_import_is_kept_by_the_run(sequent):
    (sequent.directory / "volatile.py").write_text(VOLATILE)
    assert sequent("run", "volatile:volatile").returncode == 1
    (sequent.directory / "mended").touch()
    recovered = sequent("recover")
    assert (recovered.returncode, recovered.stdout) == (0, "true\n")
    assert "have changed" not in recovered.stderr
