"""In which layer each box stands: after all that it waits for."""

from __future__ import annotations

from collections.abc import Sequence


def layers_of(count: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each box, from 0: by the longest way to it, and where nothing leads to it, close to what follows.

    A pair that closes a circle is passed over: it then leads back.

    Args:
        count: how many boxes there are.
        pairs: which comes before which.
    """
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target in sorted(set(pairs)):
        after[source].append(target)
    order, forward = _sorted(count, after)
    layer = [0] * count
    for box in order:
        for target in forward[box]:
            layer[target] = max(layer[target], layer[box] + 1)
    led_to = {target for targets in forward for target in targets}
    for box in order:
        if forward[box] and box not in led_to:
            layer[box] = min(layer[target] for target in forward[box]) - 1
    return layer


def _sorted(count: int, after: list[list[int]]) -> tuple[list[int], list[list[int]]]:
    """The boxes, each before what follows it, and what follows each, without what closes a circle."""
    forward: list[list[int]] = [[] for _ in range(count)]
    order: list[int] = []
    state = [0] * count  # 0: not seen; 1: what follows it is being looked at; 2: done
    for start in range(count):
        if state[start]:
            continue
        state[start] = 1
        pending = [(start, iter(after[start]))]
        while pending:
            box, rest = pending[-1]
            target = next(rest, None)
            if target is None:
                state[box] = 2
                order.append(box)
                pending.pop()
            elif state[target] != 1:
                forward[box].append(target)
                if not state[target]:
                    state[target] = 1
                    pending.append((target, iter(after[target])))
    return order[::-1], forward
