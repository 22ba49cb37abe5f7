"""Asking for a result that there is not is told where it is asked, with what to do."""

import pytest

from sequent.errors import Place
from tests.compiler.writing import asks, container, flow, items, mistake, mistakes, step


@pytest.mark.parametrize(
    ("asked", "repeated"),
    [
        (step("a", repeats=items(1)), "a"),
        (container("a", step("b"), result="b", repeats=items(1)), "a"),
        (container("a", step("b", repeats=items(1)), result="b"), "a.b"),
    ],
)
def test_asking_what_something_repeated_returned_is_refused(asked, repeated):
    found = mistake(flow(asked, step("c", asks("a!returned=1", 7))))
    assert (found.code, found.path, found.place) == ("returned", "c", Place("flow.py", 7))
    assert f"'c' asks for the result of 'a', but '{repeated}' repeats" in found.message
    assert found.hint


def test_asking_what_a_container_without_a_result_returned_is_refused():
    found = mistake(flow(container("a", step("b")), step("c", "a!returned=1")))
    assert (found.code, found.hint) == ("no-result", "write result = ... in the body of 'a'")


def test_asking_for_the_result_of_one_iteration_within_it_is_accepted():
    assert mistakes(flow(container("a", step("b"), step("c", "a.b!returned=1"), repeats=items(1)))) == []
