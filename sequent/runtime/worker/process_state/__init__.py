"""All that a step may change of its process, and how that is noticed and put right."""
