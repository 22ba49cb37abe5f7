"""Shows runs on a screen of the terminal, which reads the store and imports no flow."""
