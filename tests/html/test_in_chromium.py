"""The report in a browser without scripts: wide and on a phone, light and dark, and printed."""

from __future__ import annotations

import pytest

from sequent.model.status import RunStatus
from tests.html.test_report import page_of, view_of
from tests.patience import PATIENCE
from tests.view.ran import FAILED, ran

ATTEMPTS = [ran("load", 0, 10), ran("each.one/1.2", 30, 40, FAILED), ran("each.one/1.3", 41, 45)]
DARK, LIGHT = "rgb(22, 21, 20)", "rgb(255, 255, 255)"


@pytest.fixture
def opened(chromium, tmp_path):
    """Opens the report in a window, and gives it with the complaints of the browser."""
    file = tmp_path / "report.html"
    file.write_text(page_of(view_of(ATTEMPTS, status=RunStatus.FAILURE)))
    contexts = []

    def open_(width=1280, scheme="light"):
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=False
        )
        context.set_default_timeout(1000 * PATIENCE)
        contexts.append(context)
        tab = context.new_page()
        complaints = []
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("request", lambda request: complaints.append(request.url) if request.url != file.as_uri() else None)
        tab.goto(file.as_uri())
        assert complaints == []
        return tab

    yield open_
    for context in contexts:
        context.close()


def colour_of(tab):
    return tab.locator(".card").first.evaluate("node => getComputedStyle(node).backgroundColor")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_window_and_the_failure_is_on_the_first_screen(opened, width, scheme):
    tab = opened(width, scheme)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    box = tab.locator("#failures .error").first.bounding_box()
    assert box["y"] < 500
    assert box["width"] <= width


def test_on_a_phone_no_line_of_a_log_and_no_command_is_cut_off(opened):
    tab = opened(390)
    line = "<pre>row 42: " + "a long line of a log " * 10 + "x" * 90 + "</pre><pre class='command'>sequent " + "y" * 90
    tab.locator("#failures").evaluate("(node, line) => node.insertAdjacentHTML('beforeend', line)", line + "</pre>")
    widths = tab.locator("#failures pre:visible").evaluate_all("them => them.map(e => [e.scrollWidth, e.clientWidth])")
    assert len(widths) >= 2
    assert all(needed <= there for needed, there in widths)


@pytest.mark.parametrize(
    ("scheme", "own", "other", "choice"), [("light", LIGHT, DARK, "dark"), ("dark", DARK, LIGHT, "light")]
)
def test_the_colours_follow_the_system_until_the_reader_chooses(opened, scheme, own, other, choice):
    tab = opened(scheme=scheme)
    assert colour_of(tab) == own
    tab.locator(".theme label", has_text=choice).click()
    assert colour_of(tab) == other


def test_on_paper_the_colours_are_light_and_nothing_is_cut_off(opened):
    tab = opened(scheme="dark")
    tab.emulate_media(media="print", color_scheme="dark")
    assert colour_of(tab) == LIGHT
    assert not tab.locator(".theme").is_visible()
    assert tab.locator("#timeline svg").is_visible()


def test_failed_skipped_and_cancelled_look_different_without_colour(opened):
    tab = opened()
    seen = {}
    for word in ("failure", "skipped", "cancelled"):
        look = f"<span class='status {word}'><span class='word'>{word}</span></span>"
        tab.locator("main").evaluate("(node, look) => node.insertAdjacentHTML('afterbegin', look)", look)
        seen[word] = tab.locator(f".status.{word}").first.evaluate(
            "node => [getComputedStyle(node).borderStyle, getComputedStyle(node).fontWeight,"
            " getComputedStyle(node.querySelector('.word')).textDecorationLine].join(' ')"
        )
    assert len({*seen.values()}) == 3
