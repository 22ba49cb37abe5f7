"""Requirements in a circle are told by the shortest way round, with the line of each."""

from sequent.errors import Place
from tests.compiler.writing import asks, codes, container, every, flow, mistake, mistakes, result, step


def test_a_circle_is_named_by_its_path_with_the_line_of_each_requirement():
    found = mistake(flow(step("a", asks("b", 1)), step("b", asks("c", 2)), step("c", asks("a", 3)), step("d", "a")))
    assert found.code == "cycle"
    assert "cycle: a -> b -> c -> a" in found.message
    assert (
        "'a' requires 'b' at flow.py:1; 'b' requires 'c' at flow.py:2; 'c' requires 'a' at flow.py:3" in found.message
    )
    assert found.place == Place("flow.py", 1)
    assert found.hint


def test_of_several_ways_round_the_shortest_is_named():
    found = mistake(flow(step("a", "b"), step("b", "c"), step("c", every("d", "b")), step("d", "a")))
    assert "cycle: b -> c -> b" in found.message


def test_each_circle_of_its_own_is_told():
    spec = flow(step("a", "b"), step("b", "a"), container("c", step("d", "c.e"), step("e", "c.d")))
    assert ["a -> b -> a" in str(mistakes(spec)[0]), "c.d -> c.e -> c.d" in str(mistakes(spec)[1])] == [True, True]
    assert codes(spec) == ["cycle", "cycle"]


def test_a_circle_through_containers_is_found_though_no_step_is_in_one():
    inner = step("x", asks("b", 7))
    found = mistake(flow(container("a", inner), container("b", step("y"), requires=asks("a", 8))))
    assert "cycle: a -> b -> a" in found.message
    assert "'a.x' requires 'b' at flow.py:7; 'b' requires 'a' at flow.py:8" in found.message


def test_a_circle_made_by_taking_results_is_found():
    assert codes(flow(step("a", takes=["b"]), step("b", repeats=result("a")))) == ["cycle"]


def test_a_circle_of_many_steps_is_named_in_short():
    count = 3_000
    found = mistake(flow(*(step(f"s{n}", f"s{(n + 1) % count}") for n in range(count))))
    assert "2,980 more" in found.message
    assert len(found.message) < 2_000


def test_a_great_tangle_does_not_take_for_ever():
    count = 1_500
    spec = flow(*(step(f"s{n}", every(*(f"s{(n + far) % count}" for far in (1, 2, 3)))) for n in range(count)))
    assert codes(spec) == ["cycle"]


def test_waiting_for_oneself_by_an_option_is_a_circle():
    assert codes(flow(step("a", delay=result("b")), step("b", timeout=result("a")))) == ["cycle"]
