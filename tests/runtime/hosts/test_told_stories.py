"""Notes and artifacts of steps on a host arrive with the outcome, once, whatever becomes of driver and agent."""

from __future__ import annotations

import hashlib
import os

from msgspec.structs import replace

from sequent.model.story import Artifact, Note
from sequent.model.value_text import encode
from sequent.runtime.artifact_files import read_artifact
from sequent.runtime.hosts.protocol import greeting
from sequent.runtime.hosts.protocol.messages import (
    ArtifactPiece,
    ArtifactWhole,
    EndedThere,
    EndedWithStory,
    ForgetOutcomes,
    NoticeThere,
)
from sequent.runtime.messages.encoding import encoded
from sequent.runtime.orders import AttemptLost, Notice, StoryTold
from tests.patience import wait_until
from tests.runtime.hosts.gates import kept_outcomes
from tests.runtime.hosts.sessions import remote, run_on
from tests.runtime.hosts.speaking import Speaker, attach

SIZE = 600_000
"""The bytes of an artifact of several pieces."""
DATA = b"x" * SIZE
DIGEST = hashlib.sha256(DATA).hexdigest()
TELL = {"inputs": (encode(SIZE),), "makers": ("source",)}


def stories(driving):
    return [report for report in driving.seen if isinstance(report, StoryTold)]


def summary(parts):
    return [part.text if isinstance(part, Note) else (part.title, part.name, part.media, part.size) for part in parts]


TOLD = [
    "three **rows**",
    ("Rows", "chart.txt", "text/plain", SIZE),
    ("Rows again", "chart.txt", "text/plain", SIZE),
]


def left(directory):
    place = directory / "artifacts"
    return sorted(os.listdir(place)) if place.exists() else []


def test_what_a_step_on_a_host_leaves_comes_before_its_end_and_the_run_has_the_file(driving, tmp_path):
    ended = driving.run("tell", **TELL, attempt=3)
    (story,) = stories(driving)
    assert (story.frame, story.node, story.attempt) == (ended.frame, ended.node, 3)
    assert summary(story.parts) == TOLD
    assert left(tmp_path / "run") == [DIGEST]
    assert read_artifact(str(tmp_path / "run"), DIGEST) == DATA


def test_an_attempt_that_has_failed_leaves_it_too(driving):
    assert driving.run("tell_and_fail").problem.message == "as it should"
    (story,) = stories(driving)
    assert summary(story.parts) == ["before the end"]


def test_an_attempt_that_was_killed_has_left_nothing(driving):
    assert driving.run("tell_and_die").problem is not None
    driving.run("hello")
    assert stories(driving) == []


def test_once_the_run_has_ended_the_host_keeps_no_artifact(host, tmp_path):
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        ended = driving.run("tell", **TELL)
        driving.executor.acknowledge(ended.frame, ended.node, ended.attempt)
        assert left(host.place) == [DIGEST]
    wait_until(lambda: not host.agent_pids())
    assert not (host.place / "artifacts").exists()


def test_a_recovery_gets_what_came_while_no_driver_was_there_even_from_another_agent(host, tmp_path):
    speaker = Speaker.attached(host, version=2)
    speaker.start("a1", "tell", **TELL)
    speaker.session.close()
    wait_until(lambda: kept_outcomes(host))
    (agent,) = host.agent_pids()
    os.kill(agent, 9)
    wait_until(lambda: not host.agent_pids())
    (host.place / "artifacts" / "half.new").touch()
    with remote(run_on(host, tmp_path / "run", epoch=2, open_tokens=("a1",)), tmp_path / "run") as driving:
        driving.run("hello")
        # All of it has come, and is reported once its task is ordered again.
        assert stories(driving) == []
        frame = driving.start("tell", **TELL, token="a1", attempt=2)
        driving.end_of(frame)
        (story,) = stories(driving)
        assert (story.frame, story.attempt) == (frame, 2)
        assert summary(story.parts) == TOLD
        assert left(tmp_path / "run") == left(host.place) == [DIGEST]


def test_a_driver_that_dies_before_it_writes_an_outcome_leaves_all_of_it_to_the_next(host, tmp_path):
    with remote(run_on(host, tmp_path / "first"), tmp_path / "first") as driving:
        driving.run("tell", **TELL, token="a1")
        assert len(stories(driving)) == 1
    with remote(run_on(host, tmp_path / "run", epoch=2, open_tokens=("a1",)), tmp_path / "run") as driving:
        driving.end_of(driving.start("tell", **TELL, token="a1", attempt=2))
        (story,) = stories(driving)
        assert summary(story.parts) == TOLD
        assert left(tmp_path / "run") == [DIGEST]


def test_a_connection_that_comes_back_before_the_outcome_is_written_tells_nothing_twice(host, tmp_path):
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        ended = driving.run("tell", **TELL)
        host.sessions[-1].cut()
        driving.wait_until(lambda: len(host.sessions) == 2)
        driving.executor.acknowledge(ended.frame, ended.node, ended.attempt)
        driving.run("hello")
        assert len(stories(driving)) == 1
        wait_until(lambda: not any(name.endswith(".new") for name in left(tmp_path / "run")))


# -- the protocol


def test_an_artifact_comes_once_in_pieces_before_the_outcome_and_again_to_the_next_driver(host):
    for contact in (1, 2):
        speaker = Speaker.attached(host, contact=contact, version=2, wanted=("a1",) if contact > 1 else ())
        if contact == 1:
            speaker.start("a1", "tell", **TELL)
        outcome = speaker.wait(lambda message: isinstance(message, EndedThere))
        assert isinstance(outcome, EndedWithStory)
        assert summary(outcome.parts) == TOLD
        pieces = [message for message in speaker.heard if isinstance(message, ArtifactPiece)]
        assert b"".join(piece.data for piece in pieces) == DATA
        assert len(pieces) == 3
        assert [message for message in speaker.heard if isinstance(message, ArtifactWhole)] == [
            ArtifactWhole("a1", bytes.fromhex(DIGEST))
        ]
    speaker.say(ForgetOutcomes(("a1",)))
    wait_until(lambda: not kept_outcomes(host))


def test_a_step_of_a_driver_of_version_1_is_refused_as_it_was(host):
    speaker = Speaker.attached(host, version=1)
    speaker.start("a1", "tell", **TELL)
    problem = speaker.wait(lambda message: isinstance(message, EndedThere)).ended.problem
    assert problem.type == "UsageError"
    assert problem.message.startswith("notes and artifacts of a step on host 'far' are not kept")
    assert left(host.place) == []


def test_a_driver_says_what_an_agent_of_version_1_understands_and_its_steps_are_refused(host, tmp_path, monkeypatch):
    monkeypatch.setattr(greeting, "NEWEST", 1)
    assert b"takes_stories" not in encoded(attach())
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        problem = driving.run("tell", **TELL).problem
        assert problem.message.startswith("notes and artifacts of a step on host 'far' are not kept")
        assert driving.run("hello").result == '"hello"'
        assert stories(driving) == []


def test_a_driver_of_version_1_that_takes_a_run_over_gets_the_outcome_alone_and_hears_of_the_rest(host):
    first = Speaker.attached(host, version=2)
    first.start("a1", "tell", **TELL)
    first.session.close()
    wait_until(lambda: kept_outcomes(host))
    second = Speaker.attached(host, contact=2, version=1, wanted=("a1",))
    outcome = second.wait(lambda message: isinstance(message, EndedThere))
    assert type(outcome) is EndedThere
    assert outcome.ended.result == '"told"'
    (notice,) = (message for message in second.heard if isinstance(message, NoticeThere))
    assert "notes and artifacts of an attempt are lost" in notice.text


def test_a_driver_does_not_decide_whether_its_version_takes_stories(host):
    wish = attach(version=1)
    workers = replace(wish.setup.workers, takes_stories=True)
    speaker = Speaker(host)
    speaker.say(replace(wish, setup=replace(wish.setup, workers=workers)))
    speaker.start("a1", "tell", **TELL)
    assert "are not kept" in speaker.wait(lambda message: isinstance(message, EndedThere)).ended.problem.message


def test_an_artifact_that_is_damaged_there_is_left_out_and_people_hear_of_it(host, tmp_path):
    speaker = Speaker.attached(host, version=2)
    speaker.start("a1", "tell", **TELL)
    speaker.session.close()
    wait_until(lambda: kept_outcomes(host))
    (host.place / "artifacts" / DIGEST).write_bytes(DATA[:-1] + b"y")
    with remote(run_on(host, tmp_path / "run", epoch=2, open_tokens=("a1",)), tmp_path / "run") as driving:
        driving.end_of(driving.start("tell", **TELL, token="a1", attempt=2))
        (story,) = stories(driving)
        assert summary(story.parts) == TOLD[:1]
        assert not any(isinstance(part, Artifact) for part in story.parts)
        assert [report for report in driving.seen if isinstance(report, Notice) and "are lost" in report.text]
        assert not [report for report in driving.seen if isinstance(report, AttemptLost)]
