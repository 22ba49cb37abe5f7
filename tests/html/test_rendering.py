"""Templates escape everything that is not a drawing of our own, and the style sheet has both schemes."""

from __future__ import annotations

import re

import pytest
from jinja2 import UndefinedError

from sequent.html.rendering import environment, markup, rendered
from sequent.html.stylesheet import stylesheet
from sequent.view.text import GLYPHS

HOSTILE = "</style><script>alert(1)</script>\"'&\x1b[31m\u202eevil\udc80\x00"


def shown(template, **names):
    return environment().from_string(template).render(**names)


def test_text_is_escaped_wherever_it_stands():
    seen = shown('<p title="{{ it }}">{{ it }}</p>', it=HOSTILE)
    assert "<script" not in seen
    assert seen.count('"') == 2
    assert not {"\x1b", "\u202e", "\udc80", "\x00"} & {*seen}
    assert "\\u202e" in seen
    seen.encode()


def test_a_drawing_of_our_own_is_written_as_it_is():
    assert shown("{{ it }}", it=markup("<svg/>")) == "<svg/>"


def test_a_name_that_is_missing_is_an_error():
    with pytest.raises(UndefinedError):
        shown("{{ missing }}")


def test_a_page_stands_by_itself():
    page = rendered("base.html")
    assert stylesheet() in page
    assert "<script" not in page
    assert not re.search(r"(src|href)=", page)
    assert "url(" not in page
    assert "@import" not in page


def test_every_status_is_a_glyph_and_a_word():
    for word, glyph in GLYPHS.items():
        seen = shown("{% import 'run_pieces.html' as pieces %}{{ pieces.status(word) }}", word=word)
        assert f">{glyph}</span>" in seen
        assert f">{word}</span>" in seen


def test_the_reader_may_choose_either_scheme_and_paper_is_light():
    rules = stylesheet()
    dark = "--sequent-page: #161514"
    parts = [part for part in rules.splitlines() if dark in part]
    assert len(parts) == 2
    assert all(part.startswith("@media screen") for part in parts)
    assert "#theme-dark:checked" in parts[1]
    assert sum("--sequent-page: #ffffff" in line for line in rules.splitlines()) == 2
