"""What a step leaves in its process, of every kind, alone and together: the next finds its process as a fresh one."""

from __future__ import annotations

import json
import os
import random
import re
from pathlib import Path

import pytest

from sequent.model import value_text
from sequent.runtime.worker.tidying import TAME
from tests.runtime.driving import Driving, launched
from tests.runtime.worker import changed_state
from tests.runtime.worker.changed_state import CHANGES

COMBINATIONS = int(os.environ.get("LEFT_TOGETHER", "12"))
"""So many random combinations are tried."""
WAYS = [(kind, number) for kind, ways in CHANGES.items() for number in range(len(ways))]


@pytest.fixture(scope="module")
def driving(tmp_path_factory):
    """Workers that load the flow, since copies of this process would have what pytest has set up."""
    with launched(f"{changed_state.__file__}:flow", tmp_path_factory.mktemp("run")) as made:
        yield made


def found(driving: Driving) -> tuple[dict[str, object], list[str]]:
    ended = driving.run("look")
    assert ended.problem is None, ended.problem
    lines = [re.sub(r"^[-0-9: .,|]+", "", line) for line in driving.log_of(ended).splitlines()]
    return json.loads(ended.result), lines


def left(driving: Driving, *ways: tuple[str, int]) -> None:
    """Have a step leave these behind; whether it succeeds is its own affair."""
    driving.run("leave", item=value_text.encode([list(way) for way in ways], "ways"))


@pytest.fixture(scope="module")
def fresh(driving):
    """What a step finds where none has left anything behind."""
    return found(driving)


def compared(seen, fresh):
    """What differs, by where it is."""
    seen, fresh = dict(seen), dict(fresh)
    return [
        (room, name, seen[room][name], fresh[room][name])
        for room in fresh
        for name in fresh[room]
        if name != "directory" and seen[room][name] != fresh[room][name]
    ]


def test_everything_that_workers_look_at_is_left_behind_here_and_told_in_the_documentation(driving: Driving):
    kinds = json.loads(driving.run("told").result)
    assert kinds.keys() | {"threads", "context variables"} == CHANGES.keys()
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "processes.md").read_text(encoding="utf-8")
    rows = [f"| {kind} | {'each time' if is_quick else 'thoroughly'} |" for kind, is_quick in kinds.items()]
    assert [row for row in rows if row not in page] == []


@pytest.mark.parametrize(("kind", "number"), WAYS)
def test_what_a_step_leaves_behind_the_next_does_not_find(driving: Driving, fresh, kind, number):
    left(driving, (kind, number))
    seen, lines = found(driving)
    assert compared(seen, fresh[0]) == []
    assert lines == fresh[1]


@pytest.mark.parametrize("seed", range(COMBINATIONS))
def test_nor_where_a_step_leaves_several_things_behind(driving: Driving, fresh, seed):
    chance = random.Random(seed)
    left(driving, *chance.sample(WAYS, chance.randint(2, 6)))
    seen, lines = found(driving)
    assert compared(seen, fresh[0]) == []
    assert lines == fresh[1]


def test_nor_where_a_function_has_long_left_nothing_behind(driving: Driving, fresh):
    kinds = json.loads(driving.run("told").result)
    for kind in [kind for kind, is_quick in kinds.items() if is_quick]:
        for _ in range(TAME + 1):
            left(driving)
        left(driving, (kind, 0))
        seen, lines = found(driving)
        assert (kind, compared(seen, fresh[0])) == (kind, [])
        assert (kind, lines) == (kind, fresh[1])
