"""Secrets reach the step that asks for them, and nothing that it leaves: log, error, result."""

from __future__ import annotations

import linecache
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import sequent
from sequent.dsl.builder.blocks import Sequent
from sequent.errors import UsageError
from sequent.model.references import SecretOf
from sequent.runtime.logs.log_losses import Losses
from sequent.runtime.logs.log_masking import Mask
from sequent.runtime.logs.log_segment import Segment
from sequent.runtime.worker.secrets import Secrets
from tests.runtime.driving import Driving, forked, inline

CANARY = "s3cr3t-'quo\"ted'-é\n2nd line"


def length(password):
    return len(password)


def show(password):
    print("first", password, end="")
    sys.stdout.flush()
    os.write(1, password[:5].encode())
    os.write(1, password[5:].encode())
    subprocess.run(["printf", "%s", password], check=True)
    print("", repr(password), file=sys.stderr)


def fail(password):
    raise ValueError(f"refused: {password!r} {password}")


def give(password):
    return {"login": ["me", password]}


def crash(password):
    print(password, flush=True)
    os.kill(os.getpid(), 9)


def fail_at_length(password):
    raise ValueError("x" * 4_985 + password + "y" * 6_000)


def fail_as(way, password):
    named = type(f"Refused{password}", (ValueError,), {})
    error = ValueError("refused")
    if way == "type":
        error = named("refused")
    elif way == "base":
        error = type("Refused", (named,), {})("refused")
    elif way == "arguments":
        error = ValueError("refused", [password], {password: 1})
    elif way == "note":
        error.add_note(f"with {password}")
    elif way == "group":
        error = ExceptionGroup("refused", [ValueError(password), ExceptionGroup(password, [named()])])
    elif way == "exit":
        error = SystemExit(password)
    if way == "cause":
        raise error from named(password)
    if way == "context":
        try:
            raise named(password)
        except ValueError:
            raise error  # noqa: B904 - so that it has a context
    raise error


def cores():
    return resource.getrlimit(resource.RLIMIT_CORE)


def cores_beside(password):
    del password
    told = subprocess.run(["sh", "-c", "ulimit -c"], check=True, capture_output=True, text=True).stdout
    return [cores()[0], told.strip()]


def plain():
    print("s3cr3t-'quo\"ted'-é\n2nd line")


secret = sequent.secret("CANARY")
flow = Sequent("flow")
for function in (length, show, fail, give, crash):
    flow.add_step(function.__name__, func=function, args=(secret,))
flow.add_step("fail_at_length", func=fail_at_length, args=(secret,))
flow.add_step("no_number", command=("printenv", "LONG"), env={"LONG": "x" * 190 + f"{secret}"}, result=int)
flow.add_step("plain", func=plain)
WAYS = ("type", "base", "arguments", "note", "group", "exit", "cause", "context")
for way in WAYS:
    flow.add_step(f"fail_as_{way}", func=fail_as, args=(way, secret))
flow.add_step("cores", func=cores)
flow.add_step("cores_beside", func=cores_beside, args=(secret,))
flow.add_step("missing", func=length, args=(sequent.secret("NOT_THERE"),))
SCRIPT = 'cat; echo "$PASSWORD" >&2; tr "\\0" "\\n" < /proc/self/cmdline; env | grep SEQUENT_SECRET; exit 3'
flow.add_step("program", command=("sh", "-c", SCRIPT), env={"PASSWORD": f"<{secret}>"}, stdin=secret)
flow.add_step("quiet", command=("cat",), stdin=secret, result=str)


@pytest.fixture(autouse=True, scope="module")
def given():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQUENT_SECRET_CANARY", CANARY)
        patch.setenv("CANARY", "not this one")
        yield


def files_with(text: str, directory: Path) -> list[Path]:
    return [file for file in directory.rglob("*") if file.is_file() and text.encode() in file.read_bytes()]


def test_a_secret_comes_from_the_environment_of_the_worker(driving: Driving):
    assert driving.run("length").result == str(len(CANARY))


def test_what_an_attempt_writes_has_stars_in_its_place_whoever_writes_it(driving: Driving):
    ended = driving.run("show")
    assert ended.problem is None
    assert driving.log_of(ended) == "first ********* '***'\n"
    assert files_with("s3cr3t", driving.directory) == []


def test_a_worker_that_is_killed_leaves_none_in_its_log(driving: Driving):
    assert driving.run("crash").problem
    assert files_with("s3cr3t", driving.directory) == []


def test_the_log_of_the_next_attempt_is_as_it_is(tmp_path):
    with forked(flow, tmp_path / "run") as driving:
        driving.run("show")
        assert CANARY in driving.log_of(driving.run("plain"))


def test_an_error_has_stars_in_its_place(driving: Driving):
    problem = driving.run("fail").problem
    assert problem
    assert problem.message == "refused: '***' ***"
    assert "***" in problem.traceback
    assert "2nd" not in str(problem)


@pytest.mark.parametrize("way", WAYS)
def test_no_part_of_an_error_shows_one(driving: Driving, way):
    ended = driving.run(f"fail_as_{way}")
    assert ended.problem
    assert "***" in str(ended.problem)
    assert not any(part in str(ended) for part in ("s3c", "2nd"))
    assert files_with("s3cr3t", driving.directory) == []


@pytest.mark.parametrize("room", [forked, inline])
def test_no_core_is_dumped_of_a_step_that_holds_one_nor_of_what_it_starts(tmp_path, room):
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        with room(flow, tmp_path / "run") as driving:
            usual = driving.run("cores").result
            # In blocks of half a KiB, of which that is none.
            assert driving.run("cores_beside").result == ('[1,"0"]' if before[1] else '[0,"0"]')
            assert driving.run("cores").result == usual
            assert driving.run("fail").problem
            assert driving.run("cores").result == usual
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)


def test_an_error_that_is_shortened_shows_neither_its_beginning_nor_its_end(driving: Driving):
    for step in ("fail_at_length", "no_number"):
        problem = driving.run(step).problem
        assert problem
        assert "x***" in problem.message
        assert not any(part in str(problem) for part in ("s3c", "2nd", "line\\n"))


def test_a_result_that_contains_one_is_refused_and_names_it(driving: Driving):
    for step in ("give", "quiet"):
        ended = driving.run(step)
        assert ended.result is None
        assert ended.problem
        assert "contains the secret 'CANARY'" in ended.problem.message
        assert "2nd" not in str(ended)


def test_a_program_gets_it_in_its_environment_and_input_and_shows_it_nowhere(driving: Driving):
    ended = driving.run("program")
    assert ended.problem
    assert ended.problem.exit_code == 3
    # Its last lines are told, and are masked too.
    assert "<***>" in ended.problem.message
    assert not any(part in str(ended) for part in ("s3c", "2nd"))
    log = driving.log_of(ended)
    # Its output and its errors come by pipes of their own, in either order; neither its words nor the environment that
    # it inherits have it.
    assert "<***>\n" in log
    assert log.count("***") == 2
    assert "SEQUENT_SECRET_CANARY=" not in log
    assert files_with("s3cr3t", driving.directory) == []


def test_a_missing_secret_is_a_clear_failure_at_its_line(driving: Driving):
    problem = driving.run("missing").problem
    assert problem
    assert "neither SEQUENT_SECRET_NOT_THERE nor NOT_THERE" in problem.message
    assert 'sequent.secret("NOT_THERE")' in linecache.getline(problem.file, problem.line)


def test_a_secret_that_is_missing_on_another_host_is_to_be_set_there(tmp_path):
    segment = Segment.make(str(tmp_path), "w")
    with pytest.raises(UsageError) as caught:
        Secrets(segment, "far").take(SecretOf("NOT_THERE"))
    segment.close()
    assert caught.value.hint == "set SEQUENT_SECRET_NOT_THERE on host 'far'"


def test_steps_in_the_drivers_own_process_are_masked_too(tmp_path):
    with inline(flow, tmp_path / "run") as here:
        ended = here.run("show")
        assert here.log_of(ended).startswith("first ***")
        assert CANARY in here.log_of(here.run("plain"))


def masked(words: tuple[bytes, ...], pieces: tuple[bytes, ...], file: Path) -> bytes:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    mask = Mask((descriptor,), Losses())
    mask.add(words)
    for piece in pieces:
        os.write(descriptor, piece)
        mask.drain()
    mask.close()
    os.write(descriptor, b"|after")
    os.close(descriptor)
    return file.read_bytes()


@pytest.mark.parametrize(
    ("words", "pieces", "shown"),
    [
        (
            (b"abc",),
            (
                b"xab",
                b"c!",
            ),
            b"x***!",
        ),
        ((b"abc",), (b"xab",), b"xab"),
        ((b"abc", b"abcdef"), (b"abc", b"def"), b"***"),
        ((b"abc", b"abcdef"), (b"abc", b"dx"), b"***dx"),
        ((b"ab", b"bx"), (b"ab", b"x"), b"***x"),
        ((b"aa",), (b"a", b"a", b"a"), b"***a"),
        ((b"\n-----\nkey",), (b"\n-----", b"\nkey\n"), b"***\n"),
    ],
)
def test_a_secret_is_found_however_it_is_cut_into_pieces(tmp_path, words, pieces, shown):
    assert masked(words, pieces, tmp_path / "log") == shown + b"|after"
