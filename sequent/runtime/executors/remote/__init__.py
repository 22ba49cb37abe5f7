"""Attempts on other hosts: how they are handed over, and how their outcomes and logs come back."""
