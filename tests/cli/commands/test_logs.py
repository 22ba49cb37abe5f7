"""What attempts wrote and are writing, told once or followed."""

from __future__ import annotations

import ctypes
import io
import json
import os
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from sequent.cli.arguments.options import GlobalOptions
from sequent.cli.commands import logs as module
from sequent.cli.commands.logs import logs
from sequent.errors import StoreError, UsageError
from sequent.model.outcome import LogSpan
from sequent.model.status import RunStatus, Status
from sequent.runtime.logs.log_segment import Segment
from sequent.runtime.logs.segment_files import CAP
from sequent.runtime.reading.attempt_output import CHUNK, Piece
from tests.cli.plans import FLOW, STEP, STEPS, a_record
from tests.cli.remembered import RememberedStore, attempt, opening

RUN = a_record(description={"": FLOW, "load": STEP, "send": STEP})


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def remember(monkeypatch):
    def put(store):
        monkeypatch.setattr(module, "opened_store", opening(store))

    return put


@pytest.fixture
def a_run(remember, tmp_path):
    file = tmp_path / "segment"
    file.write_bytes(b"before|loaded 12\x1b[2J\n|and sent")
    attempts = [
        attempt("load", "1", 1, Status.FAILURE),
        attempt("load", "1", 2, Status.SUCCESS, log=LogSpan(segment="segment", offset=7, length=14, dropped=5)),
        attempt("send", "1.2", 1, Status.FAILURE, log=LogSpan(segment="segment", offset=22, length=8)),
    ]
    remember(RememberedStore(RUN, attempts, str(file)))


def test_logs_copies_just_the_attempts_bytes_under_a_heading_each(a_run, capfdbinary):
    assert logs("r00412", "load/1") == 0
    heading, content = capfdbinary.readouterr().out.split(b"\n", 1)
    assert b"load/1  attempt 2" in heading
    assert b"5 bytes missing" in heading
    assert content == b"loaded 12\x1b[2J\n"


def test_logs_on_a_terminal_steer_nothing(a_run, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    logs("r00412")
    assert "loaded 12\\x1b[2J\n" in stream.getvalue()
    assert "and sent\n" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_a_split_character_of_a_log_is_whole_on_a_terminal(remember, monkeypatch, tmp_path):
    file = tmp_path / "long"
    text = "ä" * CHUNK
    file.write_bytes(b"x" + text.encode())
    span = LogSpan(segment="long", offset=0, length=file.stat().st_size)
    remember(RememberedStore(RUN, [attempt("load", "1", 1, Status.SUCCESS, log=span)], str(file)))
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    logs("r00412")
    assert f"x{text}\n" in stream.getvalue()


def test_a_character_of_which_only_the_beginning_was_logged_is_shown_on_a_terminal(remember, monkeypatch, tmp_path):
    file = tmp_path / "cut"
    file.write_bytes("ende\u00e4".encode()[:-1])
    span = LogSpan(segment="cut", offset=0, length=5)
    remember(RememberedStore(RUN, [attempt("load", "1", 1, Status.SUCCESS, log=span)], str(file)))
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    logs("r00412")
    assert stream.getvalue().endswith("ende\\xc3\n")


def test_logs_of_an_unknown_step_name_its_neighbours(a_run):
    with pytest.raises(UsageError, match="no step 'laod'") as caught:
        logs("r00412", "laod")
    assert "'load'" in caught.value.hint


@pytest.mark.parametrize(
    ("sequences", "hint"),
    [
        ((), "it has not begun"),
        (("1",), "it has begun in 1 iteration: 1"),
        (("1.10", "1.9", "1.10"), "it has begun in 2 iterations: 1.9, 1.10"),
        (
            [f"1.{number}" for number in range(97, 0, -1)],
            "it has begun in 97 iterations: 1.1, 1.2, 1.3, 1.4, ..., 1.97",
        ),
    ],
)
def test_logs_of_an_iteration_that_there_is_not_name_those_that_there_are(remember, tmp_path, sequences, hint):
    attempts = [attempt("load", sequence, 1, Status.SUCCESS) for sequence in sequences]
    remember(RememberedStore(RUN, [*attempts, attempt("send", "9.9", 1, Status.SUCCESS)], str(tmp_path / "none")))
    with pytest.raises(UsageError, match=r"run 'r00412' has no iteration '9\.9' of 'load' that has begun") as caught:
        logs("r00412", "load/9.9")
    assert caught.value.hint == hint


def test_an_iteration_that_is_yet_to_begin_may_be_followed(remember, capsys, tmp_path):
    remember(RememberedStore(RUN, [], str(tmp_path / "none")))
    assert logs("r00412", "load/1.2", follow=True) == 0
    assert "the logs are empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "texts"),
    [("block", ["in 1.1", "in 1.2"]), ("block/1.2", ["in 1.2"]), ("block/1.3", []), ("", ["load", "in 1.1", "in 1.2"])],
)
def test_logs_of_a_container_are_those_of_its_steps(remember, capfd, tmp_path, path, texts):
    attempts = []
    for task, text in (("load/1", "load"), ("block.send/1.1", "in 1.1"), ("block.send/1.2", "in 1.2")):
        (tmp_path / text).write_text(f"{text}\n")
        name, _, sequence = task.partition("/")
        span = LogSpan(segment=text, offset=0, length=len(text) + 1)
        attempts.append(attempt(name, sequence, 1, Status.SUCCESS, log=span))
    remember(Segments(a_record(description=STEPS), attempts, str(tmp_path)))
    assert logs("r00412", path or None) == 0
    captured = capfd.readouterr()
    assert captured.out.splitlines()[1::2] == texts
    assert ("the logs are empty" in captured.err) == (not texts)


def test_logs_of_a_silent_step_say_so(remember, capsys, tmp_path):
    remember(RememberedStore(RUN, [attempt("load", "1", 1, Status.SUCCESS)], str(tmp_path / "none")))
    assert logs("r00412", "load") == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "the logs are empty" in captured.err


# -- segments that are missing


class Segments(RememberedStore):
    """A store whose run has several segments."""

    def log_file(self, run, span):
        return str(Path(self.file) / span.segment)


@pytest.fixture
def with_gaps(remember, tmp_path):
    """A run of five attempts; the segments of the second and the fourth are gone."""
    attempts = []
    for number, name in enumerate(["w1", "w2", "w1", "w3", "w2"], 1):
        text = f"text {number}\n".encode()
        file = tmp_path / name
        span = LogSpan(segment=name, offset=file.stat().st_size if file.exists() else 0, length=len(text))
        with file.open("ab") as end:
            end.write(text)
        attempts.append(attempt("send", f"1.{number}", 1, Status.SUCCESS, log=span))
    remember(Segments(RUN, attempts, str(tmp_path)))

    def lose(*names):
        for name in names:
            (tmp_path / name).unlink()

    return lose


@pytest.mark.parametrize("follow", [False, True])
def test_logs_tell_at_its_place_that_a_segment_is_missing_and_go_on(with_gaps, capfd, tmp_path, follow):
    with_gaps("w2")
    with pytest.raises(StoreError, match=rf"^the log file '{tmp_path}/w2' is missing\n") as caught:
        logs("r00412", follow=follow)
    assert caught.value.hint.startswith("it was moved or deleted")
    lines = capfd.readouterr().out.splitlines()
    gone = f"[sequent: the log file '{tmp_path}/w2' is missing]"
    assert lines[1::2] == ["text 1", gone, "text 3", "text 4", gone]
    assert [line.split()[2] for line in lines[::2]] == [f"send/1.{number}" for number in range(1, 6)]


def test_logs_count_further_segments_that_are_missing(with_gaps, capfd):
    with_gaps("w2", "w3")
    with pytest.raises(StoreError, match=r"w2' is missing; 1 other log cannot be read either\n"):
        logs("r00412")
    assert "text 3" in capfd.readouterr().out


@pytest.mark.parametrize("status", [Status.WAITING, Status.ACTIVE])
def test_logs_say_where_the_output_of_attempts_without_an_outcome_is(remember, capsys, tmp_path, status):
    lost = [attempt("load", f"1.{number}", 1, status, ended=None) for number in (1, 2, 3)]
    remember(Segments(RUN, [*lost, attempt("send", "1", 1, Status.SUCCESS)], str(tmp_path)))
    assert logs("r00412") == 0
    lost_ones = "load/1.1 (attempt 1) and of 2 more"
    told = f"the output of {lost_ones}, which ended without an outcome; it is in the files of {tmp_path}"
    assert capsys.readouterr().err == f"not shown: {told}\n"
    assert logs("r00412", "send") == 0
    assert capsys.readouterr().err == "send: the logs are empty\n"


@pytest.mark.parametrize("fields", [{"host": "etl2", "host_depth": 1}, {"is_outdated": True}])
def test_logs_say_nothing_of_attempts_on_hosts_or_that_no_longer_count(remember, capsys, tmp_path, fields):
    remember(Segments(RUN, [attempt("load", "1", 1, Status.WAITING, ended=None, **fields)], str(tmp_path)))
    assert logs("r00412") == 0
    assert capsys.readouterr().err == "run r00412: the logs are empty\n"


def test_logs_as_json_tell_why_an_output_is_missing(with_gaps, capsys, tmp_path):
    with_gaps("w3")
    assert logs("r00412", options=GlobalOptions(json=True)) == 0
    told = [(each["text"], each["missing"]) for each in json.loads(capsys.readouterr().out)["logs"]]
    gone = (None, f"the log file '{tmp_path}/w3' is missing")
    assert told == [("text 1\n", None), ("text 2\n", None), ("text 3\n", None), gone, ("text 5\n", None)]


# -- of what has not ended


@pytest.fixture
def segment(tmp_path):
    made = Segment.make(str(tmp_path), "w")
    yield made
    made.close()


class LivingStore(RememberedStore):
    """A store of a run that goes on each time that somebody asks for it, until it has ended."""

    def __init__(self, file, *scenes):
        super().__init__(replace(RUN, status=RunStatus.RUNNING), [], file)
        self.scenes = list(scenes)

    def find(self, run_id, flow=None):
        if self.scenes:
            self.scenes.pop(0)(self)
        if not self.scenes:
            self.record = replace(self.record, status=RunStatus.SUCCESS)
        return self.record


def begins(segment, path, text=""):
    def scene(store):
        segment.begin(path, "1", 1)
        store.kept.append(attempt(path, "1", 1, Status.ACTIVE, ended=None))
        segment.write(text)

    return scene


def writes(segment, text):
    return lambda store: segment.write(text)


def ends(segment):
    def scene(store):
        last = store.kept.pop()
        store.kept.append(attempt(last.path, "1", 1, Status.SUCCESS, log=segment.end()))

    return scene


def followed(remember, monkeypatch, capfdbinary, store, path=None):
    """What following it shows: the text under each heading, by path."""
    monkeypatch.setattr(module, "REST", 0)
    remember(store)
    assert logs("latest", path, follow=True) == 0
    shown = []
    for line in capfdbinary.readouterr().out.decode().splitlines(keepends=True):
        if line.startswith("==>"):
            shown.append([line.split()[2].partition("/")[0], ""])
        else:
            shown[-1][1] += line
    return [tuple(part) for part in shown]


def test_lines_are_shown_while_they_are_written_and_once_each(segment, remember, monkeypatch, capfdbinary):
    store = LivingStore(
        segment.path,
        begins(segment, "load", "one\ntw"),
        writes(segment, "o\nthr"),
        writes(segment, "ee\n"),
        ends(segment),
    )
    assert followed(remember, monkeypatch, capfdbinary, store) == [("load", "one\ntwo\nthree\n")]


def test_what_is_written_is_shown_before_its_attempt_has_ended(segment, remember, monkeypatch, capfdbinary):
    store = LivingStore(segment.path, begins(segment, "load", "one\n"), lambda store: None)
    assert followed(remember, monkeypatch, capfdbinary, store) == [("load", "one\n")]


def test_the_end_of_an_attempt_and_the_next_one_of_its_worker_are_told_apart(
    segment, remember, monkeypatch, capfdbinary
):
    store = LivingStore(
        segment.path,
        begins(segment, "load", "one\n"),
        lambda store: (writes(segment, "two")(store), ends(segment)(store), begins(segment, "send", "three\n")(store)),
        ends(segment),
    )
    assert followed(remember, monkeypatch, capfdbinary, store) == [("load", "one\ntwo\n"), ("send", "three\n")]


def test_only_the_step_that_is_asked_for_is_followed(segment, remember, monkeypatch, capfdbinary):
    store = LivingStore(
        segment.path,
        begins(segment, "load", "one\n"),
        lambda store: (ends(segment)(store), begins(segment, "send", "two\n")(store)),
        ends(segment),
    )
    assert followed(remember, monkeypatch, capfdbinary, store, "send") == [("send", "two\n")]


def test_of_a_flood_what_is_gone_is_told_and_its_end_is_shown_once(segment, remember, monkeypatch, capfdbinary):
    def flood(store):
        segment.write("x" * (2 * CAP) + "\n")
        punch(segment.path, CAP, CAP // 2)

    store = LivingStore(segment.path, begins(segment, "load", "one\n"), flood, writes(segment, "last\n"), ends(segment))
    ((_, text),) = followed(remember, monkeypatch, capfdbinary, store)
    assert text.startswith("one\nxxx")
    assert text.count("bytes were left out here]") == 1
    assert text.endswith("xxx\nlast\n")
    assert len(text) < 2 * CAP - CAP // 2 + 100


def punch(path, start, length):
    with Path(path).open("r+b") as file:
        assert ctypes.CDLL(None).fallocate(file.fileno(), 3, ctypes.c_int64(start), ctypes.c_int64(length)) == 0


def test_without_following_what_runs_is_shown_as_far_as_it_is(segment, remember, capfdbinary):
    remember(LivingStore(segment.path, begins(segment, "load", "one\nand ha"), lambda store: None))
    assert logs("latest") == 0
    assert capfdbinary.readouterr().out.split(b"\n", 1)[1] == b"one\nand ha\n"


def test_a_run_that_nobody_drives_is_not_waited_for(segment, remember, capfdbinary):
    remember(RememberedStore(replace(RUN, status=RunStatus.INTERRUPTED), [], segment.path))
    assert logs("latest", follow=True) == 0


def test_following_as_one_document_is_refused(remember):
    with pytest.raises(UsageError, match="--follow and --json"):
        logs("latest", follow=True, options=GlobalOptions(json=True))


def test_the_document_has_the_text_of_each_attempt(a_run, capsys):
    logs("latest", options=GlobalOptions(json=True))
    assert [log["text"] for log in json.loads(capsys.readouterr().out)["logs"]] == ["loaded 12\x1b[2J\n", "and sent"]


@pytest.mark.parametrize("seen", [0, CAP // 4, CAP // 2, CAP, 3 * CAP - 5, 3 * CAP])
def test_what_is_left_of_a_cut_log_is_found_wherever_its_reader_was(tmp_path, seen):
    total = 3 * CAP
    whole = b"".join(b"%07d\n" % number for number in range(total // 8))
    segment = Segment.make(str(tmp_path), "w")
    segment.begin("a", "1", 1)
    os.write(segment.descriptor, whole)
    span = segment.end()
    piece = Piece(segment=segment.path, start=0, end=span.length, has_ended=True, dropped=span.dropped).after(seen)
    left = Path(segment.path).read_bytes()[piece.start : piece.end]
    segment.close()
    if seen > CAP // 2:
        assert left == whole[max(seen, total - CAP // 2) :]
    else:
        assert left.startswith(whole[seen : CAP // 2])
        assert left.endswith(whole[total - CAP // 2 :])
