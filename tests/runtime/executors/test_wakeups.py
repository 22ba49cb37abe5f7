"""The bell that wakes a driver: nothing is written once it is closed."""

from __future__ import annotations

import os
from selectors import DefaultSelector

import pytest

from sequent.runtime.executors.wakeups import Wakeups


def test_a_bell_that_was_closed_writes_to_no_file_that_has_its_number_now(tmp_path) -> None:
    with DefaultSelector() as selector:
        bell = Wakeups(selector)
        bell.heed(lambda: None)
        bell.close()
        # It gets the lowest free number: that of the bell.
        file = os.open(tmp_path / "others", os.O_RDWR | os.O_CREAT)
        try:
            bell.ring()
            assert os.fstat(file).st_size == 0
        finally:
            os.close(file)


def test_a_bell_wakes_its_driver_once_for_several_rings() -> None:
    with DefaultSelector() as selector:
        answered = []
        bell = Wakeups(selector)
        bell.heed(lambda: answered.append(1))
        bell.ring()
        bell.ring()
        for key, _ in selector.select(0):
            key.data()
        assert answered == [1]
        assert selector.select(0) == []
        bell.close()


@pytest.mark.parametrize("rings_before", [True, False])
def test_closing_a_bell_is_safe_whether_or_not_it_rings(rings_before: bool) -> None:
    with DefaultSelector() as selector:
        bell = Wakeups(selector)
        bell.heed(lambda: None)
        if rings_before:
            bell.ring()
        bell.close()
        assert not selector.get_map()
