"""Lengths of time."""

import math
from datetime import datetime, timedelta

import pytest

from sequent.model.durations import read_seconds, read_seconds_or_moment, span_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0s"), (0.25, "0.25s"), (30.0, "30s"), (3600.0, "1h"), (90061.5, "1d 1h 1m 1.5s"), (864000.0, "10d")],
)
def test_a_length_of_time_reads_as_it_is_written(seconds, text):
    assert span_text(seconds) == text
    assert read_seconds(text) == seconds


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("soon", "'soon' is not a duration"),
        (True, "True is not a duration"),
        (None, "None is not a duration"),
        (math.nan, "nan is not a duration"),
        (-1, "-1 is negative"),
        (-math.inf, "-inf is negative"),
        (timedelta(seconds=-5), "datetime.timedelta(days=-1, seconds=86395) is negative"),
        (math.inf, "inf is longer than ten years"),
        (10**400, f"{'1' + '0' * 99} is longer than ten years"),
        (datetime(2026, 1, 1), "2026-01-01T00:00:00 has no time zone"),  # noqa: DTZ001 - the mistake
    ],
)
def test_what_is_wrong_with_a_length_of_time_is_said_without_the_advice_that_its_option_gives(value, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared
        read_seconds_or_moment(value)
    assert str(caught.value) == message
