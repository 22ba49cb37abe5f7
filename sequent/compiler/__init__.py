"""From what the author wrote to what will run, or to all that is wrong with it."""

from sequent.compiler.compile import compile_flow
from sequent.compiler.structure import ChangeKind, Difference, differences, reruns_successes

__all__ = ["ChangeKind", "Difference", "compile_flow", "differences", "reruns_successes"]
