"""The band in which the next of several durations lies."""

from __future__ import annotations

from random import Random

import pytest

from sequent.view.prediction import predicted_band


@pytest.mark.parametrize("count", [9, 12, 20])
def test_the_next_value_lies_in_the_band_in_eight_of_ten_cases(count):
    random = Random(count)
    tries = 4000
    hits = 0
    for _ in range(tries):
        *known, following = (random.lognormvariate(0, 0.5) for _ in range(count + 1))
        band = predicted_band(known)
        hits += band.low <= following <= band.high
    assert hits / tries == pytest.approx(0.8, abs=0.02)


def test_few_values_give_a_wider_band_than_they_span():
    band = predicted_band([10.0, 12.0])
    assert (band.count, band.median) == (2, 11.0)
    assert band.low == pytest.approx(8.6)
    assert band.high == pytest.approx(13.4)


def test_a_single_value_is_all_there_is_to_say():
    band = predicted_band([5.0])
    assert (band.count, band.low, band.median, band.high) == (1, 5.0, 5.0, 5.0)


def test_the_band_of_nine_values_is_all_that_they_span():
    band = predicted_band(float(value) for value in (9, 1, 8, 2, 7, 3, 6, 4, 5))
    assert (band.low, band.median, band.high) == (1.0, 5.0, 9.0)
