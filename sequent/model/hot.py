"""Records of which a run makes some for each of its tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attrs import frozen as hot
else:
    # Filling in a frozen class costs three times as much. Type checkers prevent changes.
    from attrs import define as hot

__all__ = ["hot"]
