"""Builds the surroundings of a driver, drives one run, and returns its outcome."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from selectors import BaseSelector, DefaultSelector
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen
from msgspec.structs import replace

from sequent.by_fields import ByFields
from sequent.dsl.options.hosts import is_here
from sequent.errors import SequentError, StoreError
from sequent.model.annotations import classes_in
from sequent.model.commands import store_options
from sequent.model.outcome import Outcome
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.run_target import Target
from sequent.model.spec import Definition, steps_in
from sequent.model.status import Construct, RunStatus
from sequent.model.value_text import decode_result
from sequent.runtime.clock import SystemClock
from sequent.runtime.driver.adapters import Adapters, QuestionText, no_question
from sequent.runtime.driver.loop import Driver
from sequent.runtime.driver.values import Values
from sequent.runtime.executors.agents import AgentProcess
from sequent.runtime.executors.executors_of_flow import make_executors
from sequent.runtime.executors.workers import MOST_WORKERS
from sequent.runtime.observer_port import Observer
from sequent.runtime.orders import WorkerSetup
from sequent.runtime.pickle_keys import key_file, make_key
from sequent.runtime.ports import DrivenRun, Executor, Store
from sequent.runtime.recovery.changes import adopt, changed_code
from sequent.runtime.recovery.prepared_recovery import PreparedRecovery, open_part
from sequent.runtime.rows import AttemptOnHost, Batch, RunEnd
from sequent.runtime.runs.given_results import ResultReader
from sequent.runtime.runs.linked_directories import lead_elsewhere
from sequent.runtime.runs.nested_runs import around_steps

if TYPE_CHECKING:
    # Most flows run on this machine alone.
    from sequent.runtime.executors.remote.host_executors import HostExecutors

_SHORTEST_SLEEP = 0.05
"""Seconds: a flow may ask for more frequent looks at the clocks than makes a difference."""


@frozen(kw_only=True, eq=False, repr=False)
class Drive(ByFields):
    """One run to be driven: its parts, and options."""

    definition: Definition
    plan: Plan
    run: DrivenRun
    target: Target
    """How workers find the flow."""
    store: str
    observer: Observer | None = None
    agent: AgentProcess | None = field(default=None, repr=False)
    max_concurrent: int | None = None
    resumes: bool = False
    """Whether it is continued, in the same recovery."""
    max_loops: int = -1
    """How often all that is due is done before the run is suspended; negative: until it ends."""
    prepared: PreparedRecovery = field(factory=PreparedRecovery)
    """The directives of a recovery."""

    def to_its_end(self, runs: Store) -> Outcome:
        """Drive the run until it ends; then release it, with all its processes gone, and remove the flow's old runs.

        A run that has succeeded is only reported. Old runs of the store ``runs`` are removed if the flow asks for it;
        failed ones stay, to be recovered.
        """
        outcome = self._driven()
        spec = self.definition.spec
        if spec.config.prune_older_than is not None:
            # Few flows prune.
            from sequent.runtime.pruning import PruneRule

            rule = PruneRule(older_than=spec.config.prune_older_than, keep_failed=True, flow=spec.name)
            try:
                runs.prune(rule)
            except StoreError as error:
                (self.observer or _observer_here("")).note(f"old runs cannot be removed: {error.message}")
        return outcome

    def _driven(self) -> Outcome:
        run, config = self.run, self.definition.spec.config
        if run.record.status is RunStatus.SUCCESS:
            return self._outcome(None)
        lead_elsewhere(config, run.record, run.directory)
        setup = self._worker_setup()
        with DefaultSelector() as selector:
            executors = make_executors(self.definition, setup, self.agent, self._slots())
            hosts = self._hosts(setup, selector)
            try:
                adapters = self._adapters(executors, hosts, selector)
                if hosts is not None and self._is_new:
                    self._reach(hosts)
                outcome = self.within(adapters, max(_SHORTEST_SLEEP, config.sleep_between_loops), hosts)
                if hosts is not None:
                    hosts.leave(has_succeeded=outcome.status is RunStatus.SUCCESS)
                return outcome
            finally:
                if hosts is not None:
                    hosts.close()
                for executor in executors.values():
                    executor.close()

    def _worker_setup(self) -> WorkerSetup:
        run, config = self.run, self.definition.spec.config
        return WorkerSetup(
            run_id=run.record.id,
            directory=run.directory,
            target=self.target,
            logging_level=config.logging_level,
            logging_formats=config.logging_formats,
            logging_datefmt=config.logging_datefmt,
            envvar_prefix=config.envvar_prefix,
            sys_path=tuple(sys.path),
            around=around_steps(
                self.target, self.plan.params, run=run.record.id, store=self.store, prefix=config.envvar_prefix
            ),
            store_options=store_options(),
            is_new=self._is_new,
            pickle_key=self._pickle_key(),
        )

    def _adapters(
        self, executors: dict[Construct, Executor], hosts: HostExecutors | None, selector: BaseSelector
    ) -> Adapters:
        config = self.definition.spec.config
        return Adapters(
            run=self.run,
            executors=executors,
            drawer=executors.get(config.task_construct),
            clock=SystemClock(),
            observer=self.observer or _observer_here(self.run.directory if config.logging_console else ""),
            selector=selector,
            is_here=lambda host: is_here(host, config.hosts),
            host_executor=None if hosts is None else hosts.of,
            accepts_changes=self.prepared.accepts_changes,
            hears_people=True,
            question_text=self._question_text(),
            read_result=ResultReader(self.definition).text_of,
        )

    def _question_text(self) -> QuestionText:
        """Return the function that fills in the questions of steps."""
        if not any(isinstance(node, StepPlan) and node.asks for node in self.plan.nodes):
            return no_question
        # Few flows ask questions.
        from sequent.runtime.runs.question_texts import QuestionTexts

        return QuestionTexts(self.definition).text_of

    def _pickle_key(self) -> str:
        """Return the file of the key with which results are pickled, made if it is new; '' if no step pickles."""
        if not any(step.pickles for _, step in steps_in(self.definition.spec.root)):
            return ""
        path = key_file(os.path.dirname(self.run.directory))
        make_key(path)
        return path

    def _hosts(self, setup: WorkerSetup, selector: BaseSelector) -> HostExecutors | None:
        """Make the executors of other hosts; None if the flow uses none."""
        if not (self._has_copies or self.definition.spec.config.remotes):
            return None
        # Most flows run on this machine alone.
        from sequent.runtime.executors.remote.host_executors import HostExecutors

        return HostExecutors(self.definition, self.target, self.run.record, setup, selector)

    @property
    def _has_copies(self) -> bool:
        """Whether a step or container may run on other hosts."""
        return any(isinstance(node, ContainerPlan) and node.is_copied for node in self.plan.nodes)

    @property
    def _is_new(self) -> bool:
        """Whether nothing of it has run before."""
        return not (self.run.record.recovery or self.resumes)

    def _reach(self, hosts: HostExecutors) -> None:
        """Reach all hosts that the flow names before anything runs; a run that cannot do so is stopped.

        Raises:
            HostError, UnreachableHostsError: a host cannot be reached.
            UsageError: no other host can load the flow.
        """
        config = self.definition.spec.config
        named = dict.fromkeys((*hosts.named_in(self.plan), *config.remotes))
        try:
            hosts.reach([host for host in named if not is_here(host, config.hosts)])
        except SequentError as error:
            self.run.commit(Batch(end=RunEnd(RunStatus.STOPPED, {}, error.advice)))
            hosts.leave(has_succeeded=False)
            raise

    def within(
        self, adapters: Adapters, longest_sleep: float | None = None, hosts: HostExecutors | None = None
    ) -> Outcome:
        """Drive the run in that world until it ends, reading the clocks again after at most so many seconds."""
        run, plan = self.run, self.plan
        renaming = self.prepared.renaming
        if renaming.names:
            run.rename(renaming.path)
        changed = changed_code(run, plan, renaming, self.prepared.directives)
        adopt(run, plan, changed, renaming)
        unknown: list[str] = []
        saved = open_part(run, plan, self.prepared, resumes=self.resumes, at=adapters.clock.now())
        if saved is not None:
            handed_over = run.handed_over()
            unknown = self._unknown(handed_over)
            living = self._not_lost(handed_over) if hosts is not None else ()
            self._give_up_lost(handed_over, living)
            adapters = evolve(adapters, handed_over=living)
            if hosts is not None:
                hosts.expect(living)
        driver = Driver(
            plan,
            adapters,
            slots=self._slots(),
            saved=saved,
            notes=(*self.prepared.notes, *changed.sentences(), *unknown),
            resumes=self.resumes,
            max_loops=self.max_loops,
            longest_sleep=longest_sleep,
            directives=self.prepared.directives,
        )
        driver.drive()
        return self._outcome(driver)

    def _not_lost(self, handed_over: list[AttemptOnHost]) -> tuple[AttemptOnHost, ...]:
        """Return the attempts that hosts may still know: those here, and on hosts said to be gone, are lost."""
        config = self.definition.spec.config
        lost = self.prepared.assumed_lost
        return tuple(each for each in handed_over if each.host not in lost and not is_here(each.host, config.hosts))

    def _give_up_lost(self, handed_over: Iterable[AttemptOnHost], living: Sequence[AttemptOnHost]) -> None:
        """Free the amounts that are held for lost attempts alone."""
        needed = {(hold.key, hold.pool) for each in living for hold in each.holds}
        free = [hold for each in handed_over for hold in each.holds if (hold.key, hold.pool) not in needed]
        gone = [each.token for each in handed_over if each not in living]
        if gone:
            self.run.commit(Batch(holds=[replace(hold, amount=0) for hold in free], gone=gone))

    def _unknown(self, handed_over: list[AttemptOnHost]) -> list[str]:
        """Return a note for each host that is said to be gone, and has nothing that could be lost."""
        waiting = {each.host for each in handed_over}
        rest = f"; attempts are with {', '.join(sorted(waiting))}" if waiting else ""
        return [
            f"no attempt is with host {host!r}, so none is lost{rest}"
            for host in self.prepared.assumed_lost
            if host not in waiting
        ]

    def _slots(self) -> int:
        return slots_of(self.plan.max_concurrent if self.max_concurrent is None else self.max_concurrent)

    def _outcome(self, driver: Driver | None) -> Outcome:
        failed, failures = self.run.failures(100)
        failures = [*failures, *self.run.container_problems(100)][:100]
        record = self.run.record
        return Outcome(
            run_id=record.id,
            status=record.status,
            recovery=record.recovery,
            result=self._result() if record.status is RunStatus.SUCCESS else None,
            counts=record.counts,
            failures=tuple(failures),
            failed=failed,
            store=self.store,
            stopped_by=driver.stopped_by if driver is not None else 0,
            reason=record.reason,
            due=driver.due if driver is not None else None,
        )

    def _result(self) -> object:
        """Return the flow's own result, read back with the classes of its maker's annotation."""
        root = self.plan.nodes[0]
        if not isinstance(root, ContainerPlan) or root.result is None:
            return None
        child = root.children[root.result]
        for _, frame, _ in self.run.frames(0, root.index):
            text = Values(self.plan, self.run).result(frame, child)
            if text is not None:
                maker = self.plan.maker_of(child)
                return decode_result(text, classes_in(self.definition.result_types.get(maker)), dotted(maker))
        return None


def slots_of(limit: int | None) -> int:
    """Return how many tasks may run at once on this machine; None: as many as it has processors; below 1: no limit."""
    wanted = (os.cpu_count() or 1) if limit is None else limit
    return MOST_WORKERS if wanted < 1 else min(wanted, MOST_WORKERS)


def _observer_here(directory: str) -> Observer:
    # Not needed if a command shows the progress.
    from sequent.runtime.runs.observers import observer_here

    return observer_here(directory)
