"""What the engine is told of how an attempt ended."""

from __future__ import annotations

import pytest

from sequent.model.outcome import Problem
from sequent.model.plan import StepPlan
from sequent.model.status import Construct
from sequent.runtime.attempt_outcomes import answers_of, may_retry

LOOKUP = (
    "builtins.KeyError",
    "builtins.LookupError",
    "builtins.Exception",
    "builtins.BaseException",
    "builtins.object",
)


def step(**options: object) -> StepPlan:
    return StepPlan(index=1, path=("a",), parent=0, position=0, construct=Construct.PROCESS, **options)


@pytest.mark.parametrize(
    ("retry_on", "problem", "retried"),
    [
        ((), Problem(type="KeyError", message="", types=LOOKUP), True),
        ((), Problem(type="ExitStatus", message="", exit_code=3), True),
        ((), Problem(type="Signal", message="", signal=9), True),
        ((), Problem(type="NotFound", message="", exit_code=127), False),
        ((127,), Problem(type="NotFound", message="", exit_code=127), False),
        ((127,), Problem(type="ExitStatus", message="", exit_code=127), True),
        (("builtins.KeyError",), Problem(type="KeyError", message="", types=LOOKUP), True),
        (("builtins.LookupError",), Problem(type="KeyError", message="", types=LOOKUP), True),
        (("flows.KeyError",), Problem(type="KeyError", message="", types=LOOKUP), False),
        (("KeyError",), Problem(type="KeyError", message="", types=LOOKUP), False),
        ((3, 4), Problem(type="ExitStatus", message="", exit_code=4), True),
        ((3, 4), Problem(type="ExitStatus", message="", exit_code=5), False),
        ((0,), Problem(type="KeyError", message="", types=LOOKUP), False),
        (("builtins.TimeoutError",), Problem(type="Signal", message="", signal=9), False),
    ],
)
def test_a_failure_is_tried_again_on_if_it_is_one_of_those_that_the_step_names(retry_on, problem, retried):
    assert may_retry(retry_on, problem) is retried


def test_a_result_answers_each_question_in_whose_values_it_is():
    asked = step(asked=(("1", '"1"'), ("true",), ('"1"',)))
    assert [answers_of(asked, text) for text in ("1", '"1"', "true", "null", None)] == [(0,), (0, 2), (1,), (), ()]
