"""Writes the pickled results of steps, and reads those of this run after a check of their signatures."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from functools import cached_property

from sequent.errors import NotDataError, UsageError
from sequent.model.commands import typed
from sequent.model.pickles import SignedPickle, mismatch, read_pickle
from sequent.model.references import Path
from sequent.model.spec import StepSpec
from sequent.model.wording import with_article
from sequent.runtime.orders import AttemptOrder
from sequent.runtime.pickle_keys import read_key


class Pickles:
    """The pickled results of one run, in a worker.

    Args:
        run: the id of the run.
        key_file: the file of the store's key; '' where no pickle is written or read, as on other hosts.
    """

    def __init__(self, run: str, key_file: str) -> None:
        self._run = run
        self._key_file = key_file

    @cached_property
    def _key(self) -> bytes:
        if not self._key_file:
            raise UsageError("no pickle is written or read here", code="pickle", hint="let the step run at home")
        return read_key(self._key_file)

    def dump(self, result: object, order: AttemptOrder) -> SignedPickle:
        """Return a result, pickled and signed for its place.

        Raises:
            NotDataError: it cannot be pickled.
        """
        try:
            data = pickle.dumps(result)
        except Exception as error:
            raise NotDataError(
                f"the result is {with_article(type(result).__qualname__)}, which cannot be pickled: {error}",
                code="pickle",
                hint="return an object that pickle accepts, or a path to a file that holds it",
                path=order.path,
            ) from error
        unsigned = SignedPickle(self._run, order.path, order.sequence, order.attempt, "", data)
        return unsigned._replace(signature=self._sign(unsigned))

    def open(self, content: object, steps: Mapping[str, tuple[Path, StepSpec]], maker: str) -> object:
        """Return the object of a pickle.

        Args:
            content: the pickle, as JSON; the driver has checked its place.
            steps: the steps of the flow.
            maker: the step that returned the value; '' if the value has several parts.

        Raises:
            NotDataError: it was not pickled in this run by a step that pickles its result, or cannot be read.
        """
        found = read_pickle(content)
        if found.run != self._run or (maker and found.path != maker):
            raise mismatch(maker or found.path)
        step = steps.get(found.path)
        if step is None or not step[1].pickles:
            raise NotDataError(
                f"the result of {found.path!r} is pickled, and the step does not say result=Pickled",
                code="pickle",
                hint=f"write it there again, or compute the result again: {typed('recover', '--from', found.path)}",
                path=found.path,
            )
        # As below: few workers need it.
        import hmac

        if not hmac.compare_digest(found.signature, self._sign(found)):
            raise mismatch(found.path)
        try:
            return pickle.loads(found.data)  # noqa: S301  a step of this run wrote it: its signature was checked  # nosec B301
        except Exception as error:
            raise NotDataError(
                f"the pickled result of {found.path!r} cannot be read: {type(error).__name__}: {error}",
                code="pickle",
                hint=f"restore its classes, or compute it again: {typed('recover', '--from', found.path)}",
                path=found.path,
            ) from error

    def _sign(self, signed: SignedPickle) -> str:
        # Few steps write pickles or read any, and it loads OpenSSL.
        import hmac

        return hmac.digest(self._key, signed.signed, "sha256").hex()
