"""Transports: the ways to a host, and the choice between them."""
