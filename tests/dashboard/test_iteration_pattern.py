import pytest

from sequent.dashboard.iteration_pattern import read_pattern
from sequent.errors import UsageError


@pytest.mark.parametrize(
    ("text", "numbers"), [("", ()), ("*", ()), ("1.*", (1,)), (" 1.2.* ", (1, 2)), ("1.2", (1, 2)), ("1.2.", (1, 2))]
)
def test_numbers_of_iterations_are_read_from_the_outermost_on(text, numbers):
    assert read_pattern(text) == numbers


@pytest.mark.parametrize("text", ["x", "1.x", "1..2", "1.12345678901234567890", ".".join(["1"] * 65)])
def test_other_text_is_refused(text):
    with pytest.raises(UsageError, match="no numbers of iterations"):
        read_pattern(text)
