"""An SVG shows every box and arrow, and tells where a run stands in more than colours; text in it stays text."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given

from sequent.errors import Place
from sequent.model.status import RunStatus, Status
from sequent.model.work import CommandWork
from sequent.pictures import Standing, States, notice_of, svg
from tests.compiler.reading import readers
from tests.compiler.writing import amounts, container, flow, items, result, some, step
from tests.flows import flow_specs
from tests.pictures.pictured import pictured

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert("&")</script>\x00\x1b[0m\u202e\ud800'


def tree_of(spec, states=None, **options):
    return ElementTree.fromstring(svg(pictured(spec), states, **options))


def texts(tree):
    return [element.text for element in tree.iter(f"{SVG}text")]


def classes(tree, tag):
    return [element.get("class", "") for element in tree.iter(f"{SVG}{tag}")]


def titles(tree):
    """What is said of each box, by its path."""
    groups = [element.find(f"{SVG}title") for element in tree.iter(f"{SVG}g")]
    lines = [title.text.splitlines() for title in groups if title is not None]
    return {first.partition(":")[0]: [first, *rest] for first, *rest in lines}


@given(flow_specs(asks_results=True))
def test_every_flow_is_drawn_whole_the_same_each_time(spec):
    drawn = svg(pictured(spec))
    assert drawn == svg(pictured(spec))
    tree = ElementTree.fromstring(drawn)
    assert sorted(titles(tree)) == sorted(".".join(path) for _, path, _ in readers(spec.root))
    arrows = sum(len(box.arrows) for box in pictured(spec).flow.walk())
    heads = [words for words in classes(tree, "path") if words.startswith(("head", "choice"))]
    assert len(heads) == arrows


def test_it_can_be_read_out_and_needs_nothing_from_elsewhere():
    drawn = svg(pictured(flow(step("a"), step("b", "a!failed"))))
    tree = ElementTree.fromstring(drawn)
    named, about = tree.find(f"{SVG}title"), tree.find(f"{SVG}desc")
    assert tree.get("role") == "img"
    assert tree.get("aria-labelledby") == f"{named.get('id')} {about.get('id')}"
    assert named.text == "flow"
    assert about.text == "A flow of 2 steps. a. b waits for a.failed."
    assert re.findall('https?:[^"]*', drawn) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"url\(|@import|<image|<script|href", drawn)


def test_both_schemes_have_every_colour():
    drawn = svg(pictured(flow(step("a"))))
    light, dark = re.findall(r"\.sequent-picture \{ (--[^}]*)\}", drawn)
    names = set(re.findall(r"(--[\w-]+):", light))
    assert names == set(re.findall(r"(--[\w-]+):", dark))
    assert set(re.findall(r"var\((--[\w-]+)\)", drawn)) <= names
    assert "@media (prefers-color-scheme: dark)" in drawn


def test_in_a_notebook_it_follows_the_notebooks_theme():
    picture = pictured(flow(step("a")))
    assert "data-jp-theme-light" in svg(picture, is_in_notebook=True)
    assert "data-jp-theme-light" not in svg(picture)


def test_a_container_says_how_it_repeats_what_it_holds_and_what_its_result_is():
    spec = flow(
        step("find"),
        container("each", step("a"), repeats=result("find"), parallel=0, acquires=amounts("db 2"), result="a"),
        container("listed", step("b"), repeats=items(1, 2, 3), parallel=2),
        step("alone", repeats=items(1)),
        pools={"db": 4},
    )
    shown = texts(tree_of(spec))
    assert {"each of find.result, all at once", "acquires 2 of db", "result a"} <= set(shown)
    assert {"\u00d7 3, 2 at a time", "\u00d7 1", "pool db: 4"} <= set(shown)


@pytest.mark.parametrize(
    ("asked", "line", "label"),
    [
        ("a", "wire", None),
        ("a!failed", "wire dashed failure", "failure"),
        ("a!complete", "wire dashed", "complete"),
        ("a!done", "wire dotted", "done"),
        ("a!active", "wire", "active"),
    ],
)
def test_lines_look_like_what_is_asked(asked, line, label):
    tree = tree_of(flow(step("a"), step("b", asked)))
    assert [words for words in classes(tree, "path") if words.startswith("wire")] == [line]
    assert [text for text in texts(tree) if text not in ("flow", "a", "b")] == ([label] if label else [])


def test_any_of_several_ends_in_a_ring_and_all_of_them_in_a_head():
    either = tree_of(flow(step("a"), step("b"), step("c", some("a", "b"))))
    both = tree_of(flow(step("a"), step("b", "a")))
    assert classes(either, "path").count("choice") == 2
    assert "head" not in classes(either, "path")
    assert classes(both, "path").count("head") == 1


def test_a_command_has_a_mark():
    assert "mark" in classes(tree_of(flow(step("a", work=CommandWork(words=())))), "path")
    assert "mark" not in classes(tree_of(flow(step("a"))), "path")


def test_of_a_run_every_box_has_a_sign_and_words_beside_its_colour():
    spec = flow(step("a"), step("b", "a"), container("c", step("d"), requires="a!failed", repeats=items(1, 2)))
    parts = {
        "a": Standing({Status.SUCCESS: 1}),
        "b": Standing({Status.FAILURE: 1}),
        "c": Standing({Status.SUCCESS: 1, Status.ACTIVE: 1}),
    }
    states = States(run="r7", status=RunStatus.RUNNING, parts=parts)
    tree = tree_of(spec, states)
    assert "r7: running" in texts(tree)
    assert {"failure", "1 active, 1 success"} <= set(texts(tree))
    assert {path: lines[0] for path, lines in titles(tree).items()} == {
        "a": "a: success",
        "b": "b: failure",
        "c": "c: 1 active, 1 success",
        "c.d": "c.d: not begun",
    }
    assert classes(tree, "circle").count("dot") == 4
    glyphs = [element.get("d") for element in tree.iter(f"{SVG}path") if element.get("class") == "glyph"]
    assert len(set(glyphs)) == 3
    assert "b (failure)" in tree.find(f"{SVG}desc").text


def test_without_a_run_there_are_no_signs():
    assert classes(tree_of(flow(step("a"))), "circle") == []


def test_text_that_others_wrote_stays_text():
    spec = flow(step("a", place=Place(HOSTILE, 1)), step("b", 'a!returned="<i>&\\"</i>"'), pools=None)
    named = type(spec)(name=HOSTILE, root=spec.root)
    for options in ({}, {"is_in_notebook": True}):
        drawn = svg(pictured(named), **options)
        tree = ElementTree.fromstring(drawn)
        assert "<script" not in drawn
        assert "<i>" not in drawn
        assert "\u202e" not in drawn
        assert '<script>alert("&")</script>' in tree.find(f"{SVG}title").text


def test_a_long_name_is_cut_and_said_whole_beside():
    tree = tree_of(flow(step("a" * 60)))
    assert "a" * 60 in titles(tree)
    assert max(map(len, texts(tree))) < 40


def test_above_a_size_the_deepest_containers_are_folded_and_it_is_said():
    spec = flow(*(container(f"c{at}", container("d", *(step(f"s{n}") for n in range(5)))) for at in range(4)))
    picture = pictured(spec)
    assert notice_of(picture) == ""
    tree = tree_of(spec, most=10)
    assert sorted(titles(tree)) == sorted([*(f"c{at}" for at in range(4)), *(f"c{at}.d" for at in range(4))])
    assert "5 steps inside" in texts(tree)
    notice = "20 of 28 steps and containers are inside folded containers 2 deep"
    assert notice in texts(tree)
    assert notice_of(picture, 10) == notice


def test_of_a_flat_flow_that_is_too_large_the_first_boxes_are_shown_and_the_rest_counted():
    spec = flow(step("a"), *(step(f"s{at}", "a") for at in range(50)))
    tree = tree_of(spec, most=10)
    assert "and 42 more" in texts(tree)
    assert "s7" in texts(tree)
    assert "s8" not in texts(tree)


def test_a_thousand_steps_are_all_drawn():
    spec = flow(step("s0"), *(step(f"s{at}", some(f"s{at - 1}", f"s{at // 2}")) for at in range(1, 1000)))
    assert len(titles(tree_of(spec))) == 1000
