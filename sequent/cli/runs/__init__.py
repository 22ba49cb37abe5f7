"""Starts, resumes and looks up runs, for the commands."""
