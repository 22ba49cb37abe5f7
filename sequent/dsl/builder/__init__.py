"""Flows by calls, as in the original: ``Sequent``, ``add_step`` and ``add_event``."""
