"""Steps that give way to other processes: for how long, what is around them, and where the system refuses."""

import ctypes
import json
import os

import pytest

_DROP_BOUNDING, _CAP_SYS_NICE = 24, 23
_library = ctypes.CDLL(None)
OWN = os.getpriority(os.PRIO_PROCESS, 0)
FLOW = """
import os

from sequent import command, container, item, param, step


def look() -> list[int]:
    return [os.getpriority(os.PRIO_PROCESS, 0), os.getpid()]


@container(max_concurrent=1)
class gives_way:
    by: int = param(default=2)

    @step(nice=4)
    def own(self) -> list[int]:
        return look()

    plain = step(requires=own)(look)
    asked = step(requires=plain, nice=by)(look)
    program = command("nice", requires=asked, nice=3, result=int)

    @container(requires=program, nice=5)
    class block:
        passed_on = step(look)
        said = step(requires=passed_on, nice=0)(look)
        again = command("nice", requires=said, repeats=[1, 2], nice=item(), result=int)

        @step(requires=again)
        def inner(self, a=passed_on.result, b=said.result, c=again.result) -> list[object]:
            return [a, b, *c]

        result = inner

    often = step(requires=block, repeats=range(20))(look)
    once_more = step(requires=often, nice=6)(look)
    after = step(requires=once_more)(look)

    @step
    def all(
        self, a=own.result, b=plain.result, c=asked.result, d=program.result, e=block.result, f=after.result
    ) -> list[object]:
        return [a, b, c, d, *e, f]

    result = all


@container
class goes_before:
    urgent = step(nice=-1)(look)


@container
class asks_too_late:
    @step
    def find(self) -> int:
        return 20

    slow = step(nice=find.result)(look)
"""


def without_the_right():
    """Be somebody who may give way, and never go before others again."""
    _library.prctl(_DROP_BOUNDING, _CAP_SYS_NICE, 0, 0, 0)


@pytest.fixture
def sequent(sequent):
    (sequent.directory / "polite.py").write_text(FLOW)
    return sequent


def outcome_of(sequent, *words, **options):
    process = sequent.start("run", *words, **options)
    out, err = process.communicate()
    return process.returncode, out, err


@pytest.mark.parametrize("options", [{}, {"preexec_fn": without_the_right}], ids=["as it is", "without the right"])
def test_a_step_and_what_it_starts_gives_way_and_the_next_finds_its_process_as_it_was(sequent, options):
    code, out, err = outcome_of(sequent, "polite:gives_way", **options)
    assert code == 0, err
    result = json.loads(out)
    seen = [value[0] if isinstance(value, list) else value for value in result]
    assert [value - OWN for value in seen] == [4, 0, 2, 3, 5, 0, 1, 2, 0]
    # Who has the right to go before others again stays, and needs no other process.
    assert (len({value[1] for value in result if isinstance(value, list)}) == 1) is not bool(options)


def test_who_may_not_go_before_others_is_told(sequent):
    code, _, err = outcome_of(sequent, "polite:goes_before", preexec_fn=without_the_right)
    assert code == 1
    assert "'nice' is -1, and the system lets this user only raise it" in err
    assert "give a number from 0 to 19" in err


def test_a_nice_value_that_turns_out_wrong_fails_the_step(sequent):
    code, _, err = outcome_of(sequent, "polite:asks_too_late")
    assert code == 1
    assert "'nice' of 'slow' is 20; give a whole number from 0 to 19" in err
