"""Steps and records that several tests of workers execute."""

from __future__ import annotations

import enum
import os
import sys

import attrs

import sequent.runtime.context as where


class Colour(enum.Enum):
    RED = 1


@attrs.frozen
class Row:
    name: str
    colour: Colour


def add(a, b=2):
    print("adding", a, b)
    return a + b


def leave(code):
    sys.exit(code)


def end_process(code):
    print("last words")
    os._exit(code)


def told():
    found = where.context()
    return {
        "context": [found.path, found.name, found.sequence, found.item, found.run_id, found.recovery, found.attempt],
        "environment": {name: value for name, value in os.environ.items() if name.startswith(("SEQUENT_", "ACME_"))},
    }


def unnamed():
    return Row("a", Colour.RED)


def nothing():
    return None


def pid():
    return os.getpid()
