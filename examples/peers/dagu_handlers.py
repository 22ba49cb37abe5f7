"""Commands one after another, one tried again by its exit code, and handlers for each way in which they may end.

The peer: dagu's `handlerOn` and `retryPolicy`. It needs a section of YAML beside the steps that has one handler for
each of success, failure and exit; ours are steps, and there may be as many as one likes, with steps after them.

Try it: `sequent run examples/peers/dagu_handlers.py:backup`
"""

from sequent import command, container, step


@container
class backup:
    """Pack a directory, check what was packed, and say how it went."""

    @container
    class work:
        """What the handlers are about: its failure is that of any of its steps."""

        # 75 is "try again" among the exit codes that programs agree on: while a lock is there, here once.
        lock = command(
            "data.lock",
            shell='if rm "$1" 2>/dev/null; then exit 75; fi',
            retries=3,
            backoff="0.01s",
            retry_on=75,
        )
        pack = command("tar", "--create", "--file=data.tar", "--", "data", requires=lock)
        check = command("tar", "--list", "--file=data.tar", requires=pack, result=list[str])
        result = check

    @step
    def on_success(self, files: list[str] = work.result) -> str:
        """All went well."""
        return f"{len(files)} entries packed"

    # It tells, and leaves the failure a failure. Without handles=False the flow would be a success after it.
    on_failure = command(
        shell='echo "no backup" > mail.txt',
        requires=work.failed,
        handles=False,
    )

    # In both cases, and after the other handler.
    on_exit = command("rm", "--force", "--", "data.tar.tmp", requires=on_success.done & on_failure.done)

    result = on_success
