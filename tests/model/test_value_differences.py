"""Two stored values are compared part by part."""

from __future__ import annotations

from datetime import date

import pytest

from sequent.model.value_differences import ABSENT, differences_of
from sequent.model.value_text import encode


@pytest.mark.parametrize(
    ("before", "after", "differences"),
    [
        (1, 1, []),
        (1, 2, [("", 1, 2)]),
        (1, True, [("", 1, True)]),
        (1, 1.0, [("", 1, 1.0)]),
        ([1, 2], [1, 3, 4], [("[1]", 2, 3), ("[2]", ABSENT, 4)]),
        ({"a": {"b": 1}, "c": 2}, {"a": {"b": 5}}, [('["a"]["b"]', 1, 5), ('["c"]', 2, ABSENT)]),
        ((1, 2), (1, 5), [("[1]", 2, 5)]),
        (date(2026, 1, 1), date(2026, 1, 2), [("", "2026-01-01", "2026-01-02")]),
        ({"a": None}, {}, [('["a"]', None, ABSENT)]),
        ([1], {"a": 1}, [("", [1], {"a": 1})]),
    ],
)
def test_each_part_that_differs_is_told_at_its_place(before, after, differences):
    assert differences_of(encode(before), encode(after)) == differences


def test_pickles_are_not_compared_unless_they_are_the_same():
    one, other = '{"$k":["r","a","1",1,"00","YQ=="]}', '{"$k":["r","a","1",2,"00","YQ=="]}'
    assert differences_of(one, other) is None
    assert differences_of(one, one) == []
