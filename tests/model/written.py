"""Values written and read back, or refused."""

from __future__ import annotations

import pytest

from sequent.errors import NotDataError
from sequent.model import value_text


def again(value: object, *classes: type) -> object:
    """The value, written and read back."""
    text, found = value_text.encode_with_classes(value, "result")
    assert text.encode("utf-8")
    return value_text.decode(text, {kind.__qualname__: kind for kind in (*found, *classes)})


def refused(value: object) -> str:
    with pytest.raises(NotDataError) as caught:
        value_text.encode(value, "result")
    return str(caught.value)
