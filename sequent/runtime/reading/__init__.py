"""Reads runs for people: the state of each step, and the output of attempts."""
