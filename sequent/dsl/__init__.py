"""The words a flow is written in: decorated classes, and the builder; both give a specification."""

from sequent.dsl.definitions import definition_of

__all__ = ["definition_of"]
