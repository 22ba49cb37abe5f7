"""From what the author wrote to what will run, or to all that is wrong with it."""

from sequent.compiler.compile import compile_flow
from sequent.compiler.describing import describe

__all__ = ["compile_flow", "describe"]
