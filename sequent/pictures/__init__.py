"""Flows and runs as pictures: for the command line, pages and notebooks."""

from sequent.pictures.states import Standing, States
from sequent.pictures.svg import svg

__all__ = ["Standing", "States", "svg"]
