"""The desk for questions: it puts them to people, as long as they are open, and fails those without an answer."""

from __future__ import annotations

from functools import partial
from itertools import islice

from attrs import frozen

from sequent.errors import SequentError
from sequent.model.commands import approval_command
from sequent.model.durations import span_text
from sequent.model.effects import AskPerson, FailQuestion, WithdrawQuestion
from sequent.model.facts import TimerEnded
from sequent.model.inputs import LiteralInput
from sequent.model.outcome import Problem
from sequent.model.plan import Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.scope import address_of, depth_of_host, host_in, sequence_text
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.driver.desks.waits import WaitDesk
from sequent.runtime.driver.marked_attempts import MarkedAttempts
from sequent.runtime.driver.option_values import BadOptionError, OptionValues
from sequent.runtime.driver.turn_record import Turn
from sequent.runtime.driver.values import Values
from sequent.runtime.driver.waiting_reasons import WaitingReasons
from sequent.runtime.orders import AttemptOrder

_MOST_TOLD = 20
"""The maximum number of questions in the reason for which a run waits."""
_LONGEST_TOLD = 200
"""The maximum number of characters of a question there."""


@frozen(eq=False)
class _Question:
    """A question that is open."""

    order: AskPerson
    line: str
    """The question with the command that answers it."""


class QuestionDesk:
    """Writes each question down before anybody is asked: when, so that a recovery asks for no longer than was left."""

    def __init__(
        self,
        plan: Plan,
        adapters: Adapters,
        turn: Turn,
        values: Values,
        options: OptionValues,
        waits: WaitDesk,
        reasons: WaitingReasons,
    ) -> None:
        self._plan = plan
        self._turn = turn
        self._values = values
        self._options = options
        self._waits = waits
        self._reasons = reasons
        self.outcomes = MarkedAttempts(plan, adapters, turn, values)
        """Writes the outcomes of tasks that nothing executes."""
        self._run = adapters.run
        self._observer = adapters.observer
        self._text_of = adapters.question_text
        self._people = adapters.people
        self._wanted: set[tuple[int, int]] = set()
        """By frame and node: the questions that the engine wants to be asked."""
        self._open: dict[tuple[int, int], _Question] = {}
        self._unfit: dict[tuple[int, int], Problem] = {}
        """By frame and node: why a question cannot be asked."""

    def ask(self, effect: AskPerson) -> None:
        """Put a question, once the values in it are written."""
        self._wanted.add((effect.scope.id, effect.node))
        step = self._plan.step(effect.node)
        if step.inputs or not isinstance(step.values.get("timeout"), LiteralInput | None):
            self._turn.orders.append(partial(self._begin, effect))
        else:
            self._begin(effect)

    def _begin(self, effect: AskPerson) -> None:
        key, step = (effect.scope.id, effect.node), self._plan.step(effect.node)
        if key not in self._wanted:
            return
        try:
            text = self._text(effect, step)
            limit: float | None = self._options.value(effect.scope, step, "timeout")
        except BadOptionError as error:
            self._refuse(effect, error.problem)
            return
        except SequentError as error:
            file, line = step.place or ("", 0)
            self._refuse(effect, Problem(type="BadQuestion", message=error.message, file=file, line=line))
            return
        self._waits.limit(effect, limit)
        where = address_of(step.path, effect.scope.sequence)
        asked = f"waits for an answer: {text} ({approval_command(self._run.record.id, where)})"
        self._open[key] = _Question(effect, f"'{where.removesuffix('/1')}' {asked}")
        self._say()
        self._turn.orders.append(partial(self._put, effect, asked))

    def _text(self, effect: AskPerson, step: StepPlan) -> str:
        values = tuple(self._values.text_of(effect.scope, value) for value in step.inputs)
        text = " ".join(self._text_of(step.path, values).split())
        return text if len(text) <= _LONGEST_TOLD else f"{text[:_LONGEST_TOLD]}..."

    def _refuse(self, effect: AskPerson, problem: Problem) -> None:
        """Fail a question that cannot be asked."""
        self._unfit[effect.scope.id, effect.node] = problem
        self._turn.facts.append(TimerEnded(effect.scope.id, effect.node, effect.attempt))

    def _put(self, effect: AskPerson, asked: str) -> None:
        """Show a question, now that it is written, unless it is answered already."""
        if self.open_question(effect.scope.id, effect.node) is None:
            return
        self._observer.task_asks(effect.scope, effect.node, asked)
        if self._people is not None:
            self._people.start(self._order(effect))

    def _order(self, effect: AskPerson) -> AttemptOrder:
        scope, step = effect.scope, self._plan.step(effect.node)
        return AttemptOrder(
            frame=scope.id,
            node=effect.node,
            attempt=effect.attempt,
            token="",  # nosec B106  it has none
            path=dotted(step.path),
            sequence=sequence_text(scope.sequence),
            recovery=self._run.record.recovery,
            host=host_in(scope.sequence),
            host_depth=depth_of_host(scope.sequence),
            item=self._values.item_of(scope),
            wants_verdict=step.is_until,
        )

    def withdraw(self, effect: WithdrawQuestion) -> None:
        """Ask no longer."""
        key = (effect.scope.id, effect.node)
        self._wanted.discard(key)
        question = self._open.pop(key, None)
        if question is not None:
            self._waits.forget(question.order)
            self._say()

    def fail(self, effect: FailQuestion) -> None:
        """Write that nobody has answered in time, or why nobody could be asked."""
        step = self._plan.step(effect.node)
        problem = self._unfit.pop((effect.scope.id, effect.node), None)
        if problem is None:
            limit: float = self._options.value(effect.scope, step, "timeout")
            problem = Problem(type="TimeoutError", message=f"nobody answered within {span_text(limit)}")
        self.outcomes.write(effect.scope, effect.node, effect.attempt, problem=problem)

    def open_question(self, frame: int, node: int) -> AskPerson | None:
        """Return the question of a step, if it is open."""
        question = self._open.get((frame, node)) if self._open else None
        return None if question is None else question.order

    @property
    def text(self) -> str:
        """The open questions, which wait for a person in the next recovery as well."""
        lines = [question.line for question in islice(self._open.values(), _MOST_TOLD)]
        more = len(self._open) - _MOST_TOLD
        return "\n".join((*lines, *([f"and {more:,} more questions"] if more > 0 else [])))

    def _say(self) -> None:
        self._reasons.put("questions", self.text.splitlines())
