"""Tokens of attempts: no two are the same, however many there are."""

from __future__ import annotations

import os

from sequent.runtime.driver.desks.attempts import Tokens


def test_no_two_tokens_are_the_same() -> None:
    one, other = Tokens(os.urandom), Tokens(os.urandom)
    drawn = [source.take() for source in (one, other) for _ in range(1_000)]
    assert len(set(drawn)) == len(drawn)
    assert {len(token) for token in drawn} == {16}
