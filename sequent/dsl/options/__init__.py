"""The options of steps and containers, with pools, repeats and hosts."""
