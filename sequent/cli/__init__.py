"""The commands: text for people, JSON for machines."""

from __future__ import annotations

from sequent.cli.app import main

__all__ = ["main"]
