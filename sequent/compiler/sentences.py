"""How the first version kept a description: in sentences, which are written here as they were then.

By them it is known whether a flow is what it was when such a run was made: no word in here may change. What may change
without a recovery resting on it stood last in a sentence, and is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sequent.compiler.words import source_text
from sequent.model.description import Description, Part, PartKind, Sentence, SourceKind, ValueSource
from sequent.model.references import dotted
from sequent.model.requirements import AllOf, Atom, Requirement
from sequent.model.spec import Amounts
from sequent.model.status import Claim, Construct

_LAST = "; "
"""Stands before what may change."""
_PART = re.compile(r"(?:[^,;\[({]|\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|[,;](?! ))+")
_CLAIMS = {Claim.SUCCESS: "", Claim.FAILURE: ".failed"}
_CONSTRUCTS = {Construct.INVOKE: "invoked", Construct.THREAD: "in a thread"}
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
    """What a recovery rests on."""
    return Sentence(sentence.text.partition(_LAST)[0])


def sentence_parts(sentence: Sentence) -> list[str]:
    """What it says of that, one thing after the other; what is written in brackets is one."""
    return [part.strip() for part in _PART.findall(sentence_basis(sentence).text)]


def sentences_of(parts: Description) -> dict[str, Sentence]:
    """A flow as the first version described it."""
    return {path: Sentence(", ".join(_words(part)).replace(_LAST, ";")) for path, part in parts.items()}


def _words(part: Part) -> Iterator[str]:
    yield part.kind.value if part.is_container else "step"
    if part.kind is PartKind.FLOW:
        yield from _flow_words(part)
    if part.requires is not None:
        yield f"requires {_requirement(part.requires)}"
    if part.repeats is not None:
        yield f"repeats {_source(part.repeats)}"
    yield from _repeat_words(part.options)
    if part.result:
        yield f"result {part.result}"
    if part.takes:
        yield f"takes {', '.join(sorted(map(_source, part.takes)))}"
    yield from _resource_words(part.options)
    yield from _failure_words(part)


def _flow_words(part: Part) -> Iterator[str]:
    yield from (f"parameter {name}: {annotation}" for name, annotation in sorted(part.params.items()))
    for name, (capacity, is_shared) in sorted(part.pools.items()):
        yield f"pool {name}: {capacity}" + (" shared by all runs" if is_shared else "")
    if "stop_on_exception" in part.options:
        yield "does not stop on exception"


def _repeat_words(options: Mapping[str, Any]) -> Iterator[str]:
    parallel, until = options.get("parallel"), options.get("until")
    if isinstance(parallel, ValueSource):
        yield f"parallel {_source(parallel)}"
    elif parallel is not None:
        yield f"parallel {parallel}" if parallel > 0 else "parallel without limit"
    if until is not None:
        yield "until its result" if until is True else f"until {until}"


def _resource_words(options: Mapping[str, Any]) -> Iterator[str]:
    for name in ("delay", "timeout"):
        if name in options and options[name].kind is not SourceKind.LITERAL:
            yield f"{name} {_source(options[name])}"
    if "acquires" in options:
        yield f"acquires {_amounts(options['acquires'])}"
    if "releases" in options:
        yield f"gives back {_amounts(options['releases'])}"


def _amounts(amounts: Amounts) -> str:
    return " and ".join(f"{amount} of {pool}" for pool, amount in amounts) or "nothing"


def _failure_words(part: Part) -> Iterator[str]:
    options = part.options
    if "handles" in options:
        yield "does not handle"
    if "stop_on_exception" in options and part.kind is not PartKind.FLOW:
        yield "stops on exception" if options["stop_on_exception"] else "does not stop on exception"
    if "recovery" in options:
        yield f"in a recovery {', '.join(f'{status} {act}' for status, act in sorted(options['recovery'].items()))}"
    if "task_construct" in options:
        yield _CONSTRUCTS[options["task_construct"]]


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
