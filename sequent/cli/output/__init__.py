"""The output of commands, for people and for machines."""
