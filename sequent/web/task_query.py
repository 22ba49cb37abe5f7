"""The state of the list of a run's tasks, as it stands in its address: step, iterations and status."""

from __future__ import annotations

from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace
from starlette.datastructures import QueryParams

from sequent.dashboard.iteration_pattern import read_pattern
from sequent.errors import UsageError
from sequent.model.status import Status
from sequent.runtime.task_list_port import START, TaskCursor


class TaskQuery(Struct, frozen=True, kw_only=True):
    """The tasks to list."""

    path: str = ""
    around: tuple[int, ...] = ()
    """The numbers of the iterations around them: those that are chosen, from the outermost on."""
    status: Status | None = None
    after: TaskCursor = START
    from_iteration: int = 0
    """The number after which the chips of the next level begin."""

    @property
    def pattern(self) -> str:
        """The iterations as they are typed: ``1.2.*``."""
        return ".".join((*map(str, self.around), "*"))

    def address(self, run: str, **changes: object) -> str:
        """Return the address with these changes: another step or iteration clears all that is inside it."""
        wanted = replace(self, **{"after": START, "from_iteration": 0, **changes})
        values = {
            "path": wanted.path,
            "at": wanted.pattern if wanted.around else "",
            "status": wanted.status.value if wanted.status else "",
            "after": "" if wanted.after == START else f"{wanted.after[0]}.{wanted.after[1]}",
            "from": str(wanted.from_iteration or ""),
        }
        query = urlencode({name: value for name, value in values.items() if value})
        return f"/runs/{run}/tasks" + (f"?{query}" if query else "")


def read_task_query(values: QueryParams) -> TaskQuery:
    """Return the state in an address.

    Raises:
        UsageError: it has a value that no link of ours has.
    """
    status = values.get("status", "")
    known = [each.value for each in Status]
    if status and status not in known:
        raise UsageError(f"no task has the status {status!r:.100}", hint=f"choose one of {', '.join(known)}")
    after = read_pattern(values.get("after", ""))
    return TaskQuery(
        path=values.get("path", ""),
        around=read_pattern(values.get("at", "")),
        status=Status(status) if status else None,
        after=(after[0], after[1]) if len(after) == 2 else START,
        from_iteration=next(iter(read_pattern(values.get("from", ""))), 0),
    )
