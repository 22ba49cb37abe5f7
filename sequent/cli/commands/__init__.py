"""The commands: a module each, by its name."""
