"""A file with small flows: a step, a command, and a flow that is built."""

from __future__ import annotations

FLOWS = """
from sequent import Sequent, command, container, step


@container
class one:
    @step
    def first(self) -> None: ...


@container
class listed:
    first = command("true")


def hello() -> None: ...


if __name__ == "__main__":
    flow = Sequent(name="built")
    flow.add_step(name="hello", func=hello)
    flow.run()
"""
