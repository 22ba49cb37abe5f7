"""Fan out over the result of a step, and gather in order.

The number of iterations is known only while the flow runs.

Try it: `sequent run examples/fan_out.py:fan_out --count 20`
"""

from sequent import container, item, param, step


@container
class fan_out:
    """The longest sequence that the Collatz rule makes from the numbers up to a count."""

    count: int = param(default=100, help="how many numbers to try")

    @step
    def find(self) -> list[int]:
        """The work to do: in practice, a listing of files or a query."""
        return list(range(1, self.count + 1))

    # One task for each number, as many at once as there are processors. After a failure no new one starts; a recovery
    # runs the failed one, and those that had not begun.
    @step(repeats=find.result, parallel=0)
    def length(self, number: int = item()) -> int:
        """The number of steps from a number down to 1."""
        steps = 0
        while number != 1:
            number = number // 2 if number % 2 == 0 else 3 * number + 1
            steps += 1
        return steps

    # The result of a repeated step is the list of the results of its iterations, in their order.
    @step
    def longest(self, numbers: list[int] = find.result, lengths: list[int] = length.result) -> int:
        """The number with the longest sequence."""
        steps, number = max(zip(lengths, numbers, strict=True))
        print(f"{number} takes {steps} steps")
        return number

    result = longest
