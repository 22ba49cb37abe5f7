"""A flow for a key that may load this module alone, beside names that such a key could misuse."""

from __future__ import annotations

from sequent import Sequent, container, step
from tests.runtime.hosts import remote_steps
from tests.runtime.hosts.imported_maker import imported_maker

NAMED = (remote_steps, imported_maker)


@container
class flow:
    @step
    def hello(self) -> str:
        return "hello"


def maker() -> Sequent:
    """Return a flow, as a function of the module may."""
    made = Sequent()
    made.add_step("hello", func=said)
    return made


def said() -> str:
    return "hello"
