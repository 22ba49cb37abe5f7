"""Which runs a run is within: those whose steps, or programs of theirs, have started it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b

from sequent.errors import UsageError
from sequent.runtime.context import runs_around
from sequent.runtime.rows import Target

DEEPEST = 16
"""How many runs may be within one another."""


def refuse_nesting(target: Target, params: Mapping[str, str], store: str) -> None:
    """See that a new run would not start itself again, and so for ever.

    A flow may run itself with other parameters, since that may come to an end, but not as deep as one likes.

    Raises:
        UsageError: it is within a run of the same flow with the same parameters in the same store, or within too many.
    """
    around = _read()
    if _identity(target, params, store) in around:
        raise UsageError(
            f"the flow {target.flow!r} is run within one of its own steps, with the same parameters: "
            "it would run itself for ever",
            code="nested-run",
            hint='put run() under if __name__ == "__main__":, or give the run within other parameters',
        )
    if len(around) >= DEEPEST:
        raise UsageError(
            f"the flow {target.flow!r} is run within {len(around)} runs that are within one another",
            code="nested-run",
            hint=f"at most {DEEPEST} are allowed: let a step repeat over what is to be done, rather than run a flow",
        )


def around_steps(target: Target, params: Mapping[str, str], store: str) -> str:
    """What the steps of a run are to tell of the runs around them: those that it is within, and itself."""
    return json.dumps([*_read(), _identity(target, params, store)])


def _identity(target: Target, params: Mapping[str, str], store: str) -> str:
    told = json.dumps([target.file, target.flow, sorted(params.items()), store])
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _read() -> list[str]:
    return [str(identity) for identity in json.loads(runs_around() or "[]")]
