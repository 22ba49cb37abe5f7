"""Executes steps on a host for drivers on other machines, and keeps their outcomes until they are written."""
