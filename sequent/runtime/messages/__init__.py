"""The words that driver, agent and workers exchange, and the way in which they travel."""
