"""Options of steps and containers by the names that other tools have for them, and ours that do the same."""

from __future__ import annotations

from sequent.model.wording import did_you_mean, listed

_OURS = {
    "after": "requires",
    "concurrency": "max_concurrent",
    "depends": "requires",
    "depends_on": "requires",
    "expand": "repeats",
    "for_each": "repeats",
    "foreach": "repeats",
    "host": "hosts",
    "items": "repeats",
    "map": "repeats",
    "max_retries": "retries",
    "needs": "requires",
    "on_failure": "requires",
    "pool": "acquires",
    "pools": "acquires",
    "resources": "acquires",
    "retry": "retries",
    "retry_delay": "backoff",
    "retry_delay_seconds": "backoff",
    "timeout_seconds": "timeout",
    "trigger_rule": "requires",
    "upstream": "requires",
    "workers": "parallel",
}


def option_hint(name: str, allowed: frozenset[str]) -> str:
    """Return the hint for an unknown option: the one that does the same, else the nearest, and all of them."""
    if name == "name" and name not in allowed:
        return "leave it out: the name is that of the function or class"
    ours = _OURS.get(name)
    if ours in allowed:
        return f"did you mean {ours!r}? there are: {listed(sorted(allowed))}"
    return did_you_mean(name, allowed)
