"""All mistakes of a flow whose module could not be loaded: one mistake hides no other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import FrameType

from sequent.dsl.mistakes import KEPT, Mistakes, in_order, problems_of
from sequent.dsl.run_port import mistakes_of_the_whole
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import DefinitionError, InvalidFlowError


def with_others(
    error: DefinitionError, before: Iterable[DefinitionError], raised: BaseException | None = None
) -> DefinitionError:
    """Join an error with the mistakes before it: in the class bodies that it ended, and in calls.

    Args:
        error: the error to report.
        before: the mistakes of calls.
        raised: the error that ended them, if it is another one.
    """
    bodies = [frame.f_locals for frame, _ in frames_of(raised or error)]
    kept = [names[KEPT] for names in bodies if isinstance(names.get(KEPT), Mistakes)]
    return _joined(error, [*before, *(problem for mistakes in kept for problem in mistakes.found)])


def with_all_of_flow(error: DefinitionError, wanted: str) -> DefinitionError:
    """Join an error with all other mistakes of its flow, if that is the requested flow.

    Args:
        error: the error raised while it was loaded.
        wanted: the name of the flow in its module; '' for the only one.
    """
    name = getattr(error.flow, "__name__", "")
    # The name of a builder's flow in its module is known only once the module is complete.
    if error.flow is None or (name and wanted not in ("", name)):
        return error
    try:
        further = mistakes_of_the_whole(definition_of(error.flow).spec)
    except InvalidFlowError as other:
        further = other.problems
    # A body without steps was reported when it closed, or the reason for it was.
    return _joined(error, (problem for problem in further if problem.code != "empty-flow"))


def _joined(error: DefinitionError, further: Iterable[DefinitionError]) -> DefinitionError:
    told = Mistakes([*problems_of(error)])
    for problem in further:
        told.add(problem)
    if len(told.found) == len(problems_of(error)):
        return error
    joined = InvalidFlowError(in_order(told.found))
    joined.flow = error.flow
    return joined


def frames_of(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    """Yield the frames of an error with their lines, outermost first; ``traceback`` does so, but is slow to load."""
    entry = error.__traceback__
    while entry is not None:
        yield entry.tb_frame, entry.tb_lineno
        entry = entry.tb_next
