"""Foretells how long a run of a flow takes: earlier runs are replayed in simulated time, under the limits of today."""
