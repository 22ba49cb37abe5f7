"""The words a flow is written in: decorated classes, and the builder; both give a specification."""
