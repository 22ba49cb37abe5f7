"""A function of a body of which steps are made stays there, and its references are theirs."""

import functools

from sequent import container, step


def test_a_step_may_be_made_of_a_function_of_its_body():
    @container(task_construct="invoke")
    class flow:
        @step
        def a(self) -> int:
            return 3

        def base(self, times=1, x=a.result):
            return times * x

        whole = step(retries=2)(base)
        partly = step(functools.partialmethod(base, 4))

        @step
        def both(self, one=whole.result, two=partly.result) -> list[int]:
            return [one, two]

        result = both

    assert flow().run(store=":memory:").result == [3, 12]
