import pytest

from sequent.model.scope import MOST_DIGITS, is_sequence, is_within


@pytest.mark.parametrize("text", ["1", "1.2", "1.0.12", f"1.{'9' * MOST_DIGITS}"])
def test_numbers_with_dots_between_them_are_a_sequence(text):
    assert is_sequence(text)


@pytest.mark.parametrize(
    "text", ["", "x", "1.", ".1", "1..2", "1.-2", "1 .2", "1.\u0662", f"1.{'9' * (MOST_DIGITS + 1)}"]
)
def test_other_text_and_numbers_that_no_database_counts_are_no_sequence(text):
    assert not is_sequence(text)


def test_a_sequence_has_no_more_levels_than_a_flow():
    assert is_sequence(".".join(["1"] * 64))
    assert not is_sequence(".".join(["1"] * 65))


@pytest.mark.parametrize(
    ("name", "around", "is_in"),
    [
        ("a", "a", True),
        ("a.b", "a", True),
        ("ab", "a", False),
        ("a", "a.b", False),
        ("1.2", "1", True),
        ("11", "1", False),
    ],
)
def test_a_place_is_within_another_if_it_begins_with_whole_names(name, around, is_in):
    assert is_within(name, around) is is_in
