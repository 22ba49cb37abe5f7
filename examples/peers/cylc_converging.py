"""An approximation that is repeated until it has converged, and gives up after some cycles.

The peer: Cylc's converging workflow. It needs integer cycling, a task with two custom outputs for converged and not
converged, a message that the task sends for one of them, and a graph line that leads to the next cycle.

Try it: `sequent run examples/peers/cylc_converging.py:square_root`
"""

from sequent import container, outer, param, previous, step


@container
class square_root:
    """Newton's method, a cycle at a time."""

    number: float = param(default=2.0)
    precision: float = param(default=1e-9, help="how near is near enough")
    cycles: int = param(default=20, help="after how many cycles to give up")

    @container(repeats=lambda self: range(self.cycles))
    class cycle:
        """One cycle: a better value, from that of the cycle before."""

        number: float = outer.number
        precision: float = outer.precision
        before: float = previous(1.0)

        @step
        def improve(self) -> float:
            """Come nearer."""
            return (self.before + self.number / self.before) / 2

        @step
        def converged(self, value: float = improve.result) -> bool:
            """Whether that is near enough."""
            return abs(value * value - self.number) < self.precision

        until = converged
        result = improve

    @step
    def check(self, values: list[float] = cycle.result) -> float:
        """Running out of cycles is no failure of the loop: who minds says so."""
        if abs(values[-1] ** 2 - self.number) >= self.precision:
            raise ArithmeticError(f"no convergence within {len(values)} cycles")
        return values[-1]

    result = check
