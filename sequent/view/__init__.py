"""Computes the facts to show of a run, from the rows of its store: one model for text, JSON, reports and pages."""
