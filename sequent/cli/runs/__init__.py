"""Start, resume and look up runs, for the commands."""
