"""Reads when a run that goes on will probably end."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from sequent.view.attempts import by_step
from sequent.view.earlier_runs import earlier_attempts, earlier_lengths
from sequent.view.expected_end import MOST_FOLLOWED, ExpectedEnd, expected_end

if TYPE_CHECKING:
    from sequent.runtime.ports import Store
    from sequent.runtime.records import RunRecord


def read_expected_end(store: Store, record: RunRecord, now: float) -> ExpectedEnd | None:
    """Return when a run will probably end, from a number of attempts that is bounded; None if that is not known.

    It is the same as on its page, where a digest has read the attempts already.
    """
    if record.owner is None or record.ended is not None:
        return None
    attempts, waits = [*islice(store.attempts(record), MOST_FOLLOWED + 1)], store.pending(record)
    if len(attempts) > MOST_FOLLOWED:
        return expected_end(record, None, waits, earlier_lengths(store, record), now)
    earlier = earlier_attempts(store, record, len(attempts))
    return expected_end(record, by_step(attempts, record.outline), waits, earlier, now)
