"""Values, waits and amounts as people read them: in differences, drawings and plans."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sequent.model.inputs import (
    CompoundInput,
    FailuresInput,
    Input,
    ItemInput,
    ItemsCallPlan,
    ItemsLiteralPlan,
    ItemsPlan,
    LiteralInput,
    ParamInput,
    PartInput,
    PreviousInput,
    ResultInput,
    ResultOrInput,
)
from sequent.model.references import CompoundForm
from sequent.model.spec import AT_ONCE, Amounts, Backoff
from sequent.model.wire import decode

Name = Callable[[int], str]
"""Gives the dotted path of a node by its index."""

_UNITS = (("d", 86400.0), ("h", 3600.0), ("m", 60.0))


def input_text(value: Input, name: Name) -> str:
    """Where a value comes from."""
    match value:
        case ResultInput():
            return f"{name(value.node)}.result"
        case ResultOrInput():
            return f"{name(value.node)}.result_or({value.default})"
        case FailuresInput():
            return f"{name(value.node)}.failures"
        case ItemInput():
            return f"the item of {name(value.container)}"
        case PreviousInput():
            return f"the previous result of {name(value.container)}, first {input_text(value.start, name)}"
        case PartInput():
            return f"{input_text(value.whole, name)}{''.join(f'[{key!r}]' for key in value.keys)}"
        case ParamInput():
            return f"the parameter {value.name}"
        case LiteralInput():
            return value.text
        case CompoundInput():
            texts = [input_text(part, name) for part in value.parts]
            if value.form is CompoundForm.DICT:
                return f"{{{', '.join(f'{key}: {text}' for key, text in zip(value.keys, texts, strict=True))}}}"
            return f"[{', '.join(texts)}]" if value.form is CompoundForm.LIST else f"({', '.join(texts)})"


def items_text(items: ItemsPlan | None, name: Name) -> str:
    """What is repeated over, but for the items themselves."""
    if items is None or isinstance(items, ItemsLiteralPlan):
        return "a list"
    return "what a callable gives" if isinstance(items, ItemsCallPlan) else input_text(items, name)


def wait_text(value: Input, name: Name) -> str:
    """A delay or a timeout: a length of time, a moment, or where it comes from."""
    if not isinstance(value, LiteralInput):
        return input_text(value, name)
    known = decode(value.text)
    if isinstance(known, datetime):
        return f"until {known.isoformat()}"
    return span_text(known) if isinstance(known, float) else value.text


def span_text(seconds: float) -> str:
    """A length of time, as it would be written: 1h 30m."""
    words: list[str] = []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        words += [f"{count:g}{unit}"] if count else []
    if seconds or not words:
        words.append(f"{seconds:g}s")
    return " ".join(words)


def amounts_text(amounts: Amounts) -> str:
    """So much of each pool."""
    return " and ".join(f"{amount} of {pool}" for pool, amount in amounts) or "nothing"


def resource_words(acquires: Amounts, releases: Amounts | None) -> Iterator[str]:
    """What a step or container acquires and gives back."""
    if acquires:
        yield f"acquires {amounts_text(acquires)}"
    if releases is not None:
        yield f"gives back {amounts_text(releases)}"


def attempt_words(retries: int, backoff: Backoff, retry_on: tuple[str | int, ...]) -> Iterator[str]:
    """How often and after what a step is tried again."""
    if retries:
        yield f"retries {retries}"
    if backoff != AT_ONCE:
        yield f"waits {_backoff_text(backoff)}"
    if retry_on:
        yield f"retries on {', '.join(map(str, retry_on))}"


def _backoff_text(backoff: Backoff) -> str:
    if backoff.factor == 1:
        growth = ""
    else:
        ceiling = f" up to {span_text(backoff.ceiling)}" if backoff.ceiling is not None else ""
        growth = f", each time {backoff.factor:g} times as long{ceiling}"
    jitter = f", give or take {backoff.jitter:.0%}" if backoff.jitter else ""
    return f"{span_text(backoff.first)}{growth}{jitter}"
