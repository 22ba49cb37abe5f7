"""The secrets that an attempt takes from its worker's environment; it leaves no trace of them."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import MutableMapping

from sequent.errors import NotDataError, UsageError
from sequent.model.references import SecretOf
from sequent.model.variables import SECRET_PREFIX
from sequent.runtime.logs.attempt_log import AttemptLog
from sequent.runtime.logs.log_masking import SHOWN
from sequent.runtime.worker import core_dumps

_TELLING = 8
"""Characters of a secret's beginning that are hidden as well, since messages are often shortened."""


class Secrets:
    """The secrets that one attempt has taken.

    From the moment a secret is taken, the attempt's log has *** in its place, and so do its error and its traceback. A
    result that contains it is refused, and no core is dumped.

    Args:
        segment: the attempt's log.
        host: the host of the worker; '' where the run was started.
    """

    def __init__(self, segment: AttemptLog, host: str = "") -> None:
        self._segment = segment
        self._host = host
        self._names: dict[str, str] = {}
        """The name of each secret that was taken, by every form in which it may be written."""
        self._lines: set[str] = set()
        """Long lines of secrets that have several lines: nested errors are shown with each line indented."""

    def take(self, reference: SecretOf) -> str:
        """Return the value of a secret.

        Raises:
            UsageError: the worker's environment does not have it, or it is empty.
        """
        name = reference.name
        value = os.environ.get(SECRET_PREFIX + name) or os.environ.get(name)
        if not value:
            place = f"on host {self._host!r}" if self._host else "where the run is started, recovered or continued"
            raise UsageError(
                f"there is no secret {name!r}: the environment has neither {SECRET_PREFIX}{name} nor {name}",
                code="secret",
                hint=f"set {SECRET_PREFIX}{name} {place}",
                place=reference.place,
            )
        if not self._names:
            core_dumps.forbid()
        forms = _forms_of(value)
        self._names.update(dict.fromkeys(forms, name))
        self._lines.update(line for line in value.splitlines() if len(line) >= _TELLING)
        self._segment.mask(tuple(form.encode("utf-8", "surrogateescape") for form in forms))
        return value

    def release(self) -> None:
        """Permit core dumps again, after the attempt's code has ended."""
        if self._names:
            core_dumps.permit()

    def hidden(self, text: str) -> str:
        """Return the text of an error without secrets, and without the beginning of one that was shortened."""
        if not self._names:
            return text
        forms = sorted({*self._names, *self._lines}, key=len, reverse=True)
        begins = re.compile("|".join(re.escape(form[:_TELLING]) for form in forms))
        pieces: list[str] = []
        at = 0
        while match := begins.search(text, at):
            pieces += (text[at : match.start()], SHOWN)
            at = match.start() + max(_length_of_beginning(form, text, match.start()) for form in forms)
        return "".join((*pieces, text[at:]))

    def check_artifact(self, data: bytes) -> None:
        """Refuse a file that contains a secret.

        Raises:
            UsageError: it contains one.
        """
        for form, name in self._names.items():
            if form.encode("utf-8", "surrogateescape") in data:
                raise UsageError(
                    f"the artifact contains the secret {name!r}, and artifacts are stored",
                    code="secret",
                    hint="leave it out of the file",
                )

    def check_result(self, text: str) -> None:
        """Refuse the text of a result that contains a secret.

        Raises:
            NotDataError: it contains one.
        """
        for form, name in self._names.items():
            if form in text:
                raise NotDataError(
                    f"the result contains the secret {name!r}, and results are stored",
                    code="secret",
                    hint="leave it out of the result; a step that needs it can take secret(...)",
                )


def without_secrets(environment: MutableMapping[str, str]) -> dict[str, str]:
    """Return the environment for a program, which gets only the secrets given to it by name."""
    return {name: value for name, value in environment.items() if not name.startswith(SECRET_PREFIX)}


def _length_of_beginning(form: str, text: str, at: int) -> int:
    pairs = zip(form, text[at : at + len(form)], strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _forms_of(value: str) -> tuple[str, ...]:
    """Return a string as it is, and as Python and JSON would show it."""
    return tuple({value, repr(value)[1:-1], json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]})
