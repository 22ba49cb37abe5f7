"""Lengths of time."""

import pytest

from sequent.model.durations import read_seconds, span_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0s"), (0.25, "0.25s"), (30.0, "30s"), (3600.0, "1h"), (90061.5, "1d 1h 1m 1.5s"), (864000.0, "10d")],
)
def test_a_length_of_time_reads_as_it_is_written(seconds, text):
    assert span_text(seconds) == text
    assert read_seconds(text) == seconds
