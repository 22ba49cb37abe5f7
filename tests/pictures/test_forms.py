"""Drawings show every step, what is inside what, and what waits for what."""

import re

from hypothesis import given

from sequent.errors import Place
from sequent.model.description import PartKind
from sequent.model.references import ItemOf, Literal, ResultOr
from sequent.model.status import Claim
from sequent.model.work import CommandWork, NoWork
from sequent.pictures import document_of, dot, mermaid
from sequent.pictures.picture import Arrow
from tests.compiler.reading import readers
from tests.compiler.writing import VALUE, amounts, container, every, flow, items, result, some, step
from tests.flows import flow_specs
from tests.pictures.pictured import pictured

SPEC = flow(
    step("a", place=Place("flow.py", 3)),
    container("b", step("c", work=CommandWork(words=())), repeats=items(1, 2), parallel=2, requires="a!failed"),
    step("d", some("a", "b!done")),
    step("e", repeats=result("a"), acquires=amounts("db 2")),
    step("f", 'a!returned="x"'),
    pools={"db": 4},
)


def test_mermaid_nests_containers_labels_arrows_and_dashes_failures():
    assert (
        mermaid(pictured(SPEC))
        == """\
flowchart LR
    n1["a"]
    subgraph n2["b (repeats, 2 at a time)"]
        n3["c"]
    end
    n4["d"]
    n5["e (repeats, acquires 2 of db)"]
    n7["f"]
    p1[("db: 4")]
    n1 -.->|failure| n2
    n1 --o n4
    n2 --o|done| n4
    n1 --> n5
    n1 -->|"returned(#34;x#34;)"| n7
"""
    )


def test_dot_nests_containers_and_cuts_arrows_at_their_frames():
    assert (
        dot(pictured(SPEC))
        == """\
digraph "flow" {
    rankdir=LR; compound=true; node [shape=box];
    n1 [label="a"];
    subgraph cluster_2 {
        label="b (repeats, 2 at a time)";
        n3 [label="c"];
    }
    n4 [label="d"];
    n5 [label="e (repeats, acquires 2 of db)"];
    n7 [label="f"];
    p1 [label="db: 4" shape=cylinder];
    n1 -> n3 [label="failure" style=dashed lhead=cluster_2];
    n1 -> n4 [arrowhead=odot];
    n3 -> n4 [label="done" arrowhead=odot ltail=cluster_2];
    n1 -> n5;
    n1 -> n7 [label="returned(\\"x\\")"];
}
"""
    )


def test_json_has_every_node_every_arrow_and_every_pool():
    document = document_of(pictured(SPEC))
    assert document["flow"] == "flow"
    assert [node["path"] for node in document["nodes"]] == ["a", "b", "b.c", "d", "e", "f"]
    assert [node["kind"] for node in document["nodes"]] == ["step", "container", "command", "step", "step", "step"]
    assert document["nodes"][0]["place"] == {"file": "flow.py", "line": 3}
    assert document["nodes"][1]["requires"] == "a.failed"
    assert document["nodes"][4]["repeats"] == "a.result"
    assert document["nodes"][4]["acquires"] == {"db": 2}
    assert document["arrows"][1] == {"from": "a", "to": "d", "status": "success", "label": None, "choice": True}
    assert document["pools"] == [{"name": "db", "capacity": 4, "shared": False}]


def test_a_picture_nests_boxes_and_draws_arrows_between_those_of_one_box():
    inner = container("c", step("d", "^a"), step("e", "b.c.d!failed"))
    spec = flow(
        step("a"), container("b", inner, step("f", takes=[ResultOr(("a",), VALUE)]), until="f", repeats=items(1))
    )
    root = pictured(spec).flow
    (a, b) = root.boxes
    assert [(box.path, box.kind) for box in root.walk()] == [
        *(("", PartKind.FLOW), ("a", PartKind.STEP), ("b", PartKind.CONTAINER), ("b.c", PartKind.CONTAINER)),
        *(("b.c.d", PartKind.STEP), ("b.c.e", PartKind.STEP), ("b.f", PartKind.STEP)),
    ]
    assert b.notes == ("repeats", "until f")
    assert root.arrows == (
        Arrow("a", "b", ("b.c.d",), Claim.SUCCESS, "", False),
        Arrow("a", "b", ("b.f",), Claim.DONE, "result_or", False),
    )
    assert [arrow.is_failure for arrow in b.boxes[0].arrows] == [True]
    assert a.arrows == b.arrows == ()


def test_a_box_says_how_it_repeats_waits_and_what_it_holds():
    inner = step("b", delay=ItemOf(), repeats=items(1), parallel=0, until=True)
    spec = flow(
        container("a", inner, delay=Literal("90.0"), repeats=items(1), acquires=amounts("db 1")), pools={"db": 1}
    )
    assert {box.path: box.notes for box in pictured(spec).flow.walk()} == {
        "": (),
        "a": ("repeats", "delay 1m 30s", "acquires 1 of db"),
        "a.b": ("repeats, all at once", "until its result", "delay the item of a.b"),
    }


def test_what_is_all_of_a_part_of_which_any_is_enough_is_a_choice():
    spec = flow(step("a"), step("b"), step("c"), step("d"), step("e", every("d", some("c", every("a", "b")))))
    assert {arrow.source: arrow.is_choice for arrow in pictured(spec).flow.arrows} == {
        "a": True,
        "b": True,
        "c": True,
        "d": False,
    }


def test_arrows_from_several_inside_are_one_between_their_boxes():
    spec = flow(step("a"), container("b", step("c", "^a"), step("d", "^a")))
    assert pictured(spec).flow.arrows == (Arrow("a", "b", ("b.c", "b.d"), Claim.SUCCESS, "", False),)
    assert len(document_of(pictured(spec))["arrows"]) == 2


def test_texts_are_quoted_as_the_forms_want():
    spec = flow(step("a", work=NoWork()))
    strange = type(spec)(name='a "b" \\ c', root=spec.root)
    assert dot(pictured(strange)).startswith('digraph "a \\"b\\" \\\\ c" {')
    assert document_of(pictured(strange))["flow"] == 'a "b" \\ c'
    assert document_of(pictured(strange))["nodes"][0]["kind"] == "nothing"


@given(flow_specs(asks_results=True))
def test_every_flow_can_be_drawn_whole(spec):
    nodes = list(readers(spec.root))
    document = document_of(pictured(spec))
    assert [node["path"] for node in document["nodes"]] == [".".join(path) for _, path, _ in nodes]
    for text, opens, closes in (
        (mermaid(pictured(spec)), "subgraph", r"^ *end$"),
        (dot(pictured(spec)), r"\{$", r"\}$"),
    ):
        assert len(re.findall(opens, text, re.MULTILINE)) == len(re.findall(closes, text, re.MULTILINE))
    assert mermaid(pictured(spec)).count('["') == len(nodes)
    assert len(re.findall(r" -(-|\.-)[o>]", mermaid(pictured(spec)))) == len(document["arrows"])
    assert dot(pictured(spec)).count(" -> ") == len(document["arrows"])
