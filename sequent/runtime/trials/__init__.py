"""Trials: one step of a run alone, in this process, with the values that the run stored; the run stays as it is."""
