"""Runs in a schema of a PostgreSQL database, which several machines can share."""
