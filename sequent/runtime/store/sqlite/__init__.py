"""Runs in a file of SQLite, with their logs and large values in directories beside it."""
