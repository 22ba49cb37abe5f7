"""Flows for simulations, in which no step runs."""

from __future__ import annotations

from typing import Any

import sequent
from sequent import command, container, item, outer, param, step

HOUR = 3600.0
DAY = 24 * HOUR


def never(*args: object, **kwargs: object) -> Any:
    """Be a step of a simulation, in which no step runs."""
    raise AssertionError("a step was run")


def flow_of(*names: str, **options: object) -> sequent.Sequent:
    """Steps one after the other; the options are of the first."""
    flow = sequent.Sequent("f")
    before = None
    for name in names:
        before = flow.add_step(name, func=never, requires=before, **(options if before is None else {}))
    return flow


@container
class nightly:
    """Extract, process, transmit."""

    day: str = param(default="today")

    @step(retries=3, backoff="1m")
    def orders(self) -> str:
        raise AssertionError("a step was run")

    @container(repeats=["eu", "us"], parallel=2)
    class transmit:
        region: str = item()
        merged: str = outer.orders.result

        send = command("rsync", "--", merged, region, retries=2, retry_on=[75])
        result = send

        @step(requires=send.failed, handles=False)
        def alert(self) -> None:
            raise AssertionError("a step was run")

    @step(requires=transmit)
    def report(self) -> None:
        raise AssertionError("a step was run")

    @step(requires=transmit.done)
    def tidy(self) -> None:
        raise AssertionError("a step was run")
