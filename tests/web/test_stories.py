"""Notes and artifacts on pages: text as Markdown, pictures by their digests, and nothing in them that acts."""

from __future__ import annotations

import re

import pytest

from sequent.model.status import Status
from sequent.model.story import Artifact, Note
from sequent.runtime.artifact_files import keep_artifact
from sequent.runtime.rows import Batch, Ending, LeftStory
from tests.contracts.plans import TASK_A, create, each, intent
from tests.web.test_one_run import end

PNG = b"\x89PNG\r\n\x1a\nrest"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture
def run(store):
    return create(store, "r1")


def leave(run, *parts, key=TASK_A, attempt=1):
    run.commit(Batch(intents=[intent(key, attempt=attempt)]))
    ending = Ending(key, attempt, Status.SUCCESS, 11.0, "1")
    run.commit(Batch(endings=[ending], stories=[LeftStory(key, attempt, parts)]))


def note(text):
    return Note(at=11.0, text=text)


def kept(run, data, media="text/html", name="x.html", **changes):
    digest = keep_artifact(run.directory, data)
    return Artifact(at=11.0, title="Rows <b>", name=name, media=media, size=len(data), digest=digest, **changes)


def test_notes_are_shown_as_markdown_with_the_run_and_with_their_task(browser, run):
    leave(run, note("**12** rows <script>alert(1)</script>"))
    for address in ("/runs/r1", "/runs/r1/notes", "/runs/r1/log?path=a&sequence=1"):
        text = browser.get(address).text
        assert "<strong>12</strong> rows &lt;script&gt;alert(1)&lt;/script&gt;" in text
        assert text.count("<script") == 1
        assert '/runs/r1/log?path=a&amp;sequence=1&amp;attempt=1"><code>a/1</code>' in text
    assert "<strong>12" not in browser.get("/runs/r1/log?path=many&sequence=1.1").text


@pytest.mark.parametrize(("data", "media"), [(PNG, "image/png"), (SVG, "image/svg+xml")])
def test_a_picture_is_shown_by_its_digest_with_the_type_of_its_content(browser, run, data, media):
    picture = kept(run, data, media)
    leave(run, picture)
    address = f"/runs/r1/artifacts/{picture.digest}"
    assert f'<img alt="Rows &lt;b&gt;" src="{address}" loading="lazy">' in browser.get("/runs/r1").text
    answer = browser.get(address)
    assert (answer.content, answer.headers["content-type"]) == (data, media)
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-disposition" not in answer.headers


@pytest.mark.parametrize("claimed", ["text/html", "image/png", "image/svg+xml"])
def test_a_file_that_is_no_picture_is_only_downloaded_whatever_a_row_says(browser, run, claimed):
    file = kept(run, HTML, claimed)
    leave(run, file)
    address = f"/runs/r1/artifacts/{file.digest}"
    text = browser.get("/runs/r1").text
    assert f'<a href="{address}" download="x.html">' in text
    assert ("<img" in text) == (claimed != "text/html")
    answer = browser.get(address)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_large_picture_is_a_file_to_download(browser, run):
    large = kept(run, PNG + bytes(5 * 1024**2), "image/png")
    leave(run, large)
    text = browser.get("/runs/r1").text
    assert "<img" not in text
    assert f'href="/runs/r1/artifacts/{large.digest}"' in text


def test_an_artifact_needs_the_token_and_a_digest_of_its_run(browser, stranger, run, store):
    picture = kept(run, PNG)
    leave(run, picture)
    other = create(store, "r2")
    for address in (f"/runs/r2/artifacts/{picture.digest}", f"/runs/r1/artifacts/{'0' * 64}"):
        assert browser.get(address).status_code == 503
    for name in ("..%2f..%2fstore.db", "%2e%2e", picture.digest.upper(), picture.digest[:-1], f"{picture.digest}x"):
        assert browser.get(f"/runs/r1/artifacts/{name}").status_code == 404
    stranger.cookies.clear()
    assert stranger.get(f"/runs/r1/artifacts/{picture.digest}").status_code == 401
    other.close()


def test_many_and_long_notes_are_cut_on_the_page_of_the_run_and_found_page_by_page(browser, run):
    for iteration in range(1, 8):
        leave(run, *(note(f"n{iteration}.{number} " + "x" * 9_000) for number in range(10)), key=each(iteration))
    end(run)
    first = browser.get("/runs/r1")
    assert len(first.content) < 100_000
    assert re.findall(r"n[0-9]\.[0-9]", first.text)[-1] == "n2.1"
    assert "and 7,505 more characters" in first.text
    found, address = [], "/runs/r1/notes"
    while address:
        answer = browser.get(address)
        assert len(answer.content) < 300_000
        found += re.findall(r"n([0-9]\.[0-9])", answer.text)
        address = next(iter(re.findall(r'rel="next" href="([^"]*)"', answer.text)), "")
    assert found == [f"{iteration}.{number}" for iteration in range(1, 8) for number in range(10)]


@pytest.mark.parametrize("after", ["x", "1.2", "1.2.3.4.-5", "1.2.3.4.5.6"])
def test_a_place_in_the_notes_that_no_link_has_is_refused(browser, run, after):
    assert browser.get(f"/runs/r1/notes?after={after}").status_code == 400
