"""Performs effects and reports facts: everything that touches the world."""
