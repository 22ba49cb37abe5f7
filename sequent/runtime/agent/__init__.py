"""The process that starts, limits and ends the workers of one run on one machine."""
