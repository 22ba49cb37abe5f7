"""Notes are Markdown that can do nothing to their readers: no HTML, no pictures, and three kinds of links."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequent.html.markdown import note_html

RIGHT = {"p", "br", "a", "strong", "em", "s", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "h4", "h5", "h6"}
RIGHT |= {"table", "thead", "tbody", "tr", "th", "td", "body"}


def elements(text):
    return [*ET.fromstring(f"<body>{note_html(text)}</body>").iter()]


def test_short_markdown_is_what_it_looks_like():
    shown = str(
        note_html("# Rows\n\n**12** of *13*, ~~14~~ `x`\nnext\n\n- one\n- two\n\n3. third\n\n> said\n\n```py\na\n```")
    )
    assert shown.startswith(
        "<h4>Rows</h4>\n<p><strong>12</strong> of <em>13</em>, <s>14</s> <code>x</code><br />\nnext</p>"
    )
    for part in (
        "<ul>\n<li>one</li>",
        '<ol start="3">\n<li>third</li>',
        "<blockquote>\n<p>said</p>",
        "<pre><code>a\n</code></pre>",
    ):
        assert part in shown
    assert "<h6>Far down</h6>" in note_html("##### Far down")


def test_a_table_is_one_with_its_numbers_on_the_right():
    shown = note_html("|day|rows|\n|-|-:|\n|Mon|12|")
    assert '<th>day</th>\n<th class="number">rows</th>' in shown
    assert '<td>Mon</td>\n<td class="number">12</td>' in shown


def test_a_table_that_would_be_longer_than_its_text_stays_text():
    text = "|a" * 200 + "\n" + "|-" * 200 + "\n" + "x\n" * 500
    assert "<table" not in note_html(text)
    assert len(note_html(text)) < 4 * len(text)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a <b onclick=x>b</b>",
        "<!-- x -->",
        "<?x?>",
        "<svg/onload=x>",
    ],
)
def test_html_is_text(text):
    assert {each.tag for each in elements(text)} <= {"body", "p"}
    assert "".join(elements(text)[0].itertext()).strip() == text


@pytest.mark.parametrize(
    "address", ["https://a.example/x?y=1#z", "http://a.example", "mailto:a@b.example", "HTTPS://a.example"]
)
def test_links_to_the_web_and_to_people_are_links_that_give_nothing_away(address):
    (link,) = [each for each in elements(f'[a]({address} "a title")') if each.tag == "a"]
    assert link.attrib == {"href": address, "rel": "noopener noreferrer nofollow", "target": "_blank"}


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "&#106;avascript:alert(1)",
        "java&#10;script:alert(1)",
        "%6aavascript:x",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example",
        "/runs/r1",
        "runs",
        "#x",
        "ftp://x",
        "https:x",
        "x:https://a.example",
    ],
)
def test_any_other_link_is_text(address):
    for text in (f"[a]({address})", f"<{address}>", f"[a]: {address}\n\n[a]", f"![a]({address})"):
        assert not [each for each in elements(text) if each.tag in ("a", "img")]


def test_no_picture_is_loaded_and_it_becomes_a_link():
    shown = note_html("![the chart](https://evil.example/x.png) [![in](http://b.example) link](http://a.example)")
    assert "<img" not in shown
    assert re.findall('href="([^"]*)"', shown) == ["https://evil.example/x.png", "http://a.example"]
    assert "the chart</a>" in shown
    assert "in link</a>" in shown


@pytest.mark.parametrize("code", [0x202E, 0x2066, 0x1B, 0x9B, 0x200F])
def test_no_character_hides_or_reorders_text_whether_written_or_numbered(code):
    for text in (
        chr(code),
        f"&#{code};",
        f"`&#{code};`",
        f"```{chr(code)}\n&#{code};\n```",
        f'[a](http://b "&#{code};")',
    ):
        assert chr(code) not in note_html(f"a {text} b")


PIECES = [*"ab<>&\"'`*_~[]()!|#-=:/\\ \n\t1.", "http://", "javascript:", "&#60;", "](", "![", "```", "|-"]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_whatever_a_note_is_only_plain_elements_come_of_it(text):
    for each in elements(text):
        assert each.tag in RIGHT
        assert {*each.attrib} <= {"href", "rel", "target", "class", "start"}
        assert each.attrib.get("href", "http://").lower().startswith(("http://", "https://", "mailto:"))
