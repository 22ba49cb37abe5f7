"""Forecasts: of simulated runs, and (``python -m tests.forecast``) of real ones."""
