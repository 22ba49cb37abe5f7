"""Fan out over what a step found, and gather in order.

How many iterations there are is known only while the flow runs.

Try it: `sequent run examples/fan_out.py:fan_out --count 20`
"""

from sequent import container, item, param, step


@container
class fan_out:
    """The longest sequence that the Collatz rule makes from the numbers up to a count."""

    count: int = param(default=100, help="how many numbers to try")

    @step
    def find(self) -> list[int]:
        """What there is to do; a listing of files or a query, elsewhere."""
        return list(range(1, self.count + 1))

    # One task for each number, as many at once as there are processors. A failed one stops new ones, and is the only
    # one, beside those that had not begun, that a recovery runs.
    @step(repeats=find.result, parallel=0)
    def length(self, number: int = item()) -> int:
        """How many steps a number takes to come down to 1."""
        steps = 0
        while number != 1:
            number = number // 2 if number % 2 == 0 else 3 * number + 1
            steps += 1
        return steps

    # The result of something repeated is the list of its iterations' results, in the order of the iterations.
    @step
    def longest(self, numbers: list[int] = find.result, lengths: list[int] = length.result) -> int:
        """The number with the longest sequence."""
        steps, number = max(zip(lengths, numbers, strict=True))
        print(f"{number} takes {steps} steps")
        return number

    result = longest
