"""Writes the facts to show of a run as HTML: templates, style sheet and drawings for reports and pages."""
