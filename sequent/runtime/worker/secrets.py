"""The secrets that an attempt takes, from the environment of its worker; nothing that it leaves shows them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import MutableMapping

import attrs

from sequent.errors import NotDataError, UsageError
from sequent.model.outcome import Problem
from sequent.model.references import SecretOf
from sequent.runtime.worker.capture import Segment
from sequent.runtime.worker.masking import SHOWN

PREFIX = "SEQUENT_SECRET_"


class Secrets:
    """What one attempt has taken.

    From the moment at which a secret is taken the attempt's log has *** in its place, and so have its
    error and its traceback; a result that contains it is refused.
    """

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._names: dict[str, str] = {}
        """The name of each secret that was taken, by every way in which it may be written."""

    def take(self, reference: SecretOf) -> str:
        """The value of a secret.

        Raises:
            UsageError: the worker's environment does not have it, or has it empty.
        """
        name = reference.name
        value = os.environ.get(PREFIX + name) or os.environ.get(name)
        if not value:
            raise UsageError(
                f"there is no secret {name!r}: the environment has neither {PREFIX}{name} nor {name}",
                code="secret",
                hint=f"set {PREFIX}{name} where the run is started, recovered or continued",
                place=reference.place,
            )
        forms = _forms_of(value)
        self._names.update(dict.fromkeys(forms, name))
        self._segment.mask(tuple(form.encode("utf-8", "surrogateescape") for form in forms))
        return value

    def masked(self, problem: Problem) -> Problem:
        """The same problem, without any of them."""
        if not self._names:
            return problem
        forms = sorted(self._names, key=len, reverse=True)
        pattern = re.compile("|".join(map(re.escape, forms)))
        return attrs.evolve(
            problem, message=pattern.sub(SHOWN, problem.message), traceback=pattern.sub(SHOWN, problem.traceback)
        )

    def check_result(self, text: str) -> None:
        """Refuse the text of a result that has one of them in it.

        Raises:
            NotDataError: it has.
        """
        for form, name in self._names.items():
            if form in text:
                raise NotDataError(
                    f"the result contains the secret {name!r}, and results are stored",
                    code="secret",
                    hint="leave it out of the result: whoever needs it can take it by secret(...)",
                )


def without_secrets(environment: MutableMapping[str, str]) -> dict[str, str]:
    """An environment for a program, which gets those secrets alone that it is given by name."""
    return {name: value for name, value in environment.items() if not name.startswith(PREFIX)}


def _forms_of(value: str) -> tuple[str, ...]:
    """A text as it is, and as Python and JSON would show it."""
    return tuple({value, repr(value)[1:-1], json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]})
