"""What cannot be done with a reference is told at its line, with its code and what to do instead."""

from __future__ import annotations

import functools
import operator
import threading
from enum import Enum
from typing import Literal

import pytest

from sequent import container, item, outer, param, previous, secret, step
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import DefinitionError


class Size(Enum):
    SMALL = 1
    LARGE = 2


def work(*args, **kwargs): ...


def take(x): ...


OPERATIONS = {
    **{name: getattr(operator, name) for name in ("matmul", "lshift", "rshift", "floordiv", "xor", "contains")},
    "on the right of @": lambda this, other: other @ this,
    "on the right of <<": lambda this, other: other << this,
    "on the right of ^": lambda this, other: other ^ this,
    "divmod": divmod,
    "abs": lambda this, _: abs(this),
    "round": lambda this, _: round(this),
    "+": lambda this, _: +this,
}


LOOKED_UP = {
    "in a dict, with a default": lambda reference: {"a": 1}.get(reference, 0),
    "in a dict": lambda reference: {"a": 1}[reference],
    "whether it is in a dict": lambda reference: reference in {"a": 1},
    "whether it is in a set": lambda reference: reference in {1, 2},
    "as a key": lambda reference: {reference: 1},
    "in a set": lambda reference: {reference},
    "in a list": lambda reference: reference in [1, 2],
    "its place in a list": lambda reference: [1, 2].index(reference),
    "how often it is in a tuple": lambda reference: (1, 2).count(reference),
    "compared": lambda reference: reference == "x",
    "compared, the other way": lambda reference: "x" != reference,  # noqa: SIM300  one of the ways
    "its hash": hash,
    "whether it is true": bool,
    "whether it is false": lambda reference: not reference,
    "or something else": lambda reference: reference or "x",
    "sorted": lambda reference: sorted([reference, 1]),
    "the larger one": lambda reference: max(reference, 1),
    "its length": len,
    "a cached function of it": functools.lru_cache(str),
    "a match": lambda reference: matched(reference),
    "an enum by it": Size,
    "a range": range,
    "an index": lambda reference: [1, 2][reference],
}


def matched(value):
    match value:
        case "x":
            return 1
        case _:
            return 0


@pytest.mark.parametrize("of", ["a parameter", "an item", "a result", "a part", "outer", "outer's part"])
@pytest.mark.parametrize("name", LOOKED_UP)
def test_no_reference_is_looked_up_or_compared(name, of, blamed):
    def write():
        @container
        class flow:
            day: str = param(default="x")

            @step
            def pick(self) -> dict[str, str]: ...

            each = item()
            made = use(
                LOOKED_UP[name],
                {
                    "a parameter": day,
                    "an item": each,
                    "a result": pick.result,
                    "a part": pick.result["a"],
                    "outer": outer.far,
                    "outer's part": outer.far["a"],
                }[of],
            )

    def use(do, value):
        return do(value)

    with pytest.raises(DefinitionError, match="known only while running") as caught:
        write()
    assert caught.value.place is not None
    assert caught.value.place.file == __file__


def in_a_body(write):
    """A mistake in a class body: ``write`` is given steps to be wrong with."""

    def define():
        @container
        class flow:
            @step
            def pick(self) -> Literal["full", "partial"]: ...

            @step
            def size(self) -> Size | None: ...

            @step(repeats=[1])
            def many(self, number: int = item()) -> int: ...

            made = write(pick, size, many)

    return define


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_operator_computes_with_a_reference(name):
    earlier = step(lambda: 1)

    with pytest.raises(DefinitionError, match="is known only while running, and is computed with here") as caught:
        OPERATIONS[name](earlier.result, 3)
    assert caught.value.code == "reference"


def test_a_part_of_a_reference_is_not_set(blamed):
    earlier = step(lambda: 1)

    def write():
        earlier.result["a"] = 3  # wrong

    assert "return another" in blamed(write, "earlier.result is known only while running, and is changed").hint


REFERENCES = {
    "asked whether it is true": (
        lambda pick, size, many: 1 if pick.result else 2,  # wrong
        "reference",
        "asked whether it is true",
        "x.returned(True)",
    ),
    "compared": (
        lambda pick, size, many: pick.result == "full",  # wrong
        "reference",
        "pick.result is known only while running, and is compared",
        "x.returned(value)",
    ),
    "iterated": (
        lambda pick, size, many: [one for one in many.result],  # noqa: C416  # wrong
        "reference",
        "iterated",
        "repeats=",
    ),
    "added to": (lambda pick, size, many: pick.result + "a", "reference", "computed with", "a step"),  # wrong
    "called": (lambda pick, size, many: pick.result.upper(), "reference", "pick.result.upper", "a step"),  # wrong
    "sliced": (lambda pick, size, many: many.result[1:], "reference", "sliced", "one position"),  # wrong
    "a part of a secret": (lambda pick, size, many: secret("T")[0], "reference", "taken as a whole", "apart"),  # wrong
    "a value it cannot have": (
        lambda pick, size, many: pick.returned("empty"),  # wrong
        "returned",
        "'pick' cannot return 'empty'",
        "it can return 'full', 'partial'",
    ),
    "a name for a member": (
        lambda pick, size, many: size.returned("SMALL"),  # wrong
        "returned",
        "'size' cannot return 'SMALL'",
        "it can return Size.SMALL, Size.LARGE, None",
    ),
    "a value of a list": (
        lambda pick, size, many: many.returned(1),  # wrong
        "returned",
        "'many' is repeated: its result is a list",
        "a step take the list",
    ),
    "a float": (
        lambda pick, size, many: pick.returned(1.5),  # wrong
        "returned",
        "pick.returned(...) names 1.5, a float",
        "members of an enum",
    ),
    "a list": (lambda pick, size, many: pick.returned(["full"]), "returned", "a list", "strings"),  # wrong
    "a reference as a value": (
        lambda pick, size, many: pick.returned(size.result),  # wrong
        "returned",
        "size.result, which is known only while running",
        "give the values",
    ),
    "no value": (lambda pick, size, many: pick.returned(), "returned", "names no value", "give the values"),  # wrong
    "a reference as a stand-in": (
        lambda pick, size, many: pick.result_or(size.result),  # wrong
        "reference",
        "the value of pick.result_or(...) is size.result",
        "give data",
    ),
    "a step as a stand-in": (
        lambda pick, size, many: pick.result_or(size),  # wrong
        "not-data",
        "is the step 'size' itself",
        "size.result",
    ),
    "a lock as a stand-in": (
        lambda pick, size, many: pick.result_or(threading.Lock()),  # wrong
        "not-data",
        "the value of pick.result_or(...) is a lock",
        "give data",
    ),
    "a step as a start": (lambda pick, size, many: previous(pick), "not-data", "'pick' itself", "pick.result"),  # wrong
    "a secret as a start": (lambda pick, size, many: previous(secret("T")), "secret", "the start", "argument"),  # wrong
    "a secret without a name": (lambda pick, size, many: secret("a b"), "reference", "'a b'", "variable"),  # wrong
}


@pytest.mark.parametrize("name", REFERENCES)
def test_what_cannot_be_done_with_a_reference_is_refused_at_its_line(name, blamed):
    write, code, text, hint = REFERENCES[name]
    error = blamed(in_a_body(write), text)
    assert error.code == code
    assert hint in error.hint


def test_a_value_that_what_is_further_out_cannot_have_is_refused_too(blamed):
    def write():
        @container
        class flow:
            @step
            def pick(self) -> Literal["full", "partial"]: ...

            @container
            class inner:
                b = step(requires=outer.pick.returned("empty"))(work)  # wrong

        definition_of(flow)

    error = blamed(write, "'pick' cannot return 'empty'")
    assert error.code == "returned"
    assert "'full', 'partial'" in error.hint


def test_a_reference_that_was_bound_beforehand_is_refused(blamed):
    def write():
        @container
        class flow:
            a = step(work)
            b = step(functools.partial(take, functools.partial(take, 1), x=a.result))  # wrong

        definition_of(flow)

    error = blamed(write, "the step 'b' uses a.result by a partial of 'take'")
    assert error.code == "reference"
    assert "kwargs=" in error.hint


@pytest.mark.parametrize("word", ["result", "result_or", "returned"])
def test_a_container_that_names_no_result_is_not_asked_for_it(word, blamed):
    def write():
        @container
        class flow:
            @container
            class inner:
                a = step(work)

            asked = inner.result if word == "result" else getattr(inner, word)(1)  # wrong

    error = blamed(write, "'inner' names no result")
    assert error.code == "designated"
    assert "result = a" in error.hint
