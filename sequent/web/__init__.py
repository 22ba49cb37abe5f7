"""Shows runs in a browser: a server for one person on this machine, which reads the store and imports no flow."""
