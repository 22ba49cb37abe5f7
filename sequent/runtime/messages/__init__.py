"""The messages of driver, agent and workers, and their transport."""
