"""Compiles an author's flow to a plan, or to all mistakes in it."""

from sequent.compiler.compile import compile_flow
from sequent.compiler.describing import describe

__all__ = ["compile_flow", "describe"]
