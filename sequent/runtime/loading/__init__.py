"""Finds flows, and loads the author's modules."""
