"""The content of the pages and of the terminal's screen: the list of runs, one run at a constant cost, actions."""
