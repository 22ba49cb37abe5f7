"""The state that a recovery finds, its directives, and its plan."""
