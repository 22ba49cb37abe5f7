"""Other machines: the ways to reach them, and the programs that run there."""
