"""What surrounds an attempt: its context and environment, its process, and how its worker came by the flow."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from sequent.dsl.builder.blocks import Sequent
from sequent.runtime.orders import DrawBroke
from tests.runtime.driving import Driving, inline, launched
from tests.runtime.worker_steps import add, leave, pid, told


def handled(flow):
    return [flow.get_step_name(), flow.get_step_sequence(), flow.run_id, flow.name]


def read_stdin():
    return sys.stdin.read()


def spoil():
    os.chdir("/")
    os.umask(0o777)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    signal.alarm(1)
    os.environ.update(PATH="/nowhere", LEFT_BEHIND="yes")
    del os.environ["HOME"]
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
        [os.environ.get(name) for name in ("PATH", "HOME", "LEFT_BEHIND")],
    ]


flow = Sequent("flow")
flow.add_step("sum", func=add, args=(1,), kwargs={"b": 3})
flow.add_step("leave3", func=leave, args=(3,))
inner = flow.add_step("inner")
inner.add_step("told", func=told)
inner.add_step("handled", func=handled, args=(flow,))
flow.add_step("stdin", func=read_stdin)
flow.add_step("spoil", func=spoil)
flow.add_step("look", func=look)
flow.add_step("pid", func=pid)


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


def test_standard_input_is_empty(driving: Driving):
    assert driving.run("stdin").result == '""'


def test_what_a_step_changes_of_its_process_is_put_right_for_the_next(driving: Driving):
    before = driving.run("look")
    driving.run("spoil")
    after = driving.run("look")
    assert after.result == before.result
    assert driving.log_of(after) == "heard\n"


def test_a_launched_worker_loads_the_flow_by_its_file(tmp_path):
    file = tmp_path / "other.py"
    file.write_text(
        "from sequent.dsl.builder.blocks import Sequent\n"
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
    file.write_text(
        "from sequent.dsl.builder.blocks import Sequent\nflow = Sequent('f')\nflow.add_step('s', func=print)\n"
    )
    with launched(f"{file}:flow", tmp_path / "run") as driving:
        file.write_text("1 / 0\n")
        sys.modules.pop("fickle")
        problem = driving.run("s").problem
        assert problem
        assert "division by zero" in problem.message
        assert (problem.file, problem.line) == (str(file), 1)


def test_a_worker_that_finds_the_flow_changed_says_so(tmp_path):
    file = tmp_path / "changing.py"
    file.write_text(
        "import os\n"
        "from sequent.dsl.builder.blocks import Sequent\n"
        "flow = Sequent('changing')\n"
        "flow.add_step('dies', func=os.abort)\n"
        "flow.add_step('gone', func=os.getpid)\n"
        "flow.add_step('drawn', func=os.getpid, repeats=lambda: [1])\n"
    )
    with launched(f"{file}:flow", tmp_path / "run") as driving:
        # Whoever has loaded the flow before the change knows it still.
        driving.run("dies")
        file.write_text(file.read_text().replace("'gone'", "'new'").replace("'drawn'", "'newer'"))
        driving.run("dies")
        problem = driving.run("gone").problem
        broken = driving.draw("drawn")
    assert isinstance(broken, DrawBroke)
    for found, name in ((problem, "gone"), (broken.problem, "drawn")):
        assert found
        assert found.message.startswith(f"the flow that this worker has loaded has nothing called '{name}'")
        assert "recover the run" in found.message


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
