"""Values and options as people read them: in differences, drawings and plans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

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
from sequent.model.options import OPTIONS, Written, said
from sequent.model.references import CompoundForm
from sequent.model.wire import decode

Name = Callable[[int], str]
"""Gives the dotted path of a node by its index."""


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


def option_words(
    written: Written, values: Mapping[str, Input], name: Name, options: Iterable[str] = OPTIONS
) -> dict[str, str]:
    """How each option is told that says something, by its name; but for what is required and repeated over.

    Args:
        written: a step or container, as specified or as planned.
        values: where its options come from that may be known only while running.
        name: gives the dotted path of a node.
        options: which are told.
    """
    told: dict[str, str] = {}
    for option, value in said(written, options).items():
        source = values.get(option)
        if source is None:
            told[option] = OPTIONS[option].words(value)
        elif isinstance(source, LiteralInput):
            told[option] = OPTIONS[option].words(decode(source.text))
        else:
            told[option] = f"{option} {input_text(source, name)}"
    return {option: text for option, text in told.items() if text}
