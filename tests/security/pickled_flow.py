"""Flows whose steps pass pickled objects on, in two parts: the second runs only where ``MENDED`` is set."""

from __future__ import annotations

import os

from sequent import Pickled, Sequent, container, outer, previous, step


class Model:
    """No data: neither a dataclass nor attrs."""

    def __init__(self, *weights: int) -> None:
        self.weights = {*weights}


def fail_first() -> None:
    if "MENDED" not in os.environ:
        raise ValueError("not yet")


@container
class train:
    @step(result=Pickled)
    def model(self) -> Model:
        return Model(1)

    @step(repeats=[10, 20], result=Pickled)
    def many(self) -> Model:
        return Model(10)

    @container(repeats=[1, 2])
    class fold:
        base: Model = outer.model.result

        @step(result=Pickled)
        def add(self, before: Model | None = previous(None)) -> Model:  # noqa: B008  a reference
            return Model(*self.base.weights, *(before.weights if before else ()), 100)

        result = add

    between = step(requires=many & fold)(fail_first)

    @step(requires=between)
    def rest(
        self,
        model: Model = model.result,
        others: list[Model] = [model.result],  # noqa: B006  a reference within a list
        many: list[Model] = many.result,
        fold: list[Model] = fold.result,
    ) -> str:
        every = [model, *others, *many, *fold]
        assert all(type(each) is Model for each in every)
        return " ".join(str(sorted(each.weights)) for each in every)

    result = rest


def make() -> Model:
    return Model(1)


def take(model: object) -> str:
    return type(model).__name__


WAYS = (
    *("genuine", "forged", "another_key", "no_signature", "another_step", "another_iteration", "another_run"),
    *("another_run_renamed", "a_later_attempt", "within_data", "cut", "cut_text"),
)
"""For each: a step that returns a model, and one that takes it."""

altered = Sequent("altered", config={"stop_on_exception": False})
data = altered.add_step("data", func=os.getpid)
made = {way: altered.add_step(way, func=make, result=Pickled) for way in WAYS}
many = altered.add_step("many", func=make, repeats=[1, 2], result=Pickled)
between = altered.add_step("between", func=fail_first)
for way, maker in {**made, "data": data, "many": many}.items():
    altered.add_step(f"take_{way}", func=take, args=[maker.result], requires=between)
