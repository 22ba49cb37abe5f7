"""Messages speak of values as people do."""

from __future__ import annotations

import pytest

from sequent.model.wording import described, kind_of


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
