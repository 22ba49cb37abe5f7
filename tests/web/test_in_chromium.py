"""The pages in a browser: wide and on a phone, light and dark, with and without scripts, while a run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from sequent.web.opening_page import OpeningPage
from tests.children import Child
from tests.patience import PATIENCE

FLOWS = """
from pathlib import Path

from sequent import container, context, item, step


@container(stop_on_exception=False)
class nightly:
    @container(repeats=["emea", "apac", "amer"])
    class regions:
        @step
        def load(self, region: str = item()) -> None:
            print(f"\\x1b[32mloaded\\x1b[0m {region}")
            context().note(f"**12** rows of {region}\\n\\n|day|rows|\\n|-|-:|\\n|Mon|12|")
            context().note("<img src=x onerror=alert(5)>")
            size = "width='300' height='100' onload='alert(6)'"
            Path(f"{region}.svg").write_text(
                f"<svg xmlns='http://www.w3.org/2000/svg' {size}><script>alert(7)</script>"
                "<rect width='300' height='100' fill='#39f'/><text x='9' y='50'>rows</text></svg>"
            )
            context().artifact(f"{region}.svg", title="Rows by day")

        @step(requires=load)
        def audit(self, region: str = item()) -> None:
            print("<script>alert(1)</script><img src=x onerror=alert(2)>")
            if region == "amer":
                raise ValueError("<script>alert(3)</script> the ledger differs by a very-long-word-" + "x" * 200)

    @step(requires=regions)
    def merge(self) -> None: ...

    @step(requires=merge)
    def send(self) -> None: ...


@container
class going:
    @step
    def wait(self) -> None:
        print("first line", flush=True)
        Path("began").write_text("now")
        Path("go").read_text()
        print("second <b>line</b>", flush=True)
        Path("wrote").write_text("now")
        Path("end").read_text()

    @step(requires=wait)
    def after(self) -> None: ...
"""
PAGES = (
    "/",
    "/?status=failure&q=night",
    "/runs/done1",
    "/runs/done1/tasks?path=regions.audit&at=1.*",
    "/runs/done1/compare",
    "/runs/done1/remainder",
    "/runs/done1/log",
    "/runs/done1/log?path=regions.load&sequence=1.1",
    "/runs/done1/notes",
    "/runs/done1/actions/hold",
    "/runs/done1/no",
)
SIZES = {"wide": {"width": 1280, "height": 800}, "phone": {"width": 360, "height": 740}}


def words(*typed):
    """A command of Sequent."""
    return [sys.executable, "-m", "sequent", *typed]


def at(directory):
    """The options of a process in a directory with a store."""
    environment = {**os.environ, "SEQUENT_STORE": str(directory / "runs.db")}
    return {"cwd": directory, "env": environment, "stdout": subprocess.PIPE, "text": True}


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """A directory with a run that has failed in part."""
    made = tmp_path_factory.mktemp("pages")
    (made / "flows.py").write_text(FLOWS)
    subprocess.run(words("run", "flows.py:nightly", "-q", "--run-id", "done1"), check=False, **at(made))
    return made


@pytest.fixture(scope="module")
def address(directory):
    with subprocess.Popen(words("ui", "--no-open", "--allow-actions"), **at(directory)) as server:
        yield server.stdout.readline().strip()
        server.send_signal(signal.SIGINT)


@pytest.fixture
def opened(chromium, address):
    """Opens pages in windows that let nothing pass: no complaint of the browser, and no dialog."""
    contexts, complaints = [], []

    def open_page(path, size="wide", **options):
        context = chromium.new_context(viewport=SIZES[size], **options)
        context.set_default_timeout(1000 * PATIENCE)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("dialog", lambda dialog: complaints.append(dialog.message) or dialog.dismiss())
        tab.goto(address)
        tab.goto(address.partition("/?")[0] + path)
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert [text for text in complaints if "404" not in text and "frame is sandboxed" not in text] == []


def follow(link):
    """Click, and wait until the whole page is there."""
    with link.page.expect_navigation():
        link.click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_fits_its_window_and_has_text_that_can_be_read(opened, size, scheme):
    tab = opened("/", size, color_scheme=scheme)
    base = tab.url.rstrip("/")
    for path in PAGES:
        tab.goto(base + path)
        assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        body = tab.evaluate("(({color, backgroundColor}) => [color, backgroundColor])(getComputedStyle(document.body))")
        light, dark = (sum(map(int, text.strip("rgb()").split(","))) for text in body)
        assert (light < dark) == (scheme == "light"), path
        assert abs(light - dark) > 380, path


def test_all_is_read_without_scripts(opened):
    tab = opened("/", java_script_enabled=False)
    follow(tab.get_by_role("link", name="nightly"))
    assert "the ledger differs" in tab.locator("#failures").inner_text()
    assert tab.locator("#flow svg.sequent-picture").is_visible()
    assert tab.locator("#timeline rect.bar").count() == 6
    follow(tab.locator("#steps").get_by_role("link", name="regions.audit"))
    follow(tab.locator(".chip", has_text="1"))
    follow(tab.locator(".chip", has_text="3"))
    tab.locator(".chip.chosen", has_text="3").wait_for()
    tab.wait_for_load_state()
    assert tab.locator("#tasks code").all_inner_texts() == ["regions.audit/1.3"]
    follow(tab.locator("#tasks a.name"))
    assert "<script>alert(1)</script>" in tab.locator(".log").inner_text()


def test_notes_and_pictures_are_shown_and_nothing_in_them_acts(opened):
    tab = opened("/runs/done1", java_script_enabled=True)
    notes = tab.locator("#notes")
    assert notes.locator("strong", has_text="12").count() == 3
    assert "<img src=x onerror=alert(5)>" in notes.inner_text()
    picture = notes.locator("img").first
    picture.scroll_into_view_if_needed()
    picture.evaluate("async node => { node.loading = 'eager'; await node.decode(); }")
    assert picture.evaluate("node => [node.naturalWidth, node.naturalHeight]") == [300, 100]
    tab.goto(tab.url.partition("/runs")[0] + picture.get_attribute("src"))
    assert tab.locator("svg rect").count() == 1


def test_what_failed_was_skipped_or_cancelled_looks_different_without_colour(opened):
    tab = opened("/runs/done1")
    looks = tab.evaluate(
        """() => Object.fromEntries(["failure", "skipped", "cancelled", "success"].map((status) => {
          const made = document.createElement("span");
          made.className = `status ${status}`;
          made.innerHTML = '<span class="word">x</span>';
          document.querySelector("main").append(made);
          const look = getComputedStyle(made);
          const word = getComputedStyle(made.firstChild);
          return [status, [look.borderStyle, look.fontWeight, word.textDecorationLine].join(" ")];
        }))"""
    )
    assert len({*looks.values()}) == 4
    shown = {text.split()[0] for text in tab.locator("#head .status").all_inner_texts()}
    assert "✗" in shown


def test_keys_lead_to_the_search_and_through_the_rows(opened):
    tab = opened("/runs/done1/tasks?path=regions.load")
    tab.keyboard.press("j")
    tab.keyboard.press("j")
    assert tab.evaluate("document.activeElement.innerText") == "regions.load/1.2"
    tab.keyboard.press("k")
    assert tab.evaluate("document.activeElement.innerText") == "regions.load/1.1"
    tab.keyboard.press("/")
    assert tab.evaluate("document.activeElement.name") == "at"
    tab.keyboard.press("j")
    tab.keyboard.press("Escape")
    assert tab.evaluate("document.activeElement.tagName") == "BODY"


def test_the_pages_of_a_run_follow_it_without_being_loaded_again(opened, directory):
    for name in ("began", "go", "wrote", "end"):
        os.mkfifo(directory / name)
    run = Child(words("run", "flows.py:going", "-q", "--run-id", "going1"), **at(directory))
    (directory / "began").read_text()
    page, log = opened("/runs/going1"), opened("/runs/going1/log")
    for tab in (page, log):
        tab.evaluate("window.isTheSame = true")
    assert "first line" in log.locator(".log").inner_text()
    assert "running" in page.locator("#head").inner_text()
    (directory / "go").write_text("now")
    (directory / "wrote").read_text()
    log.get_by_text("second <b>line</b>").wait_for()
    (directory / "end").write_text("now")
    assert run.wait() == 0
    page.locator("#head .status.success", has_text="success").first.wait_for()
    page.locator("#head", has_text="2 success").wait_for()
    assert page.evaluate("window.isTheSame")
    assert log.evaluate("window.isTheSame")


@pytest.mark.parametrize("has_scripts", [True, False])
def test_the_file_that_a_browser_is_started_with_opens_the_pages(chromium, address, has_scripts):
    opening = OpeningPage(address)
    context = chromium.new_context(java_script_enabled=has_scripts)
    context.set_default_timeout(1000 * PATIENCE)
    tab = context.new_page()
    tab.goto(opening.address)
    tab.get_by_role("link", name="nightly").wait_for()
    assert tab.url == address.partition("?")[0]
    opening.remove()
    context.close()


def test_the_chosen_colours_stay_for_all_pages(opened):
    tab = opened("/", color_scheme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    light = tab.evaluate(background)
    tab.locator(".theme label", has_text="dark").click()
    dark = tab.evaluate(background)
    assert dark != light
    follow(tab.get_by_role("link", name="nightly"))
    assert tab.evaluate(background) == dark
    tab.locator(".theme label", has_text="auto").click()
    tab.reload()
    assert tab.evaluate(background) == light


def test_a_person_acts_with_a_reason_that_the_history_shows(opened):
    tab = opened("/runs/done1/actions/hold")
    tab.get_by_label("Part of the run").fill("send")
    tab.get_by_label("Reason").fill("the line is down")
    follow(tab.get_by_role("button", name="Hold"))
    assert "nothing more starts in send" in tab.get_by_role("status").inner_text()
    follow(tab.get_by_role("link", name="Back to the run"))
    assert "the line is down" in tab.locator("#interventions").inner_text()
