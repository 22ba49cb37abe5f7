"""A flow runs within a running event loop, which it blocks, and in a thread, where it does not."""

import asyncio
import os

import sequent
from sequent.model.status import RunStatus


def say_pid():
    return os.getpid()


async def double(number):
    return 2 * number


def run_a_loop():
    return asyncio.run(double(21))


def test_within_a_running_loop_a_run_works_and_its_steps_may_have_loops_of_their_own(tmp_path):
    flow = sequent.Sequent("within", store=str(tmp_path / "s.db"))
    flow.result = flow.add_step("loop", func=run_a_loop)

    async def main():
        return flow.run()

    outcome = asyncio.run(main())
    assert (outcome.status, outcome.result) == (RunStatus.SUCCESS, 42)


def test_in_a_thread_a_run_leaves_the_loop_free_to_do_what_the_run_waits_for(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    flow = sequent.Sequent("beside", store=str(tmp_path / "s.db"))
    flow.result = flow.add_step("read", func=pipe.read_text)

    async def main():
        running = asyncio.create_task(asyncio.to_thread(flow.run))
        await asyncio.to_thread(pipe.write_text, "from beside the run")
        return await running

    outcome = asyncio.run(main())
    assert (outcome.status, outcome.result) == (RunStatus.SUCCESS, "from beside the run")


def test_two_flows_run_in_two_threads_of_one_program(tmp_path):
    flows = [sequent.Sequent(f"flow_{number}", store=str(tmp_path / "s.db")) for number in (1, 2)]
    for flow in flows:
        flow.result = flow.add_step("pid", func=say_pid)

    async def main():
        return await asyncio.gather(*(asyncio.to_thread(flow.run) for flow in flows))

    outcomes = asyncio.run(main())
    assert [outcome.status for outcome in outcomes] == [RunStatus.SUCCESS] * 2
    assert len({os.getpid(), *(outcome.result for outcome in outcomes)}) == 3
