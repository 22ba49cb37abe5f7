"""Where values come from while a flow runs: results, stand-ins, failures, the iteration before, and parts."""

from __future__ import annotations

import pytest

from sequent.errors import PartError
from sequent.model.inputs import FailuresInput, ItemInput, LiteralInput, ParamInput, PartInput, PreviousInput
from sequent.model.items import Items
from sequent.model.outcome import FAILURE_CLASSES, Problem
from sequent.model.scope import Scope
from sequent.model.status import Status
from sequent.model.value_text import decode
from sequent.runtime.driver.values import Values
from sequent.runtime.orders import Cut
from sequent.runtime.rows import Batch, ContainerProblem, TaskKey
from tests.contracts.plans import attempted, iterated
from tests.runtime.valued import (
    BLOCK,
    CELL,
    DEEP,
    EACH,
    HERE,
    INNER,
    MANY,
    ONE,
    OUTER,
    PLAN,
    STEP,
    WITHIN,
    each,
    many,
    result,
    result_or,
)


def test_the_result_of_a_step_is_what_it_returned(run, found):
    attempted(run, TaskKey(1, ONE, 0), result='{"a":1}')
    assert found.text_of(HERE, result(ONE)) == '{"a":1}'


def test_the_result_of_a_repeat_leaves_out_iterations_that_have_none(run, found):
    assert found.text_of(HERE, result(EACH)) == "[]"
    for number, text in enumerate(("1", None, "3"), 1):
        each(run, number, text)
        many(run, number, text)
    assert found.text_of(HERE, result(EACH)) == "[1,3]"
    assert found.text_of(HERE, result(MANY)) == "[1,3]"


def test_a_repeat_in_a_repeat_gives_lists_of_lists_and_a_container_around_one_gives_its_list(run, found):
    for number, texts in enumerate((["1", "[2]"], [], ["3"]), 1):
        iterated(run, 1, OUTER, number, 20 + number, Status.SUCCESS)
        for inner, text in enumerate(texts, 1):
            id_ = 100 + 10 * number + inner
            iterated(run, 20 + number, INNER, inner, id_, Status.SUCCESS)
            attempted(run, TaskKey(id_, DEEP, 0), result=text)
    assert found.text_of(HERE, result(OUTER)) == "[[1,[2]],[],[3]]"
    iterated(run, 1, BLOCK, 1, 30, Status.SUCCESS)
    iterated(run, 30, WITHIN, 1, 31, Status.SUCCESS)
    attempted(run, TaskKey(31, CELL, 0), result="7")
    assert found.text_of(HERE, result(BLOCK)) == "[7]"


def test_a_stand_in_is_given_where_there_is_no_result(run, found):
    assert found.text_of(HERE, result_or(ONE)) == "0"
    attempted(run, TaskKey(1, ONE, 0), Status.FAILURE)
    assert found.text_of(HERE, result_or(ONE)) == "0"
    attempted(run, TaskKey(1, ONE, 0), attempt=2, result="null")
    assert found.text_of(HERE, result_or(ONE)) == "null"


def test_stand_ins_of_a_repeat_are_for_each_iteration_that_has_begun_in_order(run, found):
    assert found.text_of(HERE, result_or(EACH)) == "[]"
    assert found.text_of(HERE, result_or(MANY)) == "[]"
    for number, text in enumerate((None, "2", None, None, "5", None), 1):
        each(run, number, text, Status.FAILURE if text is None else Status.SUCCESS)
        if number != 3:
            # The third was passed over while it waited, and has left no row.
            many(run, number, text)
    assert found.text_of(HERE, result_or(EACH)) == "[0,2,0,0,5,0]"
    assert found.text_of(HERE, result_or(MANY)) == "[0,2,0,0,5,0]"


def test_a_stand_in_takes_the_place_of_an_inner_repeat_that_did_not_succeed(run, found):
    iterated(run, 1, OUTER, 1, 21, Status.FAILURE)
    iterated(run, 21, INNER, 1, 111, Status.SUCCESS)
    attempted(run, TaskKey(111, DEEP, 0), result="1")
    iterated(run, 1, OUTER, 2, 22, Status.SUCCESS)
    assert found.text_of(HERE, result_or(OUTER, "[9]")) == "[[9],[]]"


def fold(number: int) -> Scope:
    return Scope(10 + number, EACH, number, (1, number), HERE)


def previous(container: int = EACH, start: str = "0") -> PreviousInput:
    return PreviousInput(container, ("maker",), LiteralInput(start))


def test_the_iteration_before_gives_its_result_and_the_first_the_start(run, found):
    found.open_repeat(1, EACH, Items("[1,2,3]"))
    assert found.text_of(fold(1), previous(start="[]")) == "[]"
    each(run, 1, "1")
    assert found.text_of(fold(2), previous()) == "1"
    found.open_repeat(1, MANY, Items("[1,2,3]"))
    many(run, 1, '"a"')
    assert found.text_of(Scope(99, MANY, 2, (1, 2), HERE), previous(MANY)) == '"a"'


@pytest.mark.parametrize("asks", [(), (2, 3), (2, 3, 4, 5)])
def test_where_the_iteration_before_has_no_result_the_last_that_has_one_counts(run, found, asks):
    found.open_repeat(1, EACH, Items("[1,2,3]"))
    for number, text in enumerate((None, "2", None, None), 1):
        each(run, number, text)
    seen = {number: found.text_of(fold(number), previous()) for number in (*asks, 5)}
    expected = {2: "0", 3: "2", 4: "2", 5: "2"}
    assert seen == {number: expected[number] for number in seen}


def test_looking_back_ends_where_an_iteration_has_looked_before(run, found):
    class Counting:
        """The run, which counts what is looked up."""

        def __init__(self) -> None:
            self.looked = 0

        def __getattr__(self, name):
            return getattr(run, name)

        def frame(self, key):
            self.looked += 1
            return run.frame(key)

    counting = Counting()
    here = Values(PLAN, counting)
    here.open_repeat(1, EACH, Items("[1]"))
    for number in range(1, 41):
        each(run, number, None)
        assert here.text_of(fold(number), previous()) == "0"
    assert counting.looked < 50


def test_a_recovery_finds_the_result_before_in_the_store(run):
    each(run, 1, "1")
    each(run, 2, None)
    again = Values(PLAN, run)
    again.open_repeat(1, EACH, Items("[1,2,3]"))
    assert again.text_of(fold(3), previous()) == "1"


def test_items_parameters_and_literals_are_values_and_have_parts(run, found):
    found.open_repeat(1, EACH, Items('[{"bam":[1,2]},3]'))
    assert found.text_of(fold(1), PartInput(ItemInput(EACH), ("bam", -1))) == "2"
    assert found.text_of(HERE, ParamInput("day")) == '"monday"'
    assert found.text_of(HERE, LiteralInput("[1]")) == "[1]"
    with pytest.raises(PartError, match="has no 'bai'; it has: 'bam'"):
        found.text_of(fold(1), PartInput(ItemInput(EACH), ("bai",)))


def test_a_part_for_a_step_is_cut_out_by_its_worker(run, found):
    found.open_repeat(1, EACH, Items("[[1]]"))
    part = PartInput(PartInput(ItemInput(EACH), (0,)), ("no",))
    assert found.given(fold(1), part) == Cut("[1]", ("0", '"no"'))
    start = PreviousInput(EACH, ("maker",), PartInput(ItemInput(EACH), (0,)))
    assert found.given(fold(1), start) == Cut("[1]", ("0",))


def test_failures_are_those_within_with_what_no_attempt_tells(run, found):
    problem = Problem(type="E", message="m", exit_code=3)
    for number in (1, 2):
        iterated(run, 1, OUTER, number, 20 + number, Status.FAILURE)
        iterated(run, 20 + number, INNER, 1, 110 + number, Status.FAILURE)
        attempted(run, TaskKey(110 + number, DEEP, 0), Status.FAILURE, at=number, problem=problem)
    # One whose sequence only begins with the same digits, and one of another iteration.
    iterated(run, 1, OUTER, 21, 41, Status.FAILURE)
    for frame in (41, 21, 22):
        run.commit(Batch(container_problems=[ContainerProblem(frame, INNER, problem)]))
    run.commit(Batch(container_problems=[ContainerProblem(1, EACH, problem)]))
    attempted(run, TaskKey(1, ONE, 0), Status.FAILURE, problem=problem)

    def told(scope: Scope, node: int) -> list[tuple[str, str, int]]:
        failures = decode(found.text_of(scope, FailuresInput(node)), FAILURE_CLASSES)
        assert failures.total == len(failures)
        assert all(failure.exit_code == 3 for failure in failures)
        return [(failure.path, failure.sequence, failure.attempt) for failure in failures]

    deep = "outer.inner.deep"
    others = [("outer.inner", sequence, 0) for sequence in ("1.1", "1.2", "1.21")]
    assert told(HERE, OUTER) == [(deep, "1.1.1", 1), (deep, "1.2.1", 1), *others]
    assert told(Scope(22, OUTER, 2, (1, 2), HERE), INNER) == [(deep, "1.2.1", 1), ("outer.inner", "1.2", 0)]
    assert told(HERE, ONE) == [("one", "1", 1)]
    assert told(HERE, MANY) == []
    assert told(HERE, EACH) == [("each", "1", 0)]


def test_failures_that_no_attempt_tells_are_found_however_many_others_there_are(run, found):
    for number in range(1, 103):
        iterated(run, 1, OUTER, number, 20 + number, Status.FAILURE)
        problem = Problem(type="E", message=str(number))
        run.commit(Batch(container_problems=[ContainerProblem(20 + number, INNER, problem)]))
    failures = decode(found.text_of(Scope(122, OUTER, 102, (1, 102), HERE), FailuresInput(INNER)))
    assert [failure.message for failure in failures] == ["102"]
    failures = decode(found.text_of(HERE, FailuresInput(OUTER)))
    assert (len(failures), failures.total) == (100, 102)


def test_the_first_hundred_failures_are_told_and_all_are_counted(run, found):
    for number in range(1, 103):
        problem = Problem(type="E", message=str(number))
        attempted(run, TaskKey(1, STEP, number), Status.FAILURE, at=200 - number, problem=problem)
    failures = decode(found.text_of(HERE, FailuresInput(MANY)))
    assert (len(failures), failures.total, failures[0].message) == (100, 102, "102")
