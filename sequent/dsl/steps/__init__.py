"""Steps, which call a function, run a command or ask a question; and the common part of steps and containers."""
