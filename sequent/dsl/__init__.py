"""The language of flows: decorated classes, and the builder; both produce a specification."""
