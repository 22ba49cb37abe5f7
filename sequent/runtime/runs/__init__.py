"""What surrounds one run: it is made ready, driven and watched."""
