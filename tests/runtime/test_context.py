"""What a step can ask about itself."""

from __future__ import annotations

import threading

import pytest

from sequent.errors import UsageError
from sequent.runtime.context import Context, FlowInStep, context, enter


def make(name: str, directory: str = "", **more: object) -> Context:
    return Context(
        path=name.replace("_", "."),
        name=name,
        item=None,
        run_id="r1",
        recovery=0,
        **{"sequence": "1.2", "attempt": 1, **more},
        token=name * 2,
        directory=directory,
    )


def in_thread(function):
    found = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


def attempt_of(function):
    try:
        return function()
    except UsageError as error:
        return error.code


def test_outside_of_steps_there_is_none():
    with pytest.raises(UsageError, match="for steps, while they run"):
        context()


def test_threads_of_a_step_see_it_where_the_process_is_the_steps():
    enter(make("s1_s11"), whole_process=True)
    try:
        assert in_thread(context).path == "s1.s11"
    finally:
        enter(None, whole_process=True)
    assert attempt_of(context) == "no-context"


def test_runs_in_threads_of_one_process_do_not_see_one_another():
    enter(make("mine"), whole_process=False)
    try:
        assert context().name == "mine"
        assert in_thread(lambda: attempt_of(context)) == "no-context"
    finally:
        enter(None, whole_process=False)


def test_the_handle_of_a_flow_tells_what_the_original_told():
    handle = FlowInStep("flow", make("s1_s11"))
    assert (handle.get_step_name(), handle.get_step_sequence(), handle.run_id, handle.name) == (
        "s1_s11",
        "1.2",
        "r1",
        "flow",
    )


def test_the_token_of_an_attempt_is_not_shown():
    assert "s1s1" not in repr(make("s1"))


def test_the_idempotency_key_is_the_tasks_and_the_same_for_every_attempt():
    keys = {make("s1_s11", attempt=number).idempotency_key for number in (1, 2)}
    assert keys == {"r1/s1.s11/1.2"}


def test_the_scratch_directory_is_the_tasks_and_made_when_it_is_first_asked_for(tmp_path):
    first, second = make("s1_s11", str(tmp_path)), make("s1_s11", str(tmp_path), attempt=2)
    assert not any(tmp_path.iterdir())
    (first.scratch / "half").write_text("done")
    assert (second.scratch / "half").read_text() == "done"
    other = make("s1_s11", str(tmp_path), sequence="1.3")
    assert list(other.scratch.iterdir()) == []
    assert first.scratch.is_relative_to(tmp_path)
