"""Runs a step that is a program: its output goes to the log, and its standard output becomes its result."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
from collections.abc import Callable
from pathlib import PurePath

from attrs import evolve, frozen

from sequent.by_fields import ByFields
from sequent.errors import UsageError
from sequent.model.json_text import read_json
from sequent.model.outcome import Problem
from sequent.model.work import CommandWork, FunctionWork, Template
from sequent.runtime.logs.attempt_log import AttemptLog
from sequent.runtime.messages.packets import LARGEST_RESULT
from sequent.runtime.worker.command_words import computed_words, fill_word, fill_words, text_of
from sequent.runtime.worker.inputs import Inputs
from sequent.runtime.worker.output_tail import Tail
from sequent.runtime.worker.secrets import without_secrets
from sequent.runtime.worker.termination import signal_name

_PIECE = 1 << 16
"""Bytes that are read at once: the size of a pipe, unless the program enlarges it."""
_LARGEST_PIPE = 1 << 20
"""The largest size of a pipe in bytes, without root's rights."""


class CommandError(Exception):
    """A command failed."""

    def __init__(self, problem: Problem, *tails: Tail) -> None:
        super().__init__(problem.message)
        self._problem = problem
        self._tails = tails

    def told(self, hidden: Callable[[str], str]) -> Problem:
        """Return the problem, with the last lines that the program wrote.

        The last line of all also stands in the first line, which is sometimes shown alone. The lines come from the
        first stream that has any.

        Args:
            hidden: removes secrets from a string.
        """
        message = hidden(self._problem.message)
        lines = next(filter(None, (tail.lines(hidden) for tail in self._tails)), None)
        if lines is not None:
            message = "\n".join((f"{message}: {lines[-1].strip()}", *(lines if len(lines) > 1 else ())))
        return evolve(self._problem, message=message)


@frozen(kw_only=True, eq=False, repr=False)
class _Call(ByFields):
    """A program, ready to be started."""

    words: list[str]
    env: dict[str, str]
    cwd: str | None
    stdin: object


def run_command(
    work: CommandWork,
    inputs: Inputs,
    environment: dict[str, str],
    segment: AttemptLog,
    compute: Callable[[FunctionWork], object],
) -> object:
    """Run the command and return its result.

    Args:
        work: the command, as written.
        inputs: the values of its references.
        environment: the variables that every step gets.
        segment: the log for its output.
        compute: calls the function that returns the words, if there is one.

    Raises:
        CommandError: the program was not found, or failed.
        UsageError: a value cannot be filled in.
    """
    call = _fill(work, inputs, environment, compute)
    keeps = work.result not in ("none", "exit_code")
    with contextlib.ExitStack() as stack:
        stdin = _open_stdin(call.stdin, stack)
        # Its output passes through this process, which goes on when the log's disk is full, and tells errors from other
        # output.
        process = _start(call, stdin)
        try:
            output, *tails = _collect(process, segment, keeps=keeps)
            code = process.wait()
        finally:
            _abandon(process)
    _check(call.words[0], code, work.success, tails)
    return code if work.result == "exit_code" else _result(output, work.result)


_SHELL = ("bash", "-euo", "pipefail", "-c")


def _fill(
    work: CommandWork, inputs: Inputs, environment: dict[str, str], compute: Callable[[FunctionWork], object]
) -> _Call:
    """Fill in all parts of the command, in the order of ``references_of``."""
    words = computed_words(compute(work.computed)) if work.computed else fill_words(work.words, inputs.take)
    if work.shell is not None:
        # The first argument is the name that the shell uses for itself in its errors.
        words = [*_SHELL, work.shell, "sequent", *words]
    elif not words or not words[0]:
        raise UsageError("the command names no program", code="command", hint="write the program as its first word")
    env = {**without_secrets(os.environ), **environment}
    for name, word in work.env:
        if word is None:
            env.pop(name, None)
        else:
            env[name] = fill_word(word, inputs.take, f"env[{name!r}]")
    cwd = None if work.cwd is None else fill_word(work.cwd, inputs.take, "'cwd'")
    stdin: object = None
    if isinstance(work.stdin, Template):
        stdin = fill_word(work.stdin, inputs.take, "'stdin'")
    elif work.stdin is not None:
        stdin = inputs.take(work.stdin)
    return _Call(words=words, env=env, cwd=cwd, stdin=stdin)


def _open_stdin(value: object, stack: contextlib.ExitStack) -> int:
    if value is None:
        return subprocess.DEVNULL
    if isinstance(value, PurePath):
        try:
            return stack.enter_context(open(value, "rb")).fileno()
        except OSError as error:
            message = f"the file for standard input cannot be opened: {error}"
            raise CommandError(Problem(type=type(error).__name__, message=message)) from None
    if isinstance(value, str):
        data = value.encode("utf-8", "surrogateescape")
    else:
        data = value if isinstance(value, bytes) else text_of(value, "'stdin'").encode()
    # A file in memory, not a pipe: the program may read it at any time, or not at all.
    file = stack.enter_context(os.fdopen(os.memfd_create("stdin"), "w+b"))
    file.write(data)
    file.seek(0)
    return file.fileno()


def _start(call: _Call, stdin: int) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(call.words, env=call.env, cwd=call.cwd, stdin=stdin, stdout=pipe, stderr=pipe)
    except OSError as error:
        raise CommandError(_not_started(call, error)) from None


def _not_started(call: _Call, error: OSError) -> Problem:
    program = call.words[0]
    if call.cwd is not None and not os.path.isdir(call.cwd):
        return Problem(type="NotFound", message=f"its directory {call.cwd!r} does not exist")
    if isinstance(error, FileNotFoundError):
        where = f"PATH={call.env.get('PATH', '')}"
        # A script whose interpreter is missing gives the same error.
        if os.path.dirname(program) and os.path.exists(os.path.join(call.cwd or "", program)):
            where = "it exists, but the interpreter in its first line does not"
        words = program.split()
        hint = f"\n  hint: words are never split: write command({str(words)[1:-1]})" if len(words) > 1 else ""
        return Problem(type="NotFound", message=f"{program!r} not found ({where}){hint}", exit_code=127)
    return Problem(type=type(error).__name__, message=f"{program!r} cannot be started: {error.strerror}", exit_code=126)


def _collect(process: subprocess.Popen[bytes], segment: AttemptLog, *, keeps: bool) -> tuple[bytes, Tail, Tail]:
    """Collect the program's output until it ends, even if a child of it keeps the pipes open.

    Args:
        process: the program.
        segment: the log that takes both of its streams, as they come.
        keeps: whether its standard output is kept.

    Returns:
        its standard output; the end of its standard error; and the end of its standard output, if that is not kept.
    """
    output, errors = process.stdout, process.stderr
    if output is None or errors is None:
        raise AssertionError("both output streams are pipes")
    tails = {output.fileno(): Tail(), errors.fileno(): Tail()}
    open_pipes = [*tails]
    result = output.fileno() if keeps else -1
    ended = os.pidfd_open(process.pid)
    pieces: list[bytes] = []
    size = 0
    poll = _poll_of(open_pipes, ended)
    is_over = False
    try:
        while open_pipes and not is_over:
            ready = {descriptor for descriptor, _ in poll.poll()}
            is_over = ended in ready
            # One piece of each, so that neither waits; after the end, also the output that came since the poll.
            for pipe in [pipe for pipe in open_pipes if is_over or pipe in ready]:
                piece = _read(pipe, _LARGEST_PIPE if is_over else _PIECE)
                if piece:
                    segment.keep(piece)
                    if pipe == result:
                        pieces.append(piece)
                        size = _checked(size + len(piece))
                    else:
                        tails[pipe].add(piece)
                elif piece is not None:
                    open_pipes.remove(pipe)
                    poll.unregister(pipe)
        return b"".join(pieces), tails[errors.fileno()], tails[output.fileno()]
    finally:
        os.close(ended)


def _poll_of(pipes: list[int], ended: int) -> select.poll:
    """Return a poll of pipes, which no longer block, and of a program's end."""
    poll = select.poll()
    for descriptor in (*pipes, ended):
        poll.register(descriptor, select.POLLIN)
    for pipe in pipes:
        os.set_blocking(pipe, False)
    return poll


def _checked(size: int) -> int:
    """Check the size of an output that becomes a result, and return it.

    Raises:
        UsageError: it is too large.
    """
    if size > LARGEST_RESULT:
        raise UsageError(
            f"the command wrote more than {LARGEST_RESULT // 2**20} MiB to its standard output",
            code="too-large",
            hint="let it write a file, and give the path as the result",
        )
    return size


def _read(pipe: int, size: int) -> bytes | None:
    try:
        return os.read(pipe, size)
    except BlockingIOError:
        return None


def _abandon(process: subprocess.Popen[bytes]) -> None:
    """Close the pipes; end the program if it still runs because an error or a signal has ended the step."""
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _check(program: str, code: int, success: tuple[int, ...], tails: list[Tail]) -> None:
    if code in success:
        return
    if code < 0:
        message = f"{program!r} was ended by {signal_name(-code)}"
        raise CommandError(Problem(type="Signal", message=message, signal=-code), *tails)
    message = f"{program!r} ended with exit code {code}"
    raise CommandError(Problem(type="ExitStatus", message=message, exit_code=code), *tails)


_READERS: dict[str, tuple[str, Callable[[str], object]]] = {
    "int": ("a whole number", int),
    "float": ("a number", float),
    "json": ("JSON", lambda text: read_json(text, "its standard output")),
}


def _result(output: bytes, kind: str) -> object:
    if kind == "none":
        return None
    if kind == "bytes":
        return output
    try:
        text = output.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"its standard output is not UTF-8: {error}"
        raise CommandError(Problem(type="ResultError", message=f"{message}; use result=bytes")) from None
    if kind == "str":
        return text.removesuffix("\n")
    if kind == "lines":
        return text.removesuffix("\n").split("\n") if text else []
    wanted, read = _READERS[kind]
    try:
        return read(text)
    except ValueError as error:
        message = f"its standard output is not {wanted}: {text!r:.200} ({error})"
        raise CommandError(Problem(type="ResultError", message=message)) from None
