"""The settings of flows: by the names of their keys, from the command line, the environment, the flow and files."""
