"""Reads runs for people: the state of each step, the output of attempts; and hands requests of people to a run."""
