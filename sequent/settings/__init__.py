"""The settings of flows: from the command line, the environment, the flow and files, by the names of their keys."""
