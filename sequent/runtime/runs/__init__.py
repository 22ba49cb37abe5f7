"""The surroundings of one run: preparing, driving and watching it."""
