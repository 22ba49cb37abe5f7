"""The settings of flows from outside: the command line, the environment and a file, in that order."""

from __future__ import annotations

from sequent.settings.configuration import Configuration, Entry, SettingOrigin, configuration

__all__ = ["Configuration", "Entry", "SettingOrigin", "configuration"]
