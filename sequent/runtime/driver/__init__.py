"""The loop around the engine, and its parts: orders are written first, then let out."""
