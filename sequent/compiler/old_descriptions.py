"""Descriptions as the first version kept them: in sentences, which are written here as they were then.

They tell whether a flow has changed since such a run was made, so no word in here may change. Parts that may change
without an effect on a recovery came last in a sentence, and are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sequent.compiler.description_text import source_text
from sequent.model.description import Description, Part, PartKind, Sentence, SourceKind, ValueSource
from sequent.model.references import dotted
from sequent.model.requirements import AllOf, Atom, Requirement
from sequent.model.spec import Amounts
from sequent.model.status import Claim, Construct

_LAST = "; "
"""The sign before the parts that may change."""
_PART = re.compile(r"(?:[^,;\[({]|\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|[,;](?! ))+")
_CLAIMS = {Claim.SUCCESS: "", Claim.FAILURE: ".failed"}
_SOURCES: Mapping[SourceKind, str] = {
    SourceKind.RESULT: "{name}.result",
    SourceKind.RESULT_OR: "{name}.result_or({text})",
    SourceKind.FAILURES: "{name}.failures",
    SourceKind.ITEM: "the item of {name}",
    SourceKind.PREVIOUS: "the previous result of {name}, first {parts}",
    SourceKind.PARAM: "the parameter {name}",
    SourceKind.LITERAL: "{text}",
    SourceKind.PART: "{parts}{keys}",
    SourceKind.LIST: "[{parts}]",
    SourceKind.TUPLE: "({parts})",
    SourceKind.DICT: "{{{parts}}}",
    SourceKind.ITEMS: "a list",
    SourceKind.CALL: "what a callable gives",
}


def sentence_basis(sentence: Sentence) -> Sentence:
    """Return the part of a sentence that a recovery depends on."""
    return Sentence(sentence.text.partition(_LAST)[0])


def sentence_parts(sentence: Sentence) -> list[str]:
    """Return the parts of a sentence, in order; a pair of brackets is one part."""
    return [part.strip() for part in _PART.findall(sentence_basis(sentence).text)]


def sentences_of(parts: Description) -> dict[str, Sentence]:
    """Describe a flow as the first version did."""
    return {path: Sentence(", ".join(_words(part)).replace(_LAST, ";")) for path, part in parts.items()}


def _words(part: Part) -> Iterator[str]:
    told = {name: _option(name, part.options[name]) for name in [*_OPTIONS, *part.options] if _is_told(name, part)}
    yield part.kind.value if part.is_container else "step"
    yield from (f"parameter {name}: {annotation}" for name, annotation in sorted(part.params.items()))
    for name, (capacity, is_shared) in sorted(part.pools.items()):
        yield f"pool {name}: {capacity}{' shared by all runs' if is_shared else ''}"
    if part.kind is PartKind.FLOW and "stop_on_exception" in told:
        yield told.pop("stop_on_exception")
    if part.requires is not None:
        yield f"requires {_requirement(part.requires)}"
    if part.repeats is not None:
        yield f"repeats {_source(part.repeats)}"
    yield from (told.pop(name) for name in ("parallel", "until") if name in told)
    if part.result:
        yield f"result {part.result}"
    if part.takes:
        yield f"takes {', '.join(sorted(map(_source, part.takes)))}"
    yield from told.values()


def _is_told(name: str, part: Part) -> bool:
    """Return whether an option was in a sentence; newer options are not in a stored one."""
    return name in part.options and not part.only_tunes(name)


def _option(name: str, value: Any) -> str:
    return f"{name} {_source(value)}" if isinstance(value, ValueSource) else _OPTIONS.get(name, str)(value)


def _amounts(amounts: Amounts) -> str:
    return " and ".join(f"{amount} of {pool}" for pool, amount in amounts) or "nothing"


_OPTIONS: Mapping[str, Callable[[Any], str]] = {
    "parallel": lambda most: f"parallel {most}" if most > 0 else "parallel without limit",
    "until": lambda until: "until its result" if until is True else f"until {until}",
    "delay": str,
    "timeout": str,
    "acquires": lambda amounts: f"acquires {_amounts(amounts)}",
    "releases": lambda amounts: f"gives back {_amounts(amounts)}",
    "handles": lambda _: "does not handle",
    "stop_on_exception": lambda stops: "stops on exception" if stops else "does not stop on exception",
    "recovery": lambda actions: (
        f"in a recovery {', '.join(f'{status} {act}' for status, act in sorted(actions.items()))}"
    ),
    "task_construct": {Construct.INVOKE: "invoked", Construct.THREAD: "in a thread"}.__getitem__,
}
"""By name, in the order in which sentences had them."""


def _requirement(requirement: Requirement) -> str:
    if not isinstance(requirement, Atom):
        texts = sorted((_requirement(part), isinstance(part, Atom)) for part in requirement.parts)
        sign = " & " if isinstance(requirement, AllOf) else " | "
        return sign.join(text if is_claim else f"({text})" for text, is_claim in texts)
    path = dotted(requirement.path)
    if requirement.claim is Claim.RETURNED:
        return f"{path}.returned({', '.join(requirement.values)})"
    if requirement.is_stand_in:
        return f"{path}.result_or"
    return f"{path}{_CLAIMS.get(requirement.claim, '.' + requirement.claim.value)}"


def _source(source: ValueSource) -> str:
    return source_text(source, _SOURCES)
