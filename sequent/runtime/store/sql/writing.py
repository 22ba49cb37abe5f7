"""Writes the rows of a batch, within a transaction of the caller."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sequent.errors import StoreError
from sequent.model.record_text import text_of_record
from sequent.model.status import Status, Verdict
from sequent.runtime.rows import PASSED, Batch, Ending, Hold, Intent, LeftStory, TaskKey, Wait
from sequent.runtime.store.nodes import KnownNodes
from sequent.runtime.store.sql.database import LargeValues
from sequent.runtime.store.sql.hosted_holds import Orphaning, end_orphan
from sequent.runtime.store.sql.records import text_of_span
from sequent.runtime.store.sql.seals import sealed
from sequent.runtime.store.sql.session import Row, Session
from sequent.runtime.store.sql.tally import (
    RunningTally,
    worth_of_closings,
    worth_of_endings,
    worth_of_frames,
    worth_of_intents,
)
from sequent.runtime.store.sql.whole_batches import WholeBatch

_ACTIVE = Status.ACTIVE.value


KEPT = (0, 0, "", 0)
"""The place of the amounts that a run keeps, instead of that of a task or container: no frame has the id 0."""


class BatchWriter:
    """Writes batches of one run; each statement may be repeated to the same effect."""

    def __init__(
        self, session: Session, run: int, run_id: str, nodes: KnownNodes, values: LargeValues, tally: RunningTally
    ) -> None:
        self._session = session
        self._tally = tally
        self._run = run
        self._run_id = run_id
        self._values = values
        self._nodes = nodes
        self.ended = 0.0
        """The time at which the run ended, once that is written."""

    def whole(self, batch: Batch) -> WholeBatch | None:
        """Return the rows of a batch, if it has only attempts and iterations, as nearly all have; None otherwise."""
        if batch.has_rare_rows or any(intent.attempt > 1 for intent in batch.intents):
            return None
        return WholeBatch(
            self._opened(batch),
            list(map(self._ending, batch.endings)),
            self._closed(batch),
            list(map(self._intent, batch.intents)),
        )

    def write(self, batch: Batch, now: Callable[[], float]) -> None:
        """Write all rows of a batch, each after the rows that it refers to."""
        if batch.may_orphan and self._nodes.has_any_copies:
            keys = (*(ending.key for ending in batch.endings), *(key for key, _ in batch.taken_back))
            ended = {(key.frame, self._nodes.stored(key.node), key.iteration) for key in keys}
            orphaning = Orphaning(self._session, self._run, ended)
            self._write_changes(batch)
            orphaning.keep_amounts()
        else:
            self._write_changes(batch)
        for token in batch.gone:
            end_orphan(self._session, self._run, token, lambda node: self._nodes.used(node) is not None)
        if batch.intents:
            rows = list(map(self._intent, batch.intents))
            if self._is_first("insert_attempt", rows):
                self._tally.add(worth_of_intents(rows), len(rows))
            else:
                self._all("put_attempt", rows, "an attempt's number")
            self._lose_earlier(batch.intents)
        if batch.waits or batch.holds or batch.beginnings:
            self._write_waiting(batch)
        if batch.unrun is not None and batch.end is None:
            self._session.execute("put_unrun", text_of_record(batch.unrun), self._run)
        if batch.reason is not None and batch.end is None:
            self._session.execute("put_reason", batch.reason or None, self._run)
        if batch.end is not None:
            self.ended = now()
            counts = text_of_record(batch.end.counts)
            unrun = None if batch.end.unrun is None else text_of_record(batch.end.unrun)
            values = (batch.end.status.value, self.ended, counts, batch.end.reason or None, unrun, self._run)
            self._session.execute("put_end", *values)

    def _is_first(self, name: str, rows: list[Row]) -> bool:
        """Write rows that are new, as they nearly always are; return whether they were, and recount all rows if not."""
        is_first = self._session.write(name, rows) == len(rows)
        if not is_first:
            self._tally.recount()
        return is_first

    def _end_attempts(self, endings: list[Ending], stories: list[LeftStory]) -> None:
        rows = list(map(self._ending, endings))
        if self._is_first("end_attempt", rows):
            self._tally.add(worth_of_endings(rows))
        else:
            self._all("put_outcome", rows, "an attempt that ended")
        if stories:
            self._put_stories(stories)

    def _put_stories(self, stories: list[LeftStory]) -> None:
        """Write the notes and artifacts of attempts; the files of artifacts before the rows that name them."""
        from sequent.runtime.store.sql.stories import keep_artifacts, rows_of

        for story in stories:
            keep_artifacts(story, self._values)
            self._session.write("put_note", rows_of(story, self._run, self.place(story.key)))

    def _lose_earlier(self, intents: list[Intent]) -> None:
        """End earlier attempts of these tasks without an outcome: they died with the run's driver."""
        again = [(told.at, self._run, *self.place(told.key), told.attempt) for told in intents if told.attempt > 1]
        if again:
            lose = partial(self._all, "lose_attempts", again, "", must_match=False)
            self._tally.measured("tally_earlier", [row[1:] for row in again], lose)

    def _drop_attempt(self, place: Row) -> None:
        drop = partial(self._all, "drop_attempt", [place], "", must_match=False)
        self._tally.measured("tally_attempt", [place], drop)

    def _write_changes(self, batch: Batch) -> None:
        """Write the changes of rows that exist, and iterations."""
        for frame, container, step in batch.renewed:
            self._forget(frame, self._nodes.stored(container), None if step is None else self._nodes.stored(step))
        if batch.frames or batch.repeats or batch.closed_frames or batch.closed_repeats or batch.container_problems:
            self._write_iterations(batch)
        if batch.endings:
            self._end_attempts(batch.endings, batch.stories)
        for key, number in batch.taken_back:
            self._drop_attempt((self._run, *self.place(key), number))
        if batch.outdated or batch.superseded or batch.passed or batch.marked or batch.restored:
            self._write_revision(batch)
            self._tally.recount()

    def _forget(self, frame: int, container: int, step: int | None) -> None:
        """Remove a repeat as if it had never begun."""
        self._tally.recount()
        run, session = self._run, self._session
        inside = [(run, id_) for (id_,) in session.rows("frames_inside", run, frame, container)]
        for name in (
            "drop_attempts_of_frame",
            "drop_waits_of_frame",
            "drop_notes_of_frame",
            "drop_repeats_of_frame",
            "drop_frame",
        ):
            session.write(name, inside)
        if step is not None:
            session.execute("drop_attempts_of_step", run, frame, step)
            session.execute("drop_waits_of_step", run, frame, step)
            session.execute("drop_notes_of_step", run, frame, step)
        session.execute("drop_repeat", run, frame, container)

    def _write_iterations(self, batch: Batch) -> None:
        if batch.frames:
            opened = self._opened(batch)
            if self._is_first("insert_frame", opened):
                self._tally.add(worth_of_frames(opened), len(opened))
            else:
                self._all("put_frame", opened, "an iteration's number")
        places = [(repeat.frame, repeat.node) for repeat in batch.repeats]
        places += [(told.frame, told.node) for told in batch.container_problems]
        places += [(frame, index) for frame, index, _ in batch.closed_repeats]
        if places:
            rows = [(self._run, frame, self._nodes.stored(index)) for frame, index in dict.fromkeys(places)]
            self._tally.measured("tally_repeat", rows, partial(self._write_repeats, batch))
        if batch.closed_frames:
            closed = self._closed(batch)
            if self._is_first("close_frame", closed):
                self._tally.add(worth_of_closings(closed))
            else:
                self._all("put_status", closed, "an iteration that ended")

    def _opened(self, batch: Batch) -> list[Row]:
        node, kept = self._nodes.stored, self._values.kept
        return [
            (self._run, new.key.parent, node(new.key.node), new.key.number, new.id, _ACTIVE, kept(new.item))
            for new in batch.frames
        ]

    def _closed(self, batch: Batch) -> list[Row]:
        node = self._nodes.stored
        return [
            (status.value, self._run, key.parent, node(key.node), key.number) for key, status in batch.closed_frames
        ]

    def _write_repeats(self, batch: Batch) -> None:
        run, node, kept = self._run, self._nodes.stored, self._values.kept
        items = [(run, repeat.frame, node(repeat.node), kept(repeat.items)) for repeat in batch.repeats]
        self._all("open_repeat", items, "a repeat")
        broken = [
            (run, told.frame, node(told.node), sealed(text_of_record(told.problem)))
            for told in batch.container_problems
        ]
        self._all("put_problem", broken, "a repeat")
        ended = [(run, frame, node(index), status.value) for frame, index, status in batch.closed_repeats]
        self._all("close_repeat", ended, "a repeat")

    def _write_revision(self, batch: Batch) -> None:
        """Write the attempts that no longer count, and those that are passed over."""
        outdated = [(self._run, *self.place(key), number) for key, number in batch.outdated]
        self._all("outdate_attempt", outdated, "an attempt that had succeeded")
        superseded = [(self._run, *self.place(key), number) for key, number in batch.superseded]
        self._all("supersede_attempt", superseded, "an attempt that no longer counts")
        passed = [
            (
                *(self._run, *self.place(told.key), told.attempt, PASSED, told.at, told.at),
                *(self._values.kept(told.item), Verdict.UNKNOWN.value, told.recovery),
            )
            for told in batch.passed
        ]
        self._all("pass_attempt", passed, "an attempt's number")
        restored = [
            (told.attempt, PASSED, told.at, told.at, told.recovery, self._run, *self.place(told.key), source)
            for told, source in batch.restored
        ]
        self._all("restore_attempt", restored, "an attempt that counts again")
        self._write_marked(batch.marked)

    def _write_marked(self, marked: list[tuple[Intent, Ending]]) -> None:
        intents = [intent for intent, _ in marked]
        self._all("put_attempt", list(map(self._intent, intents)), "an attempt's number")
        self._all("put_outcome", [self._ending(ending) for _, ending in marked], "an attempt that ended")
        self._lose_earlier(intents)

    def _write_waiting(self, batch: Batch) -> None:
        """Write the rows that only some tasks have: the start of their code, a wait, a hold."""
        begun = [(told.at, self._run, *self.place(told.key), told.attempt) for told in batch.beginnings]
        self._all("begin_attempt", begun, "an attempt that began")
        if batch.waits:
            waits = list(map(self._wait, batch.waits))
            places = list(dict.fromkeys(wait[:6] for wait in waits))
            self._tally.measured("tally_wait", places, partial(self._all, "put_wait", waits, "a wait"))
        for hold in batch.holds:
            if hold.key is None and not hold.is_shared:
                self._keep(hold)
            else:
                self.put_hold(hold)

    def _keep(self, hold: Hold) -> None:
        """Write the amount that the run keeps of a pool of its own, for its recoveries."""
        self._tally.measured("tally_kept_pool", [(self._run, hold.pool)], partial(self.put_hold, hold))

    def put_hold(self, hold: Hold) -> None:
        """Write the amount that is held now."""
        frame, node, host, iteration = KEPT if hold.key is None else self.place(hold.key)
        place = (self._run, frame, node, host, iteration)
        if hold.amount:
            self._session.execute("put_hold", *place, hold.pool, hold.amount, int(hold.is_shared))
        else:
            self._session.execute("drop_hold", self._run, frame, node, iteration, hold.pool)
            if hold.is_shared:
                # A task or container that gives up may still have waited for it.
                self._session.execute("drop_ticket", *place)

    def place(self, key: TaskKey) -> tuple[int, int, str, int]:
        """Return frame, node, host and iteration, as rows have them."""
        return key.frame, self._nodes.stored(key.node), "", key.iteration

    def _all(self, name: str, rows: list[Row], noun: str, *, must_match: bool = True) -> None:
        """Write rows, each of which must match: an attempt that ends has begun, and no number is used twice."""
        if self._session.write(name, rows) != len(rows) and must_match:
            raise StoreError(
                f"the rows of run '{self._run_id}' do not fit {noun} that is to be written",
                code="damaged-store",
                hint="another process altered them; nothing was written",
            )

    def _intent(self, intent: Intent) -> Row:
        key = intent.key
        node = self._nodes.stored(key.node)
        return (
            self._run,
            key.frame,
            node,
            "",
            key.iteration,
            intent.attempt,
            intent.token,
            _ACTIVE,
            intent.at,
            self._values.kept(intent.item),
            intent.recovery,
        )

    def _ending(self, ending: Ending) -> Row:
        key = ending.key
        return (
            ending.status.value,
            ending.at,
            self._values.kept(ending.result),
            ending.verdict.value,
            None if ending.problem is None else sealed(text_of_record(ending.problem)),
            None if ending.log is None else sealed(text_of_span(ending.log)),
            self._run,
            key.frame,
            self._nodes.stored(key.node),
            "",
            key.iteration,
            ending.attempt,
        )

    def _wait(self, wait: Wait) -> Row:
        return (self._run, *self.place(wait.key), wait.attempt, wait.boot, wait.due_boot, wait.due, wait.length)
