"""Transports: the ways to a host, each a pair of pipes to one command there."""
