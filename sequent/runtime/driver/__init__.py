"""The loop around the engine, and its parts: what is ordered is written first, then let out."""
