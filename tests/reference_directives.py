"""What directives make of what an earlier recovery left, told a second time from the contract: simple, for tests only.

It changes what is remembered, before a recovery begins. Where the contract leaves a choice, it chooses:

* What runs again is as if it had never succeeded, and what is around it as if it had not ended.
* What is passed over counts as a success from the beginning of the recovery, if it had begun before.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from sequent.model.spec import StepSpec
from sequent.model.status import Action, Status, Verdict
from tests.reference_tree import SUCCESS, Key, Node, Recorded


@frozen
class Asked:
    """What is asked for by hand: paths, each with the beginning of a sequence."""

    rerun: tuple[Key, ...] = ()
    skip: tuple[Key, ...] = ()

    def reruns(self, key: Key) -> bool:
        return any(_is_in(key, asked) for asked in self.rerun)

    def skips(self, key: Key) -> bool:
        return any(_is_in(key, asked) for asked in self.skip) and not self.reruns(key)


def _is_in(key: Key, asked: Key) -> bool:
    is_inside = key[0] == asked[0] or key[0].startswith(asked[0] + ".")
    return is_inside and key[1][: len(asked[1])] == asked[1]


def direct(root: Node, record: dict[Key, Recorded], recovery: int, asked: Asked) -> None:
    """Apply the flow's directives, and what is asked for."""
    steps = {".".join(node.path): node.spec for node in _steps(root)}
    tasks = [key for key in record if key[0] in steps and record[key].attempts]
    again = set()
    for key in tasks:
        if record[key].status is SUCCESS and _action(steps[key[0]], key, asked, SUCCESS) is Action.RERUN:
            record[key].status = Status.WAITING
            again.add(key)
            for around in _around(key):
                if around in record and record[around].status is SUCCESS:
                    record[around].status = Status.ACTIVE
    for key in tasks:
        found = _found(record[key])
        is_kept = any(around in record and record[around].status is SUCCESS for around in _around(key))
        is_open = found is not SUCCESS and not is_kept and key not in again
        if is_open and _action(steps[key[0]], key, asked, found) is Action.SKIP:
            pass_over(record[key], recovery)


def outdate(record: dict[Key, Recorded], block: Key) -> None:
    """Keep nothing that is in a container."""
    path, sequence = block
    for key, recorded in record.items():
        inside = key[0].startswith((f"{path}.", f"{path}/")) or (key[0] == path and key != block)
        if inside and key[1][: len(sequence)] == sequence and recorded.status is SUCCESS:
            recorded.status = Status.WAITING if recorded.attempts else Status.ACTIVE


def pass_over(recorded: Recorded, recovery: int) -> None:
    recorded.status, recorded.verdict, recorded.answer = SUCCESS, Verdict.UNKNOWN, ""
    recorded.attempts += 1
    recorded.recovery = recorded.passed_in = recovery


def _steps(node: Node) -> Iterator[Node]:
    if node.is_step:
        yield node
    for child in node.children:
        yield from _steps(child)


def _around(key: Key) -> Iterator[Key]:
    """The iterations and containers around a task, as they are remembered."""
    path, sequence = key
    names = path.split(".")
    for depth in range(len(names)):
        yield ".".join(names[:depth]) + "/", sequence[: depth + 1]
        yield ".".join(names[:depth]), sequence[:depth]
    if len(sequence) > len(names):
        yield path, sequence[:-1]


def _found(recorded: Recorded) -> Status:
    if recorded.status is SUCCESS:
        return SUCCESS
    if recorded.status is Status.FAILURE and not recorded.waits:
        return Status.FAILURE
    return Status.ACTIVE if recorded.status is Status.ACTIVE and recorded.has_begun else Status.READY


def _action(spec: object, key: Key, asked: Asked, found: Status) -> Action:
    assert isinstance(spec, StepSpec)
    if asked.reruns(key):
        return Action.RERUN
    if asked.skips(key):
        return Action.SKIP
    return spec.recovery.get(found, Action.SKIP if found is SUCCESS else Action.RERUN)
