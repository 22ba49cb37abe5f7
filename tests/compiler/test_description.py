"""A flow as data, and as the text that is kept with its runs."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from sequent.compiler import compile_flow, describe
from sequent.errors import NotDataError, Place
from sequent.model.description import (
    Part,
    PartKind,
    Sentence,
    SourceKind,
    ValueSource,
    read_description,
    text_of_description,
)
from sequent.model.references import ItemOf, Literal
from sequent.model.requirements import AllOf, Atom
from sequent.model.spec import ItemsCall
from sequent.model.status import Claim, Construct
from sequent.model.work import CommandWork, FunctionWork, NoWork
from tests.compiler.test_old_descriptions import EVERY_WORD
from tests.compiler.writing import container, flow, items, step
from tests.flows import flow_specs


def kept(parts):
    """A description as it comes back from its text."""
    return read_description(json.loads(text_of_description(parts)))


@given(flow_specs(asks_results=True))
def test_a_description_is_the_same_again(spec):
    parts = describe(spec)
    assert kept(parts) == parts == compile_flow(spec).description


def test_so_it_is_with_every_word():
    assert kept(describe(EVERY_WORD)) == describe(EVERY_WORD)


def test_what_a_part_is_stands_in_its_record():
    spec = flow(
        step("a", work=NoWork()),
        container("b", step("c", "^a", [ItemOf(), "a"]), repeats=items(1, 2), parallel=2, until="c", requires="a!done"),
        step("d", work=CommandWork(words=()), repeats=ItemsCall(name="pages", takes_self=False), retries=2),
        step("e", task_construct=Construct.PROCESS, max_concurrent=0, timeout=Literal("2.0")),
    )
    done, item = Atom(("a",), Claim.DONE), ValueSource(SourceKind.ITEM, "b")
    assert describe(spec) == {
        "": Part(kind=PartKind.FLOW),
        "a": Part(kind=PartKind.NOTHING),
        "b": Part(
            kind=PartKind.CONTAINER,
            requires=done,
            repeats=ValueSource(SourceKind.ITEMS),
            options={"parallel": 2, "until": "c"},
            count=2,
        ),
        "b.c": Part(
            kind=PartKind.STEP,
            requires=Atom(("a",), Claim.SUCCESS),
            takes=(item, ValueSource(SourceKind.RESULT, "a")),
        ),
        "d": Part(kind=PartKind.COMMAND, repeats=ValueSource(SourceKind.CALL), options={"retries": 2}),
        "e": Part(kind=PartKind.STEP, options={"timeout": ValueSource(SourceKind.LITERAL, text="2.0")}),
    }


def test_lines_and_items_are_known_and_not_kept():
    parts = describe(flow(step("a", repeats=items(1, 2))))
    assert (parts["a"].items, parts["a"].place is None) == ("[1,2]", False)
    assert (kept(parts)["a"].items, kept(parts)["a"].place) == ("", None)


def test_a_requirement_is_the_same_however_it_was_written():
    spec = flow(step("a"), step("b"), step("c", AllOf((Atom(("b",), Claim.SUCCESS), Atom(("a",), Claim.SUCCESS)))))
    other = flow(step("a"), step("b"), step("c", "a", ["b", "a"]))
    assert describe(spec)["c"].requires == describe(other)["c"].requires


def test_what_the_first_version_kept_are_sentences():
    assert read_description({"": "flow", "version": "step"}) == {"": Sentence("flow"), "version": Sentence("step")}


BAD = [
    [],
    "x",
    None,
    {"": 5},
    {"version": 3, "parts": {}},
    {"version": 2},
    {"version": 2, "parts": {"a": {}}},
    *(
        {"version": 2, "parts": {"a": {"kind": "step", **part}}}
        for part in (
            {"kind": "nobody"},
            {"more": 1},
            {"requires": ["a"]},
            {"requires": ["a", "wrong"]},
            {"requires": {"all": [], "any": []}},
            {"requires": {}},
            {"requires": {"other": []}},
            {"requires": None},
            {"requires": [5, "done"]},
            {"requires": ["a", "returned", [5]]},
            {"repeats": {"kind": "item", "name": 5}},
            {"takes": [{"kind": "part", "keys": [None]}]},
            {"takes": 5},
            {"options": {"retries": None}},
            {"options": {"retries": [2]}},
            {"options": {"delay": {"kind": "literal", "text": 5}}},
            {"options": {"delay": {"kind": "literal", "text": "soon"}}},
            {"options": {"timeout": {"kind": "literal", "text": "null"}}},
            {"options": {"parallel": "many"}},
            {"options": {"task_construct": "wrong"}},
            {"options": {"acquires": [["db"]]}},
            {"options": {"acquires": [[1, "db"]]}},
            {"pools": {"db": 5}},
            {"params": {"day": 5}},
            {"result": 5},
            {"options": {"backoff": ["x"]}},
            {"options": {"retry_on": [None]}},
            {"options": {"recovery": {"wrong": "rerun"}}},
            {"count": "2"},
            {"count": True},
            {"count": None},
        )
    ),
]


@pytest.mark.parametrize("tree", BAD, ids=json.dumps)
def test_what_is_no_description_is_refused(tree):
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError, NotDataError)):
        read_description(tree)


def test_a_step_of_its_own_fingerprint_tells_its_code():
    plain = CommandWork(words=(Literal('"cp"'), ItemOf(Place("x.py", 1))))
    moved = CommandWork(words=(Literal('"cp"'), ItemOf(Place("x.py", 9))))
    other = CommandWork(words=(Literal('"mv"'), ItemOf(Place("x.py", 1))))
    one, two, three = (
        compile_flow(flow(step("a", work=work, repeats=items(1)))).nodes[2].fingerprint
        for work in (plain, moved, other)
    )
    assert one == two != three
    assert (
        compile_flow(flow(step("a"), step("b", work=FunctionWork("f", takes_self=False, fingerprint="abc"))))
        .nodes[2]
        .fingerprint
        == "abc"
    )
