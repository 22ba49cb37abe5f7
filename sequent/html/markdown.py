"""Renders the Markdown of notes as HTML that can do nothing: no HTML of theirs, no pictures, three kinds of links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from sequent.model.terminal import safe_block

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_SCHEMES = ("http://", "https://", "mailto:")
_LINK = {"rel": "noopener noreferrer nofollow", "target": "_blank"}
_HEADINGS = {"h1": "h4", "h2": "h5", "h3": "h6", "h4": "h6", "h5": "h6"}
"""A note stands below the headings of its page."""
_MOST_CELLS = 5_000
"""Cells above which a table stays text: one short line for each row makes a page as long as its widest row."""


def note_html(text: str) -> Markup:
    """Return a note as HTML.

    Everything in it is escaped, HTML as well. Links lead to http, https and mailto; other links stay text, and a
    picture becomes a link, so that nothing is loaded.
    """
    harmless = safe_block(text)
    parser = _parser(has_tables=_cells(harmless) <= _MOST_CELLS)
    tokens = [*_tamed(parser.parse(harmless))]
    html: str = parser.renderer.render(tokens, parser.options, {})
    return Markup(html)  # noqa: S704  markdown-it escapes all text  # nosec B704


def _cells(text: str) -> int:
    return (text.count("\n") + 1) * max(line.count("|") for line in text.split("\n"))


@cache
def _parser(*, has_tables: bool) -> MarkdownIt:
    # Few runs have notes.
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("strikethrough")
    if has_tables:
        parser.enable("table")
    parser.validateLink = _may_lead  # type: ignore[assignment]
    return parser


def _may_lead(address: str) -> bool:
    return address.lower().startswith(_SCHEMES)


def _tamed(tokens: Iterable[Token]) -> Iterator[Token]:
    """Yield tokens without attributes of theirs, and without characters that hide or reorder text.

    Markdown can write such a character by its number, so they are looked for again.
    """
    is_in_link = False
    for token in tokens:
        token.content = safe_block(token.content)
        if token.type == "image":
            yield from _link_to_picture(token, is_in_link=is_in_link)
            continue
        is_in_link = token.type == "link_open" or (is_in_link and token.type != "link_close")
        token.attrs = _attributes(token)
        token.tag = _HEADINGS.get(token.tag, token.tag)
        token.info = ""
        if token.children is not None:
            token.children = [*_tamed(token.children)]
        yield token


def _attributes(token: Token) -> dict[str, str | int | float]:
    address = token.attrGet("href")
    if isinstance(address, str):
        return {"href": address, **_LINK}
    if isinstance(start := token.attrGet("start"), int):
        return {"start": start}
    return {"class": "number"} if token.attrGet("style") == "text-align:right" else {}


def _link_to_picture(token: Token, *, is_in_link: bool) -> Iterator[Token]:
    # As above.
    from markdown_it.token import Token

    address = str(token.attrGet("src"))
    text = Token("text", "", 0, content=token.content or address)
    if is_in_link:
        yield text
    else:
        yield Token("link_open", "a", 1, attrs={"href": address, **_LINK})
        yield text
        yield Token("link_close", "a", -1)
