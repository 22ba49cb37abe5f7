"""What steps leave: limits, types by content, secrets, and who may leave anything."""

from __future__ import annotations

import os
import threading

import pytest

from sequent.errors import UsageError
from sequent.model.references import SecretOf
from sequent.model.story import LARGEST_ARTIFACT, LARGEST_NOTE, LARGEST_TOTAL, LONGEST_TITLE, MOST_PARTS
from sequent.runtime.artifact_files import media_type
from sequent.runtime.context import Context, context
from sequent.runtime.worker.secrets import Secrets
from sequent.runtime.worker.story import AttemptStory

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 20


class Log:
    """Stands for the log of an attempt."""

    def mask(self, words):
        self.words = words


@pytest.fixture
def secrets(monkeypatch) -> Secrets:
    monkeypatch.setenv("SEQUENT_SECRET_WORD", "abracadabra")
    return Secrets(Log())


@pytest.fixture
def story(tmp_path, secrets) -> AttemptStory:
    (tmp_path / "run").mkdir()
    return AttemptStory(str(tmp_path / "run"), "", secrets, now=lambda: 5.0)


def refusal(act) -> UsageError:
    with pytest.raises(UsageError) as caught:
        act()
    return caught.value


def test_a_note_may_have_64_kib_and_no_byte_more(story):
    story.note("é" * (LARGEST_NOTE // 2))
    error = refusal(lambda: story.note("é" * (LARGEST_NOTE // 2) + "x"))
    assert "65,537 bytes, and at most 65,536" in error.message
    assert [part.text for part in story.end()] == ["é" * (LARGEST_NOTE // 2)]


def test_an_attempt_may_leave_a_hundred(story, tmp_path):
    (tmp_path / "x").write_bytes(PNG)
    for _ in range(MOST_PARTS - 1):
        story.note("x")
    story.artifact(tmp_path / "x", "")
    for act in (lambda: story.note("x"), lambda: story.artifact(tmp_path / "x", "")):
        assert "has left 100 notes and artifacts" in refusal(act).message
    assert len(story.end()) == MOST_PARTS


def test_an_artifact_may_have_16_mib_and_those_of_a_run_256(story, tmp_path):
    file = tmp_path / "x"
    file.write_bytes(PNG)
    os.truncate(file, LARGEST_ARTIFACT)
    story.artifact(file, "")
    os.truncate(file, LARGEST_ARTIFACT + 1)
    assert "more than 16,777,216 bytes" in refusal(lambda: story.artifact(file, "")).message
    with open(tmp_path / "run" / "artifacts" / "other", "wb") as other:
        os.truncate(other.fileno(), LARGEST_TOTAL - LARGEST_ARTIFACT - 7)
    file.write_bytes(b"1234567")
    story.artifact(file, "")
    file.write_bytes(b"8")
    assert "268,435,457 bytes, and at most 268,435,456" in refusal(lambda: story.artifact(file, "")).message


def test_an_artifact_is_a_copy_of_the_file_as_it_is_now_under_its_digest(story, tmp_path):
    file = tmp_path / "chart.png"
    file.write_bytes(PNG)
    story.artifact(str(file), "Rows\nby day")
    file.unlink()
    (part,) = story.end()
    assert (part.title, part.name, part.media, part.size, part.at) == ("Rows by day", "chart.png", "image/png", 28, 5.0)
    assert (tmp_path / "run" / "artifacts" / part.digest).read_bytes() == PNG


def test_a_title_is_one_short_line(story, tmp_path):
    (tmp_path / "x").touch()
    story.artifact(tmp_path / "x", "y" * 300)
    story.artifact(tmp_path / "x", "")
    assert [len(part.title) for part in story.end()] == [LONGEST_TITLE, 1]


@pytest.mark.parametrize(
    ("data", "media"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF1234WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7", "application/pdf"),
        (b"<svg xmlns='x'/>", "image/svg+xml"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a -->\n<svg>', "image/svg+xml"),
        (b"<html><svg></html>", "text/plain"),
        (b"<svgx>", "text/plain"),
        (b"<!-- a --> <!DOCTYPE svg>\n<!---->" + b"<!-- -->" * 400 + b"<svg>", "image/svg+xml"),
        # Comments can be told apart in one way only, or this would never end.
        (b"<!---->" * 500, "text/plain"),
        (b"a,b\n", "text/plain"),
        (b"", "text/plain"),
        (b"a\0b", "application/octet-stream"),
        (b"\xff\xfe", "application/octet-stream"),
    ],
)
def test_the_type_of_a_file_is_that_of_its_content(data, media):
    assert media_type(data) == media


def test_secrets_are_masked_in_notes_and_refused_in_files(story, secrets, tmp_path):
    secrets.take(SecretOf("WORD"))
    story.note("the word is abracadabra")
    (tmp_path / "abracadabra.txt").write_text("harmless")
    story.artifact(tmp_path / "abracadabra.txt", "abracadabra")
    (tmp_path / "x").write_text("it is abracadabra!")
    assert "contains the secret 'WORD'" in refusal(lambda: story.artifact(tmp_path / "x", "")).message
    note, artifact = story.end()
    assert note.text == "the word is ***"
    assert (artifact.title, artifact.name) == ("***", "***.txt")
    secrets.release()


@pytest.mark.parametrize(
    ("path", "said"), [("missing", "No such file"), ("folder", "is not a file"), ("pipe", "is not a file")]
)
def test_what_is_no_file_is_refused_at_once(story, tmp_path, path, said):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    assert said in refusal(lambda: story.artifact(tmp_path / path, "")).message


def test_a_title_that_is_not_a_text_is_refused(story, tmp_path):
    (tmp_path / "a").write_text("a")
    assert refusal(lambda: story.artifact(tmp_path / "a", 3)).message == "a title is a str, not int"
    assert story.end() == ()


def test_other_texts_are_taken_as_every_database_can_hold_them(story):
    story.note("a\0b\ud800")
    assert "not int" in refusal(lambda: story.note(5)).message
    (part,) = story.end()
    assert part.text == "a\\x00b\\ud800"


def test_nothing_is_left_after_the_end_nor_by_another_process_nor_on_another_host(story, secrets, tmp_path):
    child = os.fork()
    if not child:
        try:
            story.note("x")
        except UsageError as error:
            os._exit(0 if "a process that the step has started" in error.message else 2)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    threads = [threading.Thread(target=story.note, args=(str(number),)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(story.end()) == 20
    assert "after its attempt has ended" in refusal(lambda: story.note("x")).message
    there = AttemptStory(str(tmp_path / "run"), "etl2", secrets)
    error = refusal(lambda: there.note("x"))
    assert "on host 'etl2' are not kept" in error.message
    assert "its driver is older" in error.hint
    (tmp_path / "x").touch()
    assert "on host 'etl2' are not kept" in refusal(lambda: there.artifact(tmp_path / "x", "")).message
    assert not (tmp_path / "run" / "artifacts").exists()


def test_where_nothing_is_executed_nothing_is_left():
    here = Context(path="a", name="a", sequence="1", item=None, run_id="r", recovery=0, attempt=1, token="")
    assert "nothing is executed here" in refusal(lambda: here.note("x")).message
    assert refusal(context).code == "no-context"
