"""A flow with very many definitions: each step requires the step ten before it."""

from __future__ import annotations

from typing import Any

from sequent import Sequent
from tests.endurance.long_flows import COUNT, mark

flow = Sequent("definitions", config={"max_concurrent": 2})
steps: list[Any] = []
for number in range(COUNT):
    before = {"requires": steps[number - 10]} if number >= 10 else {}
    steps.append(flow.add_step(f"s{number}", func=mark, args=(number,), **before))
