"""Turns typed words into options, parameters and candidates for completion."""
