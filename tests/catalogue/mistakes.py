"""One mistake in a flow, and what must be said of it."""

from __future__ import annotations

from attrs import frozen

PRELUDE = """\
import enum, itertools, math, sys, threading
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal

from sequent import *
from sequent import virtual_resource_pool as vrp


def work(*args, **kwargs): ...
def take(x): ...
def lines(): yield 1


"""
"""What every flow here begins with."""


@frozen(kw_only=True)
class Mistake:
    """A flow with one mistake, on the line marked ``# wrong``; those marked ``# other`` must be named as well."""

    text: str
    """What follows the prelude."""
    code: str
    says: tuple[str, ...]
    """What the message must contain."""
    hint: str
    """What the hint must contain."""
    path: str | None = None
    """The path of the step or container that it is in; None: the flow itself."""


def step_with(*options: str, above: str = "") -> str:
    """A flow with one step, the last of whose options is the mistake."""
    *right, wrong = options
    lines = "".join(f"    {option},\n" for option in ('"a"', *right))
    return f"\n{above}flow = Sequent()\nflow.add_step(\n{lines}    {wrong},  # wrong\n)\n"
