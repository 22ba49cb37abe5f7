"""A host that says what it likes about notes and artifacts fills neither memory nor disk, and names no file here."""

from __future__ import annotations

import hashlib
import itertools
import os

import pytest

from sequent.model.story import LARGEST_ARTIFACT, LARGEST_NOTE, LONGEST_TITLE, MOST_PARTS, Artifact, Note
from sequent.runtime.executors.remote import host_contact, received_artifacts
from sequent.runtime.hosts.protocol.messages import PIECE, ArtifactPiece, ArtifactWhole, EndedWithStory
from sequent.runtime.orders import AttemptEnded, HostReachable, HostUnreachable, StoryTold
from tests.runtime.hosts.hostile import HostileHost, hostile, refusal_of
from tests.runtime.hosts.sessions import remote, run_on

DATA = b"a,b\n"
DIGEST = hashlib.sha256(DATA).digest()


def artifact(data: bytes = DATA, **more: object) -> Artifact:
    fields = {"title": "T", "name": "n.txt", "media": "text/plain", "size": len(data)}
    return Artifact(at=1.0, **{**fields, "digest": hashlib.sha256(data).hexdigest(), **more})


def sent(order, data: bytes = DATA):
    pieces = [ArtifactPiece(order.token, data[at : at + PIECE]) for at in range(0, len(data), PIECE)]
    return [*pieces, ArtifactWhole(order.token, hashlib.sha256(data).digest())]


def end(order, *parts, **more: object) -> EndedWithStory:
    ended = AttemptEnded(order.frame, order.node, order.attempt, **{"result": "1", **more})
    return EndedWithStory(order.token, ended, parts)


def files(directory):
    place = directory / "artifacts"
    return sorted(os.listdir(place)) if place.exists() else []


def told_by(tmp_path, answer):
    """Return the parts that the driver accepts, or its failure."""
    with hostile(tmp_path, answer) as driving:
        ended = driving.run("hello")
        parts = [part for report in driving.seen if isinstance(report, StoryTold) for part in report.parts]
        if ended.problem is None:
            return parts
        assert parts == []
        return ended.problem.message


def test_titles_become_lines_names_lose_their_directories_and_types_are_found_by_content(tmp_path):
    bad = artifact(title="\n one\r\n\x00two " + "x" * 150, name="../../etc/pass\nwd", media="text/html", size=10**6)
    (part,) = told_by(tmp_path, lambda order: [*sent(order), end(order, bad)])
    assert part.title == "one \\x00two " + "x" * 150
    assert (part.name, part.media, part.size) == ("pass wd", "text/plain", len(DATA))
    assert files(tmp_path) == [DIGEST.hex()]


def test_a_text_becomes_one_that_every_database_can_hold(tmp_path):
    (part,) = told_by(tmp_path, lambda order: [end(order, Note(at=1.0, text="a\0b"))])
    assert part.text == "a\\x00b"


def test_an_empty_artifact_is_one(tmp_path):
    (part,) = told_by(tmp_path, lambda order: [*sent(order, b""), end(order, artifact(b""))])
    assert (part.size, files(tmp_path)) == (0, [part.digest])


REFUSED = {
    "large note": (lambda order: [end(order, Note(at=1.0, text="é" * LARGEST_NOTE))], "note is larger than a worker"),
    "not sent": (lambda order: [end(order, artifact())], "an artifact that it names has not come"),
    "sent for another": (
        lambda order: [ArtifactPiece("x1", DATA), ArtifactWhole("x1", DIGEST), end(order, artifact())],
        "an artifact that it names has not come",
    ),
    "not whole": (lambda order: [ArtifactPiece(order.token, DATA), end(order, artifact())], "has not come"),
    "good and bad": (lambda order: [*sent(order), end(order, artifact(), artifact(b"x"))], "has not come"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_story_that_cannot_be_accepted_is_a_failure_of_its_attempt(tmp_path, kind):
    answer, why = REFUSED[kind]
    message = told_by(tmp_path, answer)
    assert message.startswith("host 'far' reports an outcome that cannot be accepted: ")
    assert why in message
    assert not any(name.endswith(".new") for name in files(tmp_path))


def test_only_artifacts_that_the_outcome_names_are_kept(tmp_path):
    told_by(tmp_path, lambda order: [*sent(order, b"other"), *sent(order), end(order, artifact())])
    assert files(tmp_path) == [DIGEST.hex()]


def endless(make):
    return lambda order: (message for number in itertools.count() for message in make(order, number))


MISCONDUCT = {
    "wrong digest": (
        lambda order: [ArtifactPiece(order.token, DATA), ArtifactWhole(order.token, bytes(32))],
        "does not fit its digest",
    ),
    "without end": (endless(lambda order, _: [ArtifactPiece(order.token, bytes(PIECE))]), "larger than a worker"),
    "too many": (endless(lambda order, number: sent(order, str(number).encode())), "too many artifacts"),
    "of others": (endless(lambda _, n: [ArtifactPiece(f"x{n}", bytes(PIECE))]), "about an artifact"),
    "of nobody": (endless(lambda _, n: [ArtifactWhole(f"x{n}", DIGEST)]), "about an artifact"),
    "empty pieces": (endless(lambda order, _: [ArtifactPiece(order.token, b"")]), "about an artifact"),
    "path as digest": (lambda order: [end(order, artifact(digest="../../etc/passwd"))], "it is not a message"),
    "long title": (lambda order: [end(order, artifact(title="x" * (LONGEST_TITLE + 1)))], "it is not a message"),
    "odd type": (lambda order: [end(order, artifact(media="text/html; x"))], "it is not a message"),
    "size of a giant": (lambda order: [end(order, artifact(size=LARGEST_ARTIFACT + 1))], "it is not a message"),
    "many parts": (lambda order: [end(order, *[Note(at=1.0, text="x")] * (MOST_PARTS + 1))], "it is not a message"),
    "no parts": (lambda order: [end(order)], "it is not a message"),
}


@pytest.mark.parametrize("kind", MISCONDUCT)
def test_a_host_that_misbehaves_loses_its_connection_and_leaves_no_file(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(host_contact, "FIRST_WAIT", 0.01)
    answer, why = MISCONDUCT[kind]
    with hostile(tmp_path, answer) as driving:
        driving.start("hello")
        waits = []
        for _ in range(3):
            refusal = refusal_of(driving)
            assert why in refusal.reason
            waits.append(refusal.next_try)
        assert waits == [0.01, 0.02, 0.04]
        assert not [report for report in driving.seen if isinstance(report, AttemptEnded | StoryTold)]
    assert files(tmp_path) == []


def test_artifacts_of_two_attempts_in_turn_are_too_many(tmp_path):
    orders = []

    def answer(order):
        orders.append(order)
        if len(orders) < 2:
            return
        for each in itertools.cycle(orders):
            yield ArtifactPiece(each.token, DATA)

    with hostile(tmp_path, answer) as driving:
        driving.start("hello")
        driving.start("hello")
        assert "artifacts without an outcome" in refusal_of(driving).reason
    assert files(tmp_path) == []


def test_a_connection_that_ends_before_the_outcome_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(host_contact, "FIRST_WAIT", host_contact.LONGEST_WAIT)
    host = HostileHost(lambda order: [*sent(order), ArtifactPiece(order.token, DATA)])
    with remote(run_on(host, tmp_path), tmp_path) as driving:
        driving.wait(lambda report: isinstance(report, HostReachable))
        driving.start("hello")
        driving.wait_until(lambda: len(files(tmp_path)) == 2)
        host.sessions[-1].hang_up()
        driving.wait(lambda report: isinstance(report, HostUnreachable))
        assert files(tmp_path) == []


def test_an_outcome_that_comes_twice_tells_its_story_once(tmp_path):
    def answer(order):
        return [*sent(order), end(order, artifact()), *sent(order), end(order, artifact())]

    with hostile(tmp_path, answer) as driving:
        driving.run("hello")
        driving.run("hello")
        assert len([report for report in driving.seen if isinstance(report, StoryTold)]) == 2
    assert files(tmp_path) == [DIGEST.hex()]


def test_a_host_keeps_within_the_limit_of_the_run_and_the_attempt_that_exceeds_it_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(received_artifacts, "LARGEST_TOTAL", 10)
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "artifacts" / "of another step").write_bytes(b"1234567")
    most = []

    def answer(order):
        yield ArtifactPiece(order.token, DATA)
        most.append(sum(file.stat().st_size for file in (tmp_path / "artifacts").iterdir()))
        yield ArtifactWhole(order.token, DIGEST)
        yield end(order, artifact())

    message = told_by(tmp_path, answer)
    assert "the artifacts of the run would have 11 bytes, and at most 10 are kept" in message
    assert most[0] <= 10
    assert files(tmp_path) == ["of another step"]
