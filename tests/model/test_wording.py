"""Messages speak of values as people do."""

from __future__ import annotations

import pytest

from sequent.model.wording import at_a_time, described, guess, kind_of, listed, one_of


@pytest.mark.parametrize(
    ("value", "kind", "description"),
    [
        (None, "None", "None"),
        (3, "an int", "3, an int"),
        ("a", "a str", "'a', a str"),
        (3j, "a complex", "3j, a complex"),
        (["x"] * 100, "a list", f"{repr(['x'] * 100)[:100]}, a list"),
    ],
)
def test_a_value_is_named_by_its_type_with_the_right_article(value, kind, description):
    assert kind_of(value) == kind
    assert described(value) == description


def test_what_was_probably_meant_begins_a_hint():
    assert guess("laod", ["send", "load"]) == "did you mean 'load'? "
    assert guess("logging", ["LOGGING", "DATABASES"]) == "did you mean 'LOGGING'? "
    assert guess("nigthly.py", ["nightly.py"], ".py") == guess("nigthly", ["nightly.py"], ".py") != ""
    assert guess("nosuch.py", ["chg.py"], ".py") == ""
    assert guess("x", ["load"]) == guess("x", []) == ""


def test_a_range_of_one_is_not_told_as_a_range():
    assert one_of(0, 3) == "name one from 0 to 3"
    assert one_of(1, 1) == "name 1, the only one"


def test_iterations_run_one_after_another_some_at_a_time_or_all_at_once():
    assert [at_a_time(count) for count in (1, "1", 2, 1200, 0, "find.result")] == [
        *("", "", "2 at a time", "1,200 at a time", "all at once", "find.result at a time")
    ]


def test_of_very_many_names_the_first_are_listed():
    assert listed(["a", "b"]) == "a, b"
    assert listed([str(number) for number in range(30)]).endswith("18, 19, ...")
