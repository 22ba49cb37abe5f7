"""Sequent: batch programs, one after another."""
