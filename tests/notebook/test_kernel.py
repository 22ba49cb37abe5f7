"""Flows that are written in a notebook's cells run in worker processes, and show themselves."""

import os
from textwrap import dedent

import pytest

FLOW = dedent(
    """
    import asyncio, os, sequent
    from pathlib import Path
    from sequent import container, param, step

    mended = Path("mended")

    @container
    class nightly:
        '''Extract, and report.'''

        day: str = param(default="today", help="which <day>")

        @step
        def extract(self) -> int:
            print("extracting", self.day)
            return os.getpid()

        @step
        def sleepless(self) -> str:
            async def nothing():
                return "not in the kernel's loop"

            return asyncio.run(nothing())

        @step
        def report(self, worker: int = extract.result, told: str = sleepless.result) -> str:
            if not mended.exists():
                raise ValueError("<b>not mended</b>")
            return f"{worker} is not the kernel, and {told}"

        result = report
    """
)


@pytest.fixture(scope="module")
def failed(kernel):
    assert kernel.run(FLOW).error == ""
    return kernel.run("failed = nightly.run()\nfailed")


def test_a_failing_run_tells_in_plain_lines_how_it_goes(failed):
    assert (failed.error, failed.stderr) == ("", "")
    # On a slow machine, lines about the progress stand between.
    told = [line for line in failed.stdout.splitlines() if " goes on" not in line]
    first, failure, last, following = told
    assert first == "run r00001 of nightly"
    assert failure.startswith("✗ report/1 failed: ValueError: <b>not mended</b> (")
    assert last == "run r00001: failure, 2 success, 1 failure"
    assert following == "next: call .run(run_mode=sequent.RUN_RECOVER) of the flow"


def test_its_outcome_shows_status_counts_failures_and_how_to_recover(failed):
    html = failed.shown["text/html"]
    assert "<b>failure</b> run <code>r00001</code>: 2 success, 1 failure" in html
    assert "report/1: ValueError: &lt;b&gt;not mended&lt;/b&gt;" in html
    assert "RUN_RECOVER" in html
    assert "<b>not mended</b>" not in html


def test_the_next_cell_recovers_it_and_only_what_is_left_runs(kernel, failed):
    cell = kernel.run(
        "mended.touch()\nagain = nightly.run(run_mode=sequent.RUN_RECOVER)\n"
        "print(again.result.replace(str(os.getpid()), 'kernel'))\nagain"
    )
    assert cell.error == ""
    lines = cell.stdout.splitlines()
    assert lines[0] == "run r00001 of nightly, recovery 1"
    assert lines[1].startswith("run r00001: success")
    assert lines[2].endswith(" is not the kernel, and not in the kernel's loop")
    assert not lines[2].startswith("kernel")
    assert "<b>success</b> run <code>r00001</code>, recovery 1" in cell.shown["text/html"]


def test_a_flow_shows_its_picture_its_words_and_its_parameters(kernel, failed):
    html = kernel.run("nightly").shown["text/html"]
    assert "<svg" in html
    assert "Extract, and report." in html
    assert "which &lt;day&gt;" in html
    assert "&#x27;today&#x27;" in html


def test_in_a_thread_of_its_own_a_run_leaves_the_notebooks_loop_free(kernel, failed):
    cell = kernel.run(
        "mended.touch()\nrunning = asyncio.create_task(asyncio.to_thread(nightly.run))\n"
        "await asyncio.sleep(0)\nprint('free', running.done())\n(await running).status.value"
    )
    assert cell.error == ""
    assert "free False" in cell.stdout
    assert cell.shown["text/plain"] == "'success'"


def test_a_second_interrupt_ends_what_runs_and_the_kernel_goes_on(kernel, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    message = kernel.begin(
        dedent(
            f"""
            import os, signal
            from sequent import container, step

            @container
            class endless:
                @step
                def wait(self) -> None:
                    with open({str(pipe)!r}, "w") as pipe:
                        pipe.write(str(os.getpid()))
                    while True:
                        signal.pause()

            stopped = endless.run()
            print(stopped.status.value, stopped.stopped_by)
            """
        )
    )
    worker = int(pipe.read_text())
    kernel.interrupt()
    kernel.end(message, says="stopping: 1 running step may finish; interrupt again to end it\n")
    kernel.interrupt()
    cell = kernel.end(message)
    assert cell.error == ""
    assert cell.stdout.splitlines()[-1] == "stopped 2"
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert kernel.run("1 + 1").shown["text/plain"] == "2"


def test_the_command_line_says_where_a_run_of_a_cells_flow_is_recovered(kernel, failed):
    cell = kernel.run(
        "import subprocess, sys\n"
        "words = [sys.executable, '-m', 'sequent', 'recover', 'r00001', '--from', 'report']\n"
        "done = subprocess.run(words, capture_output=True, text=True)\nprint(done.returncode, done.stderr)"
    )
    assert cell.stdout.startswith("2 ")
    assert "built in a function or a notebook" in cell.stdout


def test_a_flow_with_parameters_and_a_failure_show_themselves(kernel, failed):
    given = kernel.run("nightly(day='tomorrow')")
    assert given.error == ""
    assert "<svg" in given.shown["text/html"]
    assert "<td>&#x27;tomorrow&#x27;</td>" in given.shown["text/html"]
    failure = kernel.run("failed.failures[0]")
    assert "report/1: ValueError: &lt;b&gt;not mended&lt;/b&gt;" in failure.shown["text/html"]
