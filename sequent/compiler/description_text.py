"""A description in words, for differences, drawings and plans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sequent.model.description import Part, PartKind, SourceKind, ValueSource
from sequent.model.hosts import hosts_in
from sequent.model.option_table import OPTIONS
from sequent.model.references import dotted
from sequent.model.requirements import AllOf, Atom, Requirement
from sequent.model.status import Claim
from sequent.model.value_text import decode

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
    SourceKind.CALL: "a callable's items",
}


def part_words(part: Part) -> list[str]:
    """Return all properties of a part in words, one by one."""
    kind = part.kind.value if part.is_container else PartKind.STEP.value
    params = [f"parameter {name}: {annotation}" for name, annotation in part.params.items()]
    pools = [f"pool {name}: {most}{' shared by all runs' * shared}" for name, (most, shared) in part.pools.items()]
    requires = [f"requires {requirement_text(part.requires)}"] if part.requires else []
    repeats = [f"repeats {source_text(part.repeats)}"] if part.repeats else []
    result = [f"result {part.result}"] if part.result else []
    takes = [f"takes {', '.join(sorted(map(source_text, part.takes)))}"] if part.takes else []
    return [kind, *params, *pools, *requires, *repeats, *result, *takes, *option_words(part)]


def option_words(part: Part, options: Iterable[str] = OPTIONS) -> list[str]:
    """Return some options of a part in words."""
    return [text for name in options if name in part.options and (text := _option_text(name, part.options[name]))]


def _option_text(name: str, value: object) -> str:
    if not isinstance(value, ValueSource):
        return OPTIONS[name].words(value)
    if value.kind is not SourceKind.LITERAL:
        return f"{name} {source_text(value)}"
    return OPTIONS[name].words(decode(value.text))


def part_hosts(part: Part) -> list[str] | str | None:
    """Return the hosts that a part has copies on, or their source in words; None if it has no copies."""
    source = part.options.get("hosts")
    if source is None or source.kind is not SourceKind.LITERAL:
        return None if source is None else source_text(source)
    return hosts_in(source.text)


def claim_words(claim: Atom) -> str:
    """Return a claim as it is written after a name; '' for a success."""
    if claim.claim is Claim.RETURNED:
        return f"returned({', '.join(claim.values)})"
    if claim.is_stand_in:
        return "result_or"
    return {Claim.SUCCESS: "", Claim.FAILURE: "failed"}.get(claim.claim, claim.claim.value)


def claim_text(claim: Atom, name: str = "") -> str:
    """Return a claim as it would be written: with the whole path, or under another name."""
    return ".".join(filter(None, (name or dotted(claim.path), claim_words(claim))))


def requirement_text(requirement: Requirement, text_of: Callable[[Atom], str] = claim_text) -> str:
    """Return a requirement as it would be written."""
    if isinstance(requirement, Atom):
        return text_of(requirement)
    texts = ((part, requirement_text(part, text_of)) for part in requirement.parts)
    sign = " & " if isinstance(requirement, AllOf) else " | "
    return sign.join(text if isinstance(part, Atom) else f"({text})" for part, text in texts)


def source_text(source: ValueSource, forms: Mapping[SourceKind, str] = _SOURCES) -> str:
    """Return the source of a value in words.

    Args:
        source: the source.
        forms: the words for each kind.
    """
    parts = [source_text(part, forms) for part in source.parts]
    if source.kind is SourceKind.DICT:
        parts = [f"{key}: {part}" for key, part in zip(source.keys, parts, strict=True)]
    keys = "".join(f"[{key!r}]" for key in source.keys)
    return forms[source.kind].format(name=source.name, text=source.text, parts=", ".join(parts), keys=keys)
