"""The process that executes steps on a host for drivers elsewhere, and keeps their outcomes until they are written."""
