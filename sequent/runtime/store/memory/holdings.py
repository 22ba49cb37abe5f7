"""What a run in memory holds of pools."""

from __future__ import annotations

from sequent.model.spec import Amounts
from sequent.runtime.rows import Hold, TaskKey


class Holdings:
    """Who holds how much of each pool; of no holder, what the run keeps."""

    def __init__(self) -> None:
        self._holds: dict[tuple[TaskKey | None, str], Hold] = {}

    def put(self, holder: TaskKey | None, hold: Hold) -> None:
        """How much is held now; the holder as the store names it."""
        self._holds.pop((holder, hold.pool), None)
        if hold.amount:
            self._holds[holder, hold.pool] = hold

    def kept(self) -> dict[str, int]:
        """What the run keeps of pools of its own."""
        mine = [hold for (holder, _), hold in self._holds.items() if holder is None and not hold.is_shared]
        return {hold.pool: hold.amount for hold in mine}

    def shares(self) -> list[Hold]:
        """What is held of shared pools; other runs' drivers ask for it too, each in a thread of its own."""
        # Copied in one step, in which no thread takes the place of another.
        return [hold for hold in tuple(self._holds.values()) if hold.is_shared]

    def give_up_shares(self) -> Amounts:
        """What the run keeps of shared pools is held no more; give what that was."""
        kept = sorted(pool for (holder, pool), hold in self._holds.items() if holder is None and hold.is_shared)
        return tuple((pool, self._holds.pop((None, pool)).amount) for pool in kept)

    def drop(self) -> None:
        """What tasks and containers held is held no more; what the run keeps is."""
        self._holds = {key: hold for key, hold in self._holds.items() if key[0] is None}
