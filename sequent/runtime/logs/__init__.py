"""The files with what attempts write: their names, their marks, their limits."""
