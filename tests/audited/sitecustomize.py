"""Installs the audit hook in a process that a test starts. Python imports this module by its name."""

import os
import sys

if "AUDIT_LOG" in os.environ:
    from tests.audited.audit_hook import hook

    # Agents start with -P; their workers import what the flow names.
    hook.looks_for_planted = "-P" not in sys.orig_argv
    hook.install()
