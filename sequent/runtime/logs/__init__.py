"""The files with the output of attempts: their names, their marks, their limits."""
