"""What a recovery finds, what it is asked to do, and what it would do."""
