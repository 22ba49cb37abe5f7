"""The logs of attempts in a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequent.model.outcome import LogSpan
from sequent.model.status import Status
from sequent.runtime.reading import log_windows
from sequent.runtime.reading.attempt_output import Piece
from sequent.runtime.reading.log_windows import LogText
from sequent.web import log_pages
from sequent.web.ansi import painted_html
from tests.contracts.plans import TASK_A, attempted, create, each
from tests.web.test_one_run import end, problem

LINES = st.lists(
    st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"").replace(b"\r", b"").strip(b"\0")), max_size=40
)


def text_of(path: Path, before: bytes, content: bytes) -> LogText:
    path.write_bytes(before + content + b"of another\n")
    return LogText(Piece(segment=str(path), start=len(before), end=len(before) + len(content), has_ended=True))


@pytest.fixture(scope="module")
def segment(tmp_path_factory):
    return tmp_path_factory.mktemp("logs") / "s1.log"


@given(lines=LINES, ends=st.booleans(), block=st.integers(1, 50), window=st.integers(50, 90), most=st.integers(1, 9))
def test_windows_show_each_line_once_in_order_with_its_number(segment, lines, ends, block, window, most):
    content = b"\n".join(lines) + (b"\n" if ends and lines else b"")
    wanted = content.decode("utf-8", "backslashreplace").split("\n")
    wanted = wanted[:-1] if wanted[-1] == "" else wanted
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_windows, "_BLOCK", block)
        patch.setattr(log_windows, "WINDOW", window)
        text = text_of(segment, b"of one before\n", content)
        shown, position = [], 0
        while position < text.length:
            found = text.window(position, most)
            assert len(found.lines) <= most
            assert found.end > position
            shown += found.lines
            position = found.end
            assert found.is_last == (position == text.length)
        assert [(line.number, line.text) for line in shown] == [*enumerate(wanted, 1)]
        for number in range(1, len(wanted) + 1):
            assert text.window(text.position_of(number), 1).lines[0].number == number


@given(lines=LINES, block=st.integers(1, 50), wanted=st.sampled_from([b"a", b"AB", b"\xc3\xa9", b"0"]))
def test_a_search_finds_the_same_lines_as_a_look_at_each(segment, lines, block, wanted):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_windows, "_BLOCK", block)
        text = text_of(segment, b"ab\n", b"".join(line[:block] + b"\n" for line in lines))
        found = text.found(wanted.decode(), 1000)
        expected = [at for at, line in enumerate(lines, 1) if wanted.lower() in line[:block].lower()]
        assert [line.number for line in found] == expected
        assert [line.number for line in text.found(wanted.decode(), 1)] == expected[:1]


@pytest.mark.parametrize(
    ("wanted", "line"),
    [("Ärger", "viel ÄRGER"), ("ärger", "Ärger"), ("ЖУК", "жук"), ("é(", "É("), ("a.b", "A.B"), ("\ud800", "\ud800")],
)
def test_a_search_takes_small_and_capital_letters_of_any_alphabet_as_the_same(segment, wanted, line):
    text = text_of(segment, b"", f"one\naxb\n{line}\nlast\n".encode("utf-8", "surrogatepass"))
    assert [found.number for found in text.found(wanted, 9)] == [3]


def test_the_last_lines_begin_at_a_line(segment):
    text = text_of(segment, b"x\n", b"one\ntwo\nthree\n")
    assert [text.last_lines(most) for most in (1, 2, 3, 9)] == [8, 4, 0, 0]


def test_a_redrawn_line_is_shown_as_it_was_last_seen(segment):
    assert text_of(segment, b"", b"10 %\r50 %\rdone\r\n").window(0, 9).lines[0].text == "done"


def test_a_line_without_end_is_cut(segment):
    (line,) = text_of(segment, b"", b"x" * 20_000).window(0, 9).lines
    assert len(line.text) + line.cut == 20_000
    assert line.cut > 0


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain & <b>", "plain &amp; &lt;b&gt;"),
        ("\x1b[1;31mbad\x1b[0m ok", '<span class="ansi-bold ansi-red">bad</span> ok'),
        ("\x1b[32mgreen\x1b[39m", '<span class="ansi-green">green</span>'),
        ("\x1b[38;5;9mx", "x"),
        ("\x1b[38;2;1;2;3;4mx", '<span class="ansi-underline">x</span>'),
        ("\x1b[91mx\x1b[22m", '<span class="ansi-red">x</span>'),
        ("\x1b[mx", "x"),
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("\x1b[2J\u202e", "\\x1b[2J\\u202e"),
        ("\x1b[99999999999999999999m<", "&lt;"),
    ],
)
def test_colours_become_classes_and_all_other_controls_text(text, html):
    assert str(painted_html(text)) == html


def logged(store, content, **attempt):
    run = create(store, "logged")
    span = LogSpan(segment="s1.log", offset=0, length=len(content))
    path = Path(store.log_file(run.record, span))
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_bytes(content)
    attempted(run, TASK_A, log=span, **attempt)
    attempted(run, each(1))
    end(run)


ADDRESS = "/runs/logged/log?path=a&sequence=1&attempt=1"


def shown(answer):
    assert answer.status_code == 200
    return re.findall(r'id="L(\d+)"><a href="[^"]*">\d+</a><span>(.*?)</span></div>', answer.text)


def test_the_last_lines_are_shown_and_each_is_a_link(browser, store, monkeypatch):
    monkeypatch.setattr(log_pages, "_LINES", 3)
    logged(store, b"".join(b"line %d\n" % number for number in range(1, 11)))
    assert shown(browser.get(ADDRESS)) == [("8", "line 8"), ("9", "line 9"), ("10", "line 10")]
    answer = browser.get(f"{ADDRESS}&line=4")
    assert shown(answer) == [("4", "line 4"), ("5", "line 5"), ("6", "line 6")]
    assert 'class="line chosen" id="L4"' in answer.text
    assert re.search(r'rel="next" href="[^"]*line=7"', answer.text)
    assert re.search(r'rel="prev" href="[^"]*line=1"', answer.text)
    assert 'href="/runs/logged/log?path=a&amp;sequence=1&amp;attempt=1&amp;line=5#L5"' in answer.text


def test_a_search_tells_lines_and_leads_to_them(browser, store):
    logged(store, b"one\nthe Needle <i>\nthree\n")
    answer = browser.get(f"{ADDRESS}&q=needle")
    assert "1 line with" in answer.text
    assert "line=2#L2" in answer.text
    assert "the Needle &lt;i&gt;" in answer.text
    assert "0 lines with" in browser.get(f"{ADDRESS}&q=absent").text


def test_the_file_is_all_of_it_as_it_was_written(browser, store):
    content = b"\x1b[31mred\x1b[0m\xff\n" * 1000
    logged(store, content)
    answer = browser.get("/runs/logged/log/file?path=a&sequence=1")
    assert answer.content == content
    assert answer.headers["content-disposition"] == 'attachment; filename="logged-a-1.log"'
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert browser.get("/runs/logged/log/file?path=a&sequence=2").status_code == 400


def test_hostile_output_is_text(browser, store):
    logged(store, b"<script>alert(1)</script>\x1b]0;owned\x07\x1b[2J\n")
    text = browser.get(ADDRESS).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\x1b]0;owned\\x07\\x1b[2J" in text


def test_a_task_without_a_log_and_one_that_has_not_begun_are_told(browser, store):
    logged(store, b"")
    assert "nothing that is kept" in browser.get("/runs/logged/log?path=many&sequence=1.1").text
    assert "has not begun" in browser.get("/runs/logged/log?path=many&sequence=1.9").text
    for sequence in ("x", "1." * 64 + "1", "1." * 70 + "x"):
        assert browser.get(f"/runs/logged/log?path=a&sequence={sequence}").status_code == 400
    assert browser.get("/runs/logged/log?line=-1").status_code == 400


def test_a_missing_log_file_is_named_on_its_page_and_beside_the_failure(browser, store):
    logged(store, b"one\n", status=Status.FAILURE, problem=problem())
    path = Path(store.directory(store.find("logged")), "logs", "s1.log")
    assert "one" in browser.get(ADDRESS).text
    path.unlink()
    answer = browser.get(f"{ADDRESS}&q=one")
    assert answer.status_code == 200
    told = f"the log file &#39;{path}&#39; is missing"
    assert told in answer.text
    assert "attempt 1: " in answer.text
    assert "nothing" not in re.sub(r"<head>.*</head>", "", answer.text, flags=re.DOTALL)
    assert "0 lines with" not in answer.text
    assert "log/file" not in answer.text
    assert told in browser.get("/runs/logged").text
    download = browser.get("/runs/logged/log/file?path=a&sequence=1")
    assert download.status_code == 503
    assert told in download.text


def test_new_lines_are_sent_whole_and_escaped_from_a_position_on(browser, store):
    content = b"one\ntwo <b>\nthr"
    logged(store, content)
    site, record = browser.app._app.state.site, store.find("logged")
    query = log_pages.LogQuery(path="a", sequence="1")
    text, position, is_over = log_pages._new_lines(site, record, query, 4)
    assert re.findall("<span>(.*?)</span>", text) == ["two &lt;b&gt;", "thr"]
    assert (position, is_over) == (len(content), True)
