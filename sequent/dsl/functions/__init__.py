"""The functions of steps: the code beneath their decorators, and their arguments."""
