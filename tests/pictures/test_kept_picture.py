"""A picture is kept as text with a run, and is the same again, but for the author's lines."""

import pytest
from attrs import evolve
from hypothesis import given

from sequent.compiler import compile_flow
from sequent.compiler.kept_picture import read_picture, text_of_picture
from sequent.compiler.picture import picture_of
from tests.compiler.writing import amounts, container, flow, items, step
from tests.flows import flow_specs


def without_places(box):
    return evolve(box, place=None, boxes=tuple(map(without_places, box.boxes)))


@given(flow_specs(asks_results=True))
def test_a_plan_has_its_picture(spec):
    picture = picture_of(spec)
    assert read_picture(compile_flow(spec).picture) == evolve(picture, flow=without_places(picture.flow))


def test_pools_repeats_and_results_are_kept():
    inner = container("a", step("b"), repeats=items(1, 2), parallel=2, acquires=amounts("db 1"), result="b")
    picture = picture_of(flow(inner, pools={"db": 2}))
    assert read_picture(text_of_picture(picture)) == evolve(picture, flow=without_places(picture.flow))


@pytest.mark.parametrize("text", ["", "{}", "[1]", "[2, [], []]", "[1, [1], []]", "[1, null, []]", "nonsense"])
def test_what_is_no_picture_is_refused(text):
    with pytest.raises(ValueError, match="picture"):
        read_picture(text)


def test_of_a_flow_that_nobody_could_look_at_none_is_kept():
    assert compile_flow(flow(*(step(f"s{at}") for at in range(10_001)))).picture == ""
