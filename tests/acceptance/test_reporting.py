"""The report of a run: one file that any browser reads. What comes from flows, logs and people is only text in it."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
from base64 import b64decode, b64encode
from html.parser import HTMLParser
from pathlib import Path

import pytest

EVIL = "</pre></style><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{ 7777*7777 }}\u202e"
FLOW = f"""
from sequent import command, container, item, param, step

EVIL = {EVIL!r}


@container
class evil:
    word: str = param(default=EVIL)

    @container(repeats=[EVIL, "other"], parallel=2)
    class each:
        text: str = item()

        @step
        def fail(self) -> str:
            print("first line")
            print("printed " + EVIL)
            raise ValueError("no " + self.text[:3] + EVIL)

    @step(requires=each.failed, handles=False)
    def alert(self) -> None: ...

    @step(requires=each)
    def never(self) -> None: ...
"""
TELLING = f"""
from sequent import container, context, step


@container
class telling:
    @step
    def tell(self) -> None:
        context().note({EVIL!r})
        context().artifact("plot.png", title="a plot")
        context().artifact("drawn.svg", title="a drawing")
"""
COUNTED = f"""
from sequent import container, step


@container
class counted:
    @step
    def count(self) -> list[dict[str, object]]:
        return [{{"name": {EVIL!r}, "late": 3}}, {{"name": "JFK"}}]

    result = count
"""
GLYPHS = {"success": "✓", "failure": "✗", "skipped": "-", "cancelled": "⊘"}


class Page(HTMLParser):
    """What a browser would make of a page: its tags, its attributes, and its texts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "title"):
            self.texts.append(data)

    @property
    def text(self):
        return "".join(self.texts)


@pytest.fixture
def failed_run(sequent):
    (sequent.directory / "evil.py").write_text(FLOW)
    assert sequent("run", "evil.py:evil", "--run-id", "bad").returncode == 1
    return sequent


def reported(sequent, *words):
    done = sequent("report", *words)
    assert done.returncode == 0, done.stderr
    return done


def test_what_comes_from_flows_and_logs_is_only_text(failed_run):
    reported(failed_run, "bad", "-o", "report.html")
    text = (failed_run.directory / "report.html").read_text()
    page = Page(text)
    assert not {"script", "img", "iframe", "link", "object"} & {*page.tags}
    assert not [name for name in page.attributes if name.startswith("on") or name in ("src", "style")]
    shown = EVIL.replace("\u202e", "\\u202e")
    for where in ("printed ", "ValueError: no oth"):
        assert where + shown in page.text
    assert "\u202e" not in text
    assert str(7777 * 7777) not in text
    assert "default-src 'none'" in text
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)


def test_failures_come_first_with_their_log_and_the_command_to_go_on(failed_run):
    text = reported(failed_run, "bad").stdout
    page = Page(text).text
    order = [page.index(it) for it in ("2 failures", "first line", "sequent recover bad", "dotted: waiting")]
    assert order == sorted(order)
    assert "sequent logs bad each.fail/1.1" in page


def test_a_step_that_has_not_begun_says_why_in_the_words_of_why(failed_run):
    page = Page(reported(failed_run, "bad").stdout).text
    sentence = json.loads(failed_run("why", "bad", "never", "--json").stdout)["why"]["sentence"]
    assert sentence.replace("\u202e", "\\u202e") in page
    assert "Not begun" in page


def test_each_status_has_a_sign_and_a_word(failed_run):
    text = reported(failed_run, "bad").stdout
    for word, glyph in GLYPHS.items():
        if word != "skipped":
            assert re.search(rf'status {word}"><span class="glyph" aria-hidden="true">{glyph}</span>', text), word
    looks = re.findall(r"\.status\.(failure|skipped|cancelled)[^{]*\{([^}]*)\}", text)
    assert len({rule for _, rule in looks}) >= 3


def test_a_recovery_is_a_layer_and_durations_stand_beside_earlier_ones(sequent):
    for run in ("one", "two"):
        assert sequent("run", "flows:nightly", "--day", "2026-11-24", "--run-id", run).returncode == 0
    document = json.loads(reported(sequent, "two", "--json").stdout)["report"]
    assert document["earlier_runs"] == 1
    assert all(step["usual"]["count"] for step in document["durations"])
    assert document["critical_path"]["count"] >= 1
    assert [row["name"] for row in document["timeline"]["rows"]] == [step["path"] for step in document["durations"]]
    page = Page(reported(sequent, "two").stdout).text
    assert "Recoveries" not in page


def test_a_recovery_tells_what_it_ran(failed_run):
    assert failed_run("recover", "bad").returncode == 1
    layers = json.loads(reported(failed_run, "bad", "--json").stdout)["report"]["recoveries"]
    assert [layer["number"] for layer in layers] == [0, 1]
    assert layers[1]["ran"]["failure"] == 2
    assert "recovery 1" in Page(reported(failed_run, "bad").stdout).text


def test_notes_and_pictures_that_steps_left_are_shown_and_are_only_text(sequent):
    pixel = b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    (sequent.directory / "plot.png").write_bytes(pixel)
    drawing = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    (sequent.directory / "drawn.svg").write_text(drawing)
    (sequent.directory / "telling.py").write_text(TELLING)
    assert sequent("run", "telling.py:telling", "--run-id", "told").returncode == 0
    text = reported(sequent, "told").stdout
    page = Page(text)
    assert EVIL.replace("\u202e", "\\u202e") in page.text
    assert page.tags.count("img") == 2
    assert f"data:image/png;base64,{b64encode(pixel).decode()}" in text
    assert f"data:image/svg+xml;base64,{b64encode(drawing.encode()).decode()}" in text
    assert "a drawing" in page.text
    assert "onload" not in page.attributes
    told = json.loads(sequent("report", "told", "--json").stdout)["report"]["notes"]
    assert [(part["note"], part["artifact"] and part["artifact"]["title"]) for part in told] == [
        (EVIL, None),
        (None, "a plot"),
        (None, "a drawing"),
    ]


def test_a_run_whose_flow_is_gone_is_reported(failed_run):
    (failed_run.directory / "evil.py").unlink()
    assert "each.fail" in reported(failed_run, "bad").stdout


def test_a_run_whose_log_is_gone_is_reported_with_the_place_of_the_log(failed_run):
    logs = sorted(failed_run.store.parent.rglob("*.log"))
    assert logs
    for log in logs:
        log.unlink()
    page = Page(reported(failed_run, "bad").stdout).text
    assert any(f"[sequent: the log file '{log}' is missing" in page for log in logs)
    refused = failed_run("logs", "bad")
    assert refused.returncode == 4
    assert any(f"the log file '{log}' is missing" in refused.stderr for log in logs)


def test_a_run_that_goes_on_is_reported(sequent, waiting_run):
    page = Page(reported(sequent, "slow1").stdout).text
    assert "running for" in page
    assert "active" in page
    assert "sequent recover" not in page
    assert "the tasks that took the run this far: each waited for the one before it" in page
    assert "the run ended" not in page


def test_a_picture_has_flow_and_timeline(failed_run):
    reported(failed_run, "bad", "--format", "png", "-o", "report.png")
    data = (failed_run.directory / "report.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    assert width > 1000
    assert height > 400


def test_a_picture_is_not_written_among_text(failed_run):
    done = failed_run("report", "bad", "--format", "png")
    assert done.returncode == 2
    assert "name a file: -o report.png" in done.stderr


def test_without_the_extra_the_error_names_it(tmp_path):
    (tmp_path / "resvg_py.py").write_text("raise ImportError('not installed')")
    script = "import sys; sys.argv[1:] = ['report', '--format', 'png']; from sequent.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[2]}", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'sequent[png]'" in done.stderr


def test_the_name_of_the_file_decides_what_is_written(failed_run):
    for name, begins in (("bad.html", "<!DOCTYPE html>"), ("bad.json", "{")):
        assert failed_run("report", "bad", "-o", name).returncode == 0
        assert (failed_run.directory / name).read_text().startswith(begins)
    assert failed_run("report", "bad", "-o", "bad.svg").returncode == 2


def test_a_file_that_cannot_be_written_is_named(failed_run):
    done = failed_run("report", "bad", "-o", "nowhere/report.html")
    assert done.returncode == 2
    assert "'nowhere/report.html' cannot be written" in done.stderr


def test_a_result_of_records_is_a_table_of_text(sequent):
    (sequent.directory / "counted.py").write_text(COUNTED)
    assert sequent("run", "counted.py:counted", "--run-id", "rows").returncode == 0
    page = Page(reported(sequent, "rows").stdout)
    assert "Result" in page.text
    assert EVIL.replace("\u202e", "\\u202e") in page.text
    assert "script" not in page.tags
    result = json.loads(reported(sequent, "rows", "--json").stdout)["report"]["result"]
    assert result == {"text": None, "columns": ["name", "late"], "rows": [[EVIL, "3"], ["JFK", ""]], "cut": False}
    shown = sequent("show", "rows", "-v").stdout
    assert f"result:\n  name{' ' * (len(EVIL) + 5 - 4)}  late\n" in shown
    assert "\u202e" not in shown
    assert "result" not in sequent("show", "rows").stdout
