"""Executes one attempt: finds the step, calls it, and reports its outcome."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from types import CoroutineType
from typing import Any, Protocol, cast

from attrs import evolve

from sequent.dsl.references.reference_search import refuse_result
from sequent.errors import NotDataError, Place, UsageError
from sequent.model import value_text
from sequent.model.outcome import LogSpan, Problem
from sequent.model.references import Path
from sequent.model.refusals import or_pickled
from sequent.model.spec import Definition, StepSpec
from sequent.model.status import Verdict
from sequent.model.variables import RUNS_AROUND
from sequent.model.work import CommandWork, FunctionWork
from sequent.runtime.context import Context, FlowInStep, enter
from sequent.runtime.loading.modules import import_once
from sequent.runtime.logs.attempt_log import AttemptLog
from sequent.runtime.logs.log_segment import flush_streams
from sequent.runtime.messages.packets import LARGEST_RESULT
from sequent.runtime.orders import AttemptBegan, AttemptEnded, AttemptOrder, StoryTold, WorkerSetup
from sequent.runtime.worker.commands import CommandError, run_command
from sequent.runtime.worker.environment import StepEnvironment, variables_of
from sequent.runtime.worker.forked_copies import Original
from sequent.runtime.worker.inputs import Catalogue, Inputs, instance_of
from sequent.runtime.worker.pickles import Pickles
from sequent.runtime.worker.problems import problem_of
from sequent.runtime.worker.process_state.variables import ContextVariables
from sequent.runtime.worker.secrets import Secrets
from sequent.runtime.worker.story import AttemptStory
from sequent.runtime.worker.termination import Terminated, Termination


class Tidies(Protocol):
    """Prepares a process for an attempt, and restores it afterwards."""

    def prepare(self, order: AttemptOrder) -> None:
        """Apply the options of the step that is about to be called."""

    def settle(self, error: BaseException) -> None:
        """Free resources for the report of a failed attempt, which may need those that the attempt had used up."""

    def tidy(self, function: int, seconds: float) -> None:
        """Clean up after an attempt that called this function, by its identity (0: none), and took so long."""


class _TidiesNothing:
    def prepare(self, order: AttemptOrder) -> None:
        """Do nothing: the process is not ours."""

    def settle(self, error: BaseException) -> None:
        """Do nothing: the process is not ours."""

    def tidy(self, function: int, seconds: float) -> None:
        """Do nothing: the process is not ours."""


_NOTHING: Tidies = _TidiesNothing()


class Attempts:
    """Executes a flow's attempts in this process, one at a time.

    Args:
        definition: the flow.
        setup: the run.
        segment: where output goes.
        termination: handles SIGTERM.
        environment: that of a process which exists only for steps; None in any other process.
        tell: called when an attempt begins, if its order asks for that; and before its end, if it has left anything.
    """

    def __init__(
        self,
        definition: Definition,
        setup: WorkerSetup,
        segment: AttemptLog,
        termination: Termination,
        *,
        environment: StepEnvironment | None,
        tell: Callable[[AttemptBegan | StoryTold], None],
    ) -> None:
        self._pickles = Pickles(setup.run_id, setup.pickle_key)
        self.catalogue = Catalogue(definition, self._pickles)
        self._setup = setup
        self._segment = segment
        self._termination = termination
        self._tell = tell
        self._environment = environment
        self._is_own_process = environment is not None
        self._variables = ContextVariables() if environment is not None else None
        self._called = 0
        """The identity of the function that the attempt has called; 0 before that."""
        self._original = Original()

    def run(self, order: AttemptOrder, tidying: Tidies = _NOTHING) -> AttemptEnded:
        """Execute an attempt, and clean up before its log ends. An exception of the author's becomes its problem."""
        began = time.monotonic()
        self._called = 0
        self._segment.begin(order.located, order.sequence, order.attempt)
        secrets = Secrets(self._segment, self._setup.host)
        refused_on = "" if self._setup.takes_stories else self._setup.host
        story = AttemptStory(self._setup.directory, refused_on, secrets)
        text, verdict, problem = self._outcome(order, tidying, secrets, story)
        self._original.end_copy(problem)
        parts = story.end()
        # Before cleaning up, which ends the masking of secrets.
        flush_streams()
        secrets.release()
        tidying.tidy(self._called, time.monotonic() - began)
        log: LogSpan | None = self._segment.end()
        seconds = time.monotonic() - began
        if parts:
            self._tell(StoryTold(order.frame, order.node, order.attempt, parts))
        return AttemptEnded(order.frame, order.node, order.attempt, text, verdict, problem, log, seconds)

    def _outcome(
        self, order: AttemptOrder, tidying: Tidies, secrets: Secrets, story: AttemptStory
    ) -> tuple[str | None, Verdict, Problem | None]:
        """Return the result and its verdict, or the problem."""
        place: Place | None = None
        try:
            path, step = self.catalogue.step_at(order.path)
            place = step.place
            if order.settings:
                tidying.prepare(order)
            return *self._run(path, step, order, secrets, story), None
        except CommandError as failure:
            file, line = place or ("", 0)
            problem = evolve(failure.told(secrets.hidden), file=file, line=line)
        except Terminated:
            problem = Problem(type="Signal", message="the step was ended by SIGTERM", signal=signal.SIGTERM)
        except BaseException as error:  # noqa: BLE001 - anything that a step raises is its own failure
            tidying.settle(error)
            problem = problem_of(error, place, secrets.hidden)
        return None, Verdict.UNKNOWN, problem

    def _run(
        self, path: Path, step: StepSpec, order: AttemptOrder, secrets: Secrets, story: AttemptStory
    ) -> tuple[str, Verdict]:
        context = self._context(order, story)
        environment = variables_of(context, order.item, self._setup.envvar_prefix)
        if self._environment is not None:
            self._environment.change_to(environment)
        else:
            environment[RUNS_AROUND] = self._setup.around
        variables = copy_context() if self._variables is None else self._variables.copy()
        variables.run(enter, context, whole_process=self._is_own_process)
        try:
            flow = self.catalogue.definition.spec.name
            inputs = Inputs(order, self.catalogue, secrets, lambda: FlowInStep(flow, context))
            if order.announces:
                self._tell(AttemptBegan(order.frame, order.node, order.attempt))
            with self._termination:
                result = variables.run(self._result, path, step, inputs, order, environment)
                verdict = Verdict.UNKNOWN
                if order.wants_verdict:
                    verdict = Verdict.TRUTHY if result else Verdict.FALSY
        finally:
            enter(None, whole_process=self._is_own_process)
        try:
            text = self._text(step, order, result, secrets)
        except NotDataError as error:
            error.place = step.place
            raise
        return text, verdict

    def _context(self, order: AttemptOrder, story: AttemptStory) -> Context:
        return Context(
            path=order.path,
            name=order.path.replace(".", "_"),
            sequence=order.sequence,
            item=None if order.item is None else value_text.decode(order.item, self.catalogue.classes_of("")),
            run_id=self._setup.run_id,
            recovery=order.recovery,
            attempt=order.attempt,
            token=order.token,
            host=order.host,
            directory=self._setup.directory,
            around=self._setup.around,
            located=order.located,
            story=story,
        )

    def _result(
        self, path: Path, step: StepSpec, inputs: Inputs, order: AttemptOrder, environment: dict[str, str]
    ) -> object:
        def call(work: FunctionWork) -> object:
            return self._call(path, work, inputs, order)

        def words(work: FunctionWork) -> object:
            result = call(work)
            refuse_result(result, "", order.path)
            return result

        if isinstance(step.work, FunctionWork):
            return call(step.work)
        if isinstance(step.work, CommandWork):
            if step.work.shell is not None and self._setup.no_shell:
                raise UsageError("shell= is not allowed here", code="forbidden", hint="call a function, or a program")
            return run_command(step.work, inputs, environment, self._segment, words)
        return None

    def _call(self, path: Path, work: FunctionWork, inputs: Inputs, order: AttemptOrder) -> object:
        for wanted in work.imports:
            import_once(wanted)
        function = self.catalogue.definition.functions[path]
        self._called = id(function)
        positional, named = inputs.arguments(work)
        if work.takes_self:
            positional.insert(0, instance_of(self.catalogue, path[:-1], order.attributes))
        result = function(*positional, **named)
        if isinstance(result, CoroutineType):
            import asyncio

            return asyncio.run(cast("Coroutine[Any, Any, object]", result))
        return result

    def _text(self, step: StepSpec, order: AttemptOrder, result: object, secrets: Secrets) -> str:
        if step.pickles:
            pickled = self._pickles.dump(result, order)
            secrets.check_result(pickled.data.decode("latin-1"))
            return _limited(pickled.text, order.path)
        text = self._data_text(order.path, result)
        secrets.check_result(text)
        return _limited(text, order.path)

    def _data_text(self, path: str, result: object) -> str:
        if result is None:
            return "null"
        try:
            text, classes = value_text.encode_with_classes(result, "result")
        except NotDataError as error:
            refuse_result(result, "", path)
            if self._is_own_process and not self._setup.host:
                # In a thread, in the driver and on another host nothing is pickled.
                error.hint = or_pickled(error.hint)
            raise
        refuse_result(None, text, path)
        if classes:
            self.catalogue.check_named(path, classes)
        return text


def _limited(text: str, path: str) -> str:
    if len(text) > LARGEST_RESULT:
        raise NotDataError(
            f"the result is {len(text) / 2**20:.0f} MiB, and at most {LARGEST_RESULT // 2**20} MiB are kept",
            code="too-large",
            hint="write it to a file and return the path",
            path=path,
        )
    return text
