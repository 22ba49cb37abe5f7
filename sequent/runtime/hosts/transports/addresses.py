"""Tries the addresses of one host until one of them accepts us."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sequent.errors import HostError
from sequent.model.hosts import HostSettings

C = TypeVar("C")
_ALARMS = ("host-key-changed", "host-key-revoked")
"""A possible attack is reported, even if another address would accept us."""


def first_open(settings: HostSettings, door: str, enter: Callable[[str], C]) -> C:
    """Return the result of entering by the first address that accepts us.

    Args:
        settings: the host.
        door: the only address to try; '' for all of them.
        enter: connects by one address.

    Raises:
        HostError: no address accepts us. With several addresses, it names each, and has the most advanced stage.
    """
    errors: list[HostError] = []
    for one in (door,) if door else settings.address:
        try:
            return enter(one)
        except HostError as error:
            if error.code in _ALARMS:
                raise
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    raise _all_of(settings, errors)


def _all_of(settings: HostSettings, errors: list[HostError]) -> HostError:
    stages = list(type(errors[0].stage))
    farthest = max(errors, key=lambda error: stages.index(error.stage))
    told = "; ".join(f"{error.problem} (tried {error.tried})" for error in errors)
    return HostError(
        f"none of its {len(errors)} addresses lets us in: {told}",
        host=settings.name,
        stage=farthest.stage,
        code=farthest.code,
        hint=farthest.hint,
    )
