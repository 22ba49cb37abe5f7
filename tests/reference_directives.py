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


def direct(root: Node, record: dict[Key, Recorded], recovery: int, asked: Asked) -> dict[Key, Recorded]:
    """Apply the flow's directives, and what is asked for; what is forgotten of repeats that begin anew."""
    before = dict(record)
    _renew(root, record, asked)
    forgotten = {key: recorded for key, recorded in before.items() if key not in record}
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
    return forgotten


def _renew(node: Node, record: dict[Key, Recorded], asked: Asked, around: int = 0) -> None:
    """Forget the repeats of which directives have all iterations run again, from the outside in.

    So many numbers and hosts has the sequence ``around`` the node.
    """
    path = ".".join(node.path)
    if node.path and not node.is_step and node.is_repeated:
        blocks = (key for key in record if key[0] == path and len(key[1]) == around)
        for block in [key for key in blocks if _begins_anew(node, record, key, asked)]:
            # The copy around a repeat on a host has the repeat's own path and sequence.
            copy = (f"{path}/", block[1])
            for inside in [key for key in record if key != copy and _is_in((key[0].rstrip("/"), key[1]), block)]:
                del record[inside]
            for outside in _around(block):
                if outside in record and record[outside].status is SUCCESS:
                    record[outside].status = Status.ACTIVE
    for child in node.children:
        if not node.wraps:
            _renew(child, record, asked, around + 1)


def _begins_anew(node: Node, record: dict[Key, Recorded], block: Key, asked: Asked) -> bool:
    steps = {".".join(step.path): step.spec for step in _steps(node)}
    if record[block].status is Status.WAITING or not steps:
        return False
    own = [path for path in steps if not asked.reruns((path, block[1]))]
    inside = [key for key in record if key[0] in steps and _is_in(key, block) and record[key].attempts]
    return not own or (
        record[block].drawn > 0
        and all(steps[path].recovery.get(SUCCESS) is Action.RERUN for path in own)
        and all(_action(steps[key[0]], key, asked, _found(record[key])) is Action.RERUN for key in inside)
    )


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
    """The iterations, copies and containers around a task or container, as they are remembered."""
    path, sequence = key
    names = path.split(".")
    host = next((at for at, part in enumerate(sequence) if isinstance(part, str)), len(sequence))
    for depth in range(len(names)):
        name, end = ".".join(names[:depth]), depth + 1 + (host <= depth)
        yield f"{name}/", sequence[:end]
        yield name, sequence[: end - 1]
        if depth == host:
            yield f"{name}/", sequence[: host + 1]
            yield name, sequence[:host]
    own = sequence[len(names) + (host < len(names)) :]
    if own and not isinstance(own[-1], str):
        yield path, sequence[:-1]
    if host == len(names) < len(sequence):
        yield f"{path}/", sequence[: host + 1]
        yield path, sequence[:host]


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
