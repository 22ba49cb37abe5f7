"""Drawings show every step, what is inside what, and what waits for what."""

import json
import re

from hypothesis import given

from sequent.compiler import draw
from sequent.errors import Place
from sequent.model.spec import CommandWork, NoWork
from tests.compiler.reading import readers
from tests.compiler.writing import container, flow, items, result, some, step
from tests.flows import flow_specs

SPEC = flow(
    step("a", place=Place("flow.py", 3)),
    container("b", step("c", work=CommandWork(words=())), repeats=items(1, 2), parallel=2, requires="a!failed"),
    step("d", some("a", "b!done")),
    step("e", repeats=result("a")),
)


def test_mermaid_nests_containers_and_labels_arrows():
    assert (
        draw.mermaid(SPEC)
        == """\
flowchart LR
    n1["a"]
    subgraph n2["b (repeats 2 at once)"]
        n3["c"]
    end
    n4["d"]
    n5["e (repeats)"]
    n1 -->|failure| n2
    n1 -.-> n4
    n2 -.->|done| n4
    n1 --> n5
"""
    )


def test_dot_nests_containers_and_cuts_arrows_at_their_frames():
    assert (
        draw.dot(SPEC)
        == """\
digraph "flow" {
    rankdir=LR; compound=true; node [shape=box];
    n1 [label="a"];
    subgraph cluster_2 {
        label="b (repeats 2 at once)";
        n3 [label="c"];
    }
    n4 [label="d"];
    n5 [label="e (repeats)"];
    n1 -> n3 [label="failure" lhead=cluster_2];
    n1 -> n4 [style=dashed];
    n3 -> n4 [label="done" style=dashed ltail=cluster_2];
    n1 -> n5;
}
"""
    )


def test_json_has_every_node_and_every_arrow():
    document = json.loads(draw.as_json(SPEC))
    assert document["flow"] == "flow"
    assert [node["path"] for node in document["nodes"]] == ["a", "b", "b.c", "d", "e"]
    assert [node["kind"] for node in document["nodes"]] == ["step", "container", "command", "step", "step"]
    assert document["nodes"][0]["place"] == {"file": "flow.py", "line": 3}
    assert document["nodes"][1]["requires"] == "a.failed"
    assert document["nodes"][4]["repeats"] == "a.result"
    assert document["arrows"][1] == {"from": "a", "to": "d", "status": "success", "choice": True}


def test_texts_are_quoted_as_the_forms_want():
    spec = flow(step("a", work=NoWork()))
    strange = type(spec)(name='a "b" \\ c', root=spec.root)
    assert draw.dot(strange).startswith('digraph "a \\"b\\" \\\\ c" {')
    assert json.loads(draw.as_json(strange))["flow"] == 'a "b" \\ c'
    assert json.loads(draw.as_json(strange))["nodes"][0]["kind"] == "nothing"


@given(flow_specs())
def test_every_flow_can_be_drawn_whole(spec):
    nodes = list(readers(spec.root))
    document = json.loads(draw.as_json(spec))
    assert [node["path"] for node in document["nodes"]] == [".".join(path) for _, path, _ in nodes]
    for text, opens, closes in ((draw.mermaid(spec), "subgraph", r"^ *end$"), (draw.dot(spec), r"\{$", r"\}$")):
        assert len(re.findall(opens, text, re.MULTILINE)) == len(re.findall(closes, text, re.MULTILINE))
    assert draw.mermaid(spec).count('["') == len(nodes)
    assert len(re.findall(" -{1,2}\\.?-?>", draw.mermaid(spec))) == len(document["arrows"])
    assert draw.dot(spec).count(" -> ") == len(document["arrows"])
