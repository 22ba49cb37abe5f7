"""Attempts in worker processes: what they get, what they give, and what becomes of their failures."""

from __future__ import annotations

import enum
import json
import logging
import os
import signal
import sys
from pathlib import Path

import attrs
import pytest

import sequent.runtime.context as where
from sequent.dsl.builder import Sequent
from sequent.model.status import Verdict
from sequent.runtime.orders import AttemptBegan
from sequent.runtime.worker.capture import CAP
from tests.runtime.driving import Driving, forked, inline, launched


class Colour(enum.Enum):
    RED = 1


@attrs.frozen
class Row:
    name: str
    colour: Colour


def add(a, b=2):
    print("adding", a, b)
    return a + b


def fail(text):
    raise ValueError(text)


def fail_within():
    json.loads("{")


def chained():
    try:
        fail("first")
    except ValueError as error:
        raise RuntimeError("second") from error


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def unprintable():
    raise Unprintable


def recurse():
    recurse()


def interrupt():
    raise KeyboardInterrupt


def leave(code):
    sys.exit(code)


def end_process(code):
    print("last words")
    os._exit(code)


def kill_itself(number):
    os.kill(os.getpid(), number)


def rows() -> list[Row]:
    return [Row("a", Colour.RED)]


def unnamed():
    return Row("a", Colour.RED)


def name_of(found):
    return [f"{row.name} {row.colour.name}" for row in found]


def connection():
    return {"conn": open(os.devnull)}


async def later():
    return "later"


def told():
    found = where.context()
    return {
        "context": [found.path, found.name, found.sequence, found.item, found.run_id, found.recovery, found.attempt],
        "environment": {name: value for name, value in os.environ.items() if name.startswith("SEQUENT_")},
    }


def handled(flow):
    return [flow.get_step_name(), flow.get_step_sequence(), flow.run_id, flow.name]


def log():
    logging.getLogger("app").warning("from logging")
    where.context().logger.info("from the context")
    os.system("echo from a child; echo and its errors >&2")
    print("no newline", end="")


def flood(mebibytes):
    os.write(1, b"head\n")
    for _ in range(mebibytes):
        os.write(1, b"x" * 2**20)
    os.write(1, b"\ntail\n")


def binary():
    os.write(1, b"\xff\xfe\x00")


def read_stdin():
    return sys.stdin.read()


def spoil():
    os.chdir("/")
    os.umask(0o777)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    signal.alarm(1)
    sys.stdout = open(os.devnull, "w")
    os.close(2)


def look():
    print("heard")
    umask = os.umask(0o22)
    os.umask(umask)
    return [
        os.getcwd(),
        umask,
        signal.getsignal(signal.SIGINT) is signal.default_int_handler,
        list(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        signal.alarm(0),
    ]


def close_everything():
    os.closerange(3, 100)


def pid():
    return os.getpid()


def big():
    return "x" * 3_000_000


def length(text):
    return len(text)


def change(items):
    items.append(1)
    return items


def nothing():
    return None


def come_back_twice():
    if (child := os.fork()) == 0:
        return "the child"
    os.waitpid(child, 0)
    return "the parent"


def become_another():
    os.execvp("sh", ["sh", "-c", "echo replaced; exit 4"])  # noqa: S606 - a step may do this


flow = Sequent("flow")
flow.add_step("sum", func=add, args=(1,), kwargs={"b": 3})
flow.add_step("fail", func=fail, args=("it broke",))
flow.add_step("within", func=fail_within)
flow.add_step("chained", func=chained)
flow.add_step("unprintable", func=unprintable)
flow.add_step("recurse", func=recurse)
flow.add_step("interrupt", func=interrupt)
flow.add_step("leave0", func=leave, args=(0,))
flow.add_step("leave3", func=leave, args=(3,))
flow.add_step("ended", func=end_process, args=(3,))
flow.add_step("killed", func=kill_itself, args=(9,))
flow.add_step("segfault", func=kill_itself, args=(int(signal.SIGSEGV),))
made = flow.add_step("rows", func=rows)
flow.add_step("names", func=name_of, args=(made.result,))
flow.add_step("unnamed", func=unnamed)
flow.add_step("connection", func=connection)
flow.add_step("later", func=later)
inner = flow.add_step("inner")
inner.add_step("told", func=told)
inner.add_step("handled", func=handled, args=(flow,))
flow.add_step("log", func=log)
flow.add_step("flood", func=flood, args=(20,))
flow.add_step("binary", func=binary)
flow.add_step("stdin", func=read_stdin)
flow.add_step("spoil", func=spoil)
flow.add_step("look", func=look)
flow.add_step("close", func=close_everything)
flow.add_step("pid", func=pid)
large = flow.add_step("big", func=big)
flow.add_step("length", func=length, args=(large.result,))
flow.add_step("change", func=change, args=([0],))
flow.add_step("nothing", func=nothing)
flow.add_step("twice", func=come_back_twice)
flow.add_step("exec", func=become_another)


@pytest.fixture(scope="module")
def driving(tmp_path_factory):
    with forked(flow, tmp_path_factory.mktemp("run")) as found:
        yield found


def test_a_step_gets_its_arguments_and_gives_its_result_and_its_output(driving: Driving):
    ended = driving.run("sum")
    assert (ended.result, ended.problem) == ("4", None)
    assert driving.log_of(ended) == "adding 1 3\n"


def test_a_silent_step_has_no_log_and_none_is_a_result(driving: Driving):
    ended = driving.run("nothing")
    assert (ended.result, ended.log) == ("null", None)


def test_a_literal_is_a_fresh_copy_for_each_attempt(driving: Driving):
    assert [driving.run("change").result for _ in range(2)] == ["[0,1]", "[0,1]"]


def test_a_coroutine_function_is_run(driving: Driving):
    assert driving.run("later").result == '"later"'


def test_an_exception_is_told_with_the_authors_line_and_frames_alone(driving: Driving):
    problem = driving.run("fail").problem
    assert problem
    assert (problem.type, problem.message, problem.file) == ("ValueError", "it broke", __file__)
    assert Path(__file__).read_text().splitlines()[problem.line - 1].strip() == "raise ValueError(text)"
    assert "raise ValueError(text)" in problem.traceback
    assert "runtime/attempt.py" not in problem.traceback


def test_an_exception_of_a_library_is_blamed_on_the_line_that_called_it(driving: Driving):
    problem = driving.run("within").problem
    assert problem
    assert problem.file == __file__
    assert Path(__file__).read_text().splitlines()[problem.line - 1].strip() == 'json.loads("{")'


def test_the_cause_of_an_exception_is_told_too(driving: Driving):
    problem = driving.run("chained").problem
    assert problem
    assert "ValueError: first" in problem.traceback
    assert "runtime/attempt.py" not in problem.traceback


@pytest.mark.parametrize(
    ("step", "kind", "words"),
    [
        ("unprintable", "Unprintable", "could not be had"),
        ("recurse", "RecursionError", "recursion"),
        ("interrupt", "KeyboardInterrupt", "interrupted"),
        ("leave0", "SystemExit", "sys.exit(0)"),
        ("leave3", "SystemExit", "sys.exit(3)"),
        ("connection", "NotDataError", "result['conn']"),
        ("unnamed", "NotDataError", "Row"),
    ],
)
def test_a_step_fails_in_one_clear_way_and_the_same_worker_goes_on(driving: Driving, step, kind, words):
    before = driving.run("pid").result
    problem = driving.run(step).problem
    assert problem
    assert problem.type == kind
    assert words in problem.message
    assert driving.run("pid").result == before


@pytest.mark.parametrize(
    ("step", "kind", "words"),
    [
        ("ended", "ExitStatus", "status 3"),
        ("killed", "Signal", "killed by SIGKILL (out of memory?)"),
        ("exec", "ExitStatus", "status 4"),
        ("segfault", "Signal", "killed by SIGSEGV"),
        ("close", "ExitStatus", "closed descriptors of its worker"),
    ],
)
def test_a_step_that_ends_its_process_fails_alone_and_the_next_one_runs(driving: Driving, step, kind, words):
    problem = driving.run(step).problem
    assert problem
    assert problem.type == kind
    assert words in problem.message
    assert driving.run("sum").result == "4"


def test_what_was_written_before_the_process_ended_is_kept(driving: Driving):
    assert driving.log_of(driving.run("ended")) == "last words\n"


def test_records_and_enums_travel_to_the_step_that_asks(driving: Driving):
    text = driving.run("rows").result
    assert text
    ended = driving.run("names", inputs=(text,), makers=("rows",))
    assert (ended.problem, ended.result) == (None, '["a RED"]')


def test_a_class_that_the_annotation_does_not_name_is_refused_with_the_way_out(driving: Driving):
    problem = driving.run("unnamed").problem
    assert problem
    assert "annotate the step's return with" in problem.message


def test_values_larger_than_any_packet_travel_both_ways(driving: Driving):
    text = driving.run("big").result
    assert text is not None
    assert len(text) == 3_000_002
    assert driving.run("length", inputs=(text,), makers=("big",)).result == "3000000"


def test_a_step_learns_where_it_is(driving: Driving):
    ended = driving.run("inner.told", sequence="1.2", recovery=3, attempt=4, item='["x"]')
    assert ended.result
    found = json.loads(ended.result)
    run_id = "r-test-" + driving.directory.name
    assert found["context"] == ["inner.told", "inner_told", "1.2", ["x"], run_id, 3, 4]
    wanted = {
        "SEQUENT_STEP_NAME": "inner_told",
        "SEQUENT_STEP_PATH": "inner.told",
        "SEQUENT_STEP_SEQUENCE": "1.2",
        "SEQUENT_STEP_RECOVERY": "3",
        "SEQUENT_STEP_ATTEMPT": "4",
        "SEQUENT_STEP_ITEM": '["x"]',
        "SEQUENT_RUN_ID": run_id,
        "SEQUENT_LOGGER_NAME": "sequent",
        "SEQUENT_IDEMPOTENCY_KEY": f"{run_id}/inner.told/1.2",
    }
    assert wanted.items() <= found["environment"].items()


def test_an_item_that_is_text_is_given_as_it_is_and_is_gone_for_the_next_step(driving: Driving):
    with_item, without = driving.run("inner.told", item='"a b"'), driving.run("inner.told")
    assert with_item.result
    assert without.result
    assert json.loads(with_item.result)["environment"]["SEQUENT_STEP_ITEM"] == "a b"
    assert "SEQUENT_STEP_ITEM" not in json.loads(without.result)["environment"]


def test_the_flow_among_the_arguments_is_a_handle(driving: Driving):
    ended = driving.run("inner.handled", sequence="1.3")
    assert ended.result
    assert json.loads(ended.result) == ["inner_handled", "1.3", "r-test-" + driving.directory.name, "flow"]


def test_a_forked_copy_that_comes_back_from_the_step_ends_there(driving: Driving):
    assert driving.run("twice").result == '"the parent"'
    assert driving.run("nothing").result == "null"
    assert driving.seen == []


def test_output_of_loggers_and_of_children_is_kept_in_order(driving: Driving):
    lines = driving.log_of(driving.run("log")).split("\n")
    assert "from logging" in lines[0]
    assert "from the context" in lines[1]
    assert lines[2:] == ["from a child", "and its errors", "no newline"]


def test_too_much_output_is_cut_in_its_middle_and_that_is_said(driving: Driving):
    ended = driving.run("flood")
    assert ended.log
    text = driving.log_of(ended)
    assert text.startswith("head\nxxx")
    assert text.endswith("xxx\ntail\n")
    assert ended.log.dropped > 11 * 2**20
    assert f"{ended.log.dropped} bytes of this attempt's output were left out here" in text
    assert ended.log.length < CAP + 200
    assert driving.log_of(driving.run("sum")) == "adding 1 3\n"


def test_bytes_that_are_no_text_are_kept_as_they_are(driving: Driving):
    log = driving.run("binary").log
    assert log
    data = (driving.directory / "logs" / log.segment).read_bytes()
    assert data[log.offset : log.offset + log.length] == b"\xff\xfe\x00"


def test_standard_input_is_empty(driving: Driving):
    assert driving.run("stdin").result == '""'


def test_what_a_step_changes_of_its_process_is_put_right_for_the_next(driving: Driving):
    before = driving.run("look")
    driving.run("spoil")
    after = driving.run("look")
    assert after.result == before.result
    assert driving.log_of(after) == "heard\n"


def test_a_beginning_is_announced_where_that_is_asked_for(driving: Driving):
    frame = driving.start("nothing", announces=True)
    assert driving.wait(lambda report: report.frame == frame) == AttemptBegan(frame, 1, 1)
    driving.end_of(frame)


@pytest.mark.parametrize(("step", "verdict"), [("nothing", Verdict.FALSY), ("sum", Verdict.TRUTHY)])
def test_the_worker_tells_whether_a_result_is_truthy(driving: Driving, step, verdict):
    assert driving.run(step, wants_verdict=True).verdict is verdict
    assert driving.run(step).verdict is Verdict.UNKNOWN


def test_a_launched_worker_loads_the_flow_by_its_file(tmp_path):
    file = tmp_path / "other.py"
    file.write_text(
        "from sequent.dsl.builder import Sequent\n"
        "import os\n"
        "def here():\n    return [os.getcwd(), __name__]\n"
        "flow = Sequent('other')\n"
        "flow.add_step('here', func=here)\n"
        "flow.add_step('text', func=lambda: 'of a lambda')\n"
    )
    with launched(f"{file}:flow", tmp_path / "run") as driving:
        assert driving.run("here").result == json.dumps([str(Path.cwd()), "other"], separators=(",", ":"))
        assert driving.run("text").result == '"of a lambda"'


def test_a_flow_that_a_worker_cannot_load_fails_the_step_with_the_authors_line(tmp_path):
    file = tmp_path / "fickle.py"
    file.write_text("from sequent.dsl.builder import Sequent\nflow = Sequent('f')\nflow.add_step('s', func=print)\n")
    with launched(f"{file}:flow", tmp_path / "run") as driving:
        file.write_text("1 / 0\n")
        sys.modules.pop("fickle")
        problem = driving.run("s").problem
        assert problem
        assert "division by zero" in problem.message
        assert (problem.file, problem.line) == (str(file), 1)


def test_inline_a_step_runs_in_this_process_and_its_output_is_kept(tmp_path, capsys):
    with inline(flow, tmp_path) as driving:
        assert driving.run("pid").result == str(os.getpid())
        ended = driving.run("sum")
        assert (ended.result, driving.log_of(ended)) == ("4", "adding 1 3\n")
        problem = driving.run("leave3").problem
        assert problem
        assert problem.type == "SystemExit"
        told_here = driving.run("inner.told", sequence="1.7").result
        assert told_here
        assert json.loads(told_here)["context"][2] == "1.7"
    assert capsys.readouterr().out == ""
    assert "SEQUENT_STEP_NAME" not in os.environ
