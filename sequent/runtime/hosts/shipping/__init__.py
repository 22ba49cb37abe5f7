"""Sends the package and the flow's own modules to a host that has only Python."""
