"""Describes a flow whose names are resolved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from sequent.compiler.analysis import analyse
from sequent.compiler.description_text import source_text
from sequent.compiler.run_counts import count_of
from sequent.compiler.tree import Tree, TreeNode
from sequent.model.description import NO_OPTIONS, Part, PartKind, SourceKind, ValueSource, distinct
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
from sequent.model.option_table import OPTIONS, said
from sequent.model.references import Literal
from sequent.model.spec import ContainerSpec, FlowSpec, StepSpec
from sequent.model.status import Construct
from sequent.model.value_text import decode
from sequent.model.work import CommandWork, NoWork, QuestionWork, Template

_DESCRIBED = tuple(name for name in OPTIONS if name not in ("requires", "repeats"))
"""The options of a part; for the two others it has fields of its own."""


def describe(spec: FlowSpec) -> dict[str, Part]:
    """Return the description of a flow.

    Raises:
        InvalidFlowError: the flow has mistakes.
    """
    return description_of(analyse(spec)[0])


def description_of(tree: Tree) -> dict[str, Part]:
    """Return the description of a flow whose names are resolved."""
    return {node.text: _part(tree, node) for node in tree.nodes}


def _part(tree: Tree, node: TreeNode) -> Part:
    taken = [*node.inputs, *(value for value in node.attributes.values() if value is not None)]
    part = Part(
        kind=_kind(node),
        requires=node.condition,
        repeats=None if node.repeats is None else _items(node.repeats, tree),
        takes=distinct(_source(value, tree) for value in taken) if taken else (),
        options=_options(node, tree),
        result=node.spec.result or "" if isinstance(node.spec, ContainerSpec) else "",
        count=None if node.repeats is None else count_of(node),
        place=node.spec.place,
        items=node.repeats.text if isinstance(node.repeats, ItemsLiteralPlan) else "",
        question=_question(node, tree),
        answer=_answer(node),
        returns=node.spec.returns if isinstance(node.spec, StepSpec) else "",
    )
    return part if node.parent is not None else _flow(part, tree.spec)


def _flow(part: Part, spec: FlowSpec) -> Part:
    """Describe the flow itself, with its own fields."""
    config = {"max_concurrent": spec.config.max_concurrent}
    if not spec.config.stop_on_exception:
        config["stop_on_exception"] = False
    return evolve(
        part,
        options={**part.options, **{name: value for name, value in config.items() if value is not None}},
        params={param.name: param.type for param in spec.params},
        pools={pool.name: (pool.capacity, pool.is_shared) for pool in spec.pools},
    )


def _kind(node: TreeNode) -> PartKind:
    if isinstance(node.spec, ContainerSpec):
        return PartKind.FLOW if node.parent is None else PartKind.CONTAINER
    if isinstance(node.spec.work, NoWork):
        return PartKind.NOTHING
    if isinstance(node.spec.work, QuestionWork):
        return PartKind.QUESTION
    return PartKind.COMMAND if isinstance(node.spec.work, CommandWork) else PartKind.STEP


def _answer(node: TreeNode) -> Mapping[str, str]:
    work = node.spec.work if isinstance(node.spec, StepSpec) else None
    if not isinstance(work, QuestionWork) or not work.answer:
        return {}
    return dict(work.fields) or {"": work.answer}


def _question(node: TreeNode, tree: Tree) -> str:
    """Return the question of a step, with the sources of references in braces; '' if it asks none."""
    work = node.spec.work if isinstance(node.spec, StepSpec) else None
    if not isinstance(work, QuestionWork):
        return ""
    if not isinstance(work.text, Template):
        return str(decode(work.text.text)) if isinstance(work.text, Literal) else ""
    sources = iter(node.inputs)
    texts: list[str] = []
    for part in work.text.parts:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part.value, Literal):
            texts.append(str(decode(part.value.text)))
        else:
            texts.append(f"{{{source_text(_source(next(sources), tree))}}}")
    return "".join(texts)


def _options(node: TreeNode, tree: Tree) -> Mapping[str, Any]:
    options = said(node.spec, _DESCRIBED)
    options |= {name: _source(node.values[name], tree) for name in options if name in node.values}
    if "hosts" in options and not node.is_copied:
        del options["hosts"]
    if options.get("max_concurrent", 1) < 1:
        del options["max_concurrent"]
    if options.get("task_construct") is Construct.PROCESS or _kind(node) is PartKind.QUESTION:
        options.pop("task_construct", None)
    return options or NO_OPTIONS


def _items(items: ItemsPlan, tree: Tree) -> ValueSource:
    if isinstance(items, ItemsLiteralPlan):
        return ValueSource(SourceKind.ITEMS)
    return ValueSource(SourceKind.CALL) if isinstance(items, ItemsCallPlan) else _source(items, tree)


def _source(value: Input, tree: Tree) -> ValueSource:
    def name(index: int) -> str:
        return tree.by_index[index].text

    match value:
        case ResultInput():
            return ValueSource(SourceKind.RESULT, name(value.node))
        case ResultOrInput():
            return ValueSource(SourceKind.RESULT_OR, name(value.node), value.default)
        case FailuresInput():
            return ValueSource(SourceKind.FAILURES, name(value.node))
        case ItemInput():
            return ValueSource(SourceKind.ITEM, name(value.container))
        case PreviousInput():
            return ValueSource(SourceKind.PREVIOUS, name(value.container), parts=(_source(value.start, tree),))
        case PartInput():
            return ValueSource(SourceKind.PART, parts=(_source(value.whole, tree),), keys=value.keys)
        case ParamInput():
            return ValueSource(SourceKind.PARAM, value.name)
        case LiteralInput():
            return ValueSource(SourceKind.LITERAL, text=value.text)
        case CompoundInput():
            parts = tuple(_source(part, tree) for part in value.parts)
            return ValueSource(SourceKind(value.form.value), parts=parts, keys=value.keys)
