"""Flows as classes: containers, and their class bodies."""
