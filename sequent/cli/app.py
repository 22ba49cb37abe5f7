"""The entry of the command line: from the typed words to a command, and from the command to an exit code."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence

import sequent
from sequent.cli.command_table import COMMANDS, COMPLETE, FLAGS, HELP, PLAIN_WORDS, VALUED
from sequent.cli.import_speed import import_msgspec, uncollected
from sequent.cli.output.terminal import discard, flush, out
from sequent.errors import OutputError, UsageError

PIPE_CLOSED = 141


def run_command(typed: Sequence[str], *, is_program: bool = False) -> int:
    """Run the typed command; return the exit code. ``is_program`` says that this process does nothing else."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = _dispatch(arranged(typed), is_program=is_program)
        flush()
    except (BrokenPipeError, SystemExit):
        # Only Rich raises SystemExit: when nobody reads the help that it prints.
        return _silenced()
    except OutputError as error:
        return _unwritten(error)
    except Exception as error:  # noqa: BLE001 - the last resort: every error becomes a line and a code
        return _reported(error, typed)
    return code


def arranged(typed: Sequence[str]) -> list[str]:
    """Return the typed words, with the command first.

    Options that every command takes may stand before the command, and ``run`` may be omitted before a target.

    Raises:
        UsageError: the first word is neither a command nor a target.
    """
    words, leading = list(typed), list[str]()
    while words and words[0].startswith("-") and words[0] not in HELP:
        option = words.pop(0)
        leading.append(option)
        if option in VALUED and words:
            leading.append(words.pop(0))
        elif not _stands_alone(option):
            raise UsageError(
                f"unknown option {option!r} before the command", hint="give the command first: sequent run --help"
            )
    if not words or words[0] in HELP:
        return words
    if words[0] == COMPLETE:
        return words
    if words[0] in COMMANDS:
        return [words[0], *leading, *words[1:]]
    if any(mark in words[0] for mark in (":", "/", ".")):
        return ["run", *leading, *words]
    raise _unknown_command(words[0])


def _stands_alone(word: str) -> bool:
    """Return whether a word is an option that every command takes, together with its value if it has one."""
    return word in FLAGS or word.startswith(tuple(f"{valued}=" for valued in VALUED))


def _unknown_command(word: str) -> UsageError:
    from pathlib import Path

    from sequent.cli.familiar_words import command_like
    from sequent.model.wording import guess

    meant = command_like(word) or guess(word, COMMANDS)
    if not meant and Path(f"{word}.py").is_file():
        meant = f"did you mean 'sequent run {word}.py'? "
    return UsageError(
        f"unknown command {word!r}",
        hint=f"{meant}sequent --help lists the commands; a flow is named module:flow or path/file.py:flow",
    )


def _dispatch(words: list[str], *, is_program: bool) -> int:
    if words == ["--version"]:
        out(sequent.__version__)
        return 0
    if not words or words in (["--help"], ["-h"]):
        from sequent.cli.output.program_help import write_help

        return write_help()
    if words[:1] == [COMPLETE]:
        with uncollected():
            import_msgspec()
            from sequent.cli.arguments.candidates import complete

        return complete(" ".join(words[1:]))
    # After an option of the flow in the settings, the word is a value.
    is_about_run = next((word for word in words[1:] if not _stands_alone(word)), "") in HELP
    if words[:1] == ["run"] and not is_about_run:
        with uncollected():
            import_msgspec()
            from sequent.cli.commands.run import start_typed

        return start_typed(words[1:], is_program=is_program)
    if words and words[0] in PLAIN_WORDS:
        with uncollected():
            import_msgspec()
            from sequent.cli.arguments.plain_words import plain_command

            call = plain_command(words)
        if call is not None:
            return call()
    from sequent.cli.arguments.parsing import application, parsed

    return parsed(application(words[0] if words else ""), words)


def _silenced() -> int:
    """End silently, also at the interpreter's last flush: the reader of stdout is gone (``| head``)."""
    discard(sys.stdout)
    return PIPE_CLOSED


def _unwritten(error: OutputError) -> int:
    """Report on standard error that the output cannot be written; the run is not affected."""
    from sequent.cli.output.error_text import report

    discard(sys.stdout)
    return report(error, as_json=False, with_traceback=False)


def _reported(error: Exception, typed: Sequence[str]) -> int:
    from sequent.cli.arguments.options import sequents_words
    from sequent.cli.output.error_text import report, told

    options = sequents_words.get()
    if options is None:
        options = typed[: typed.index("--")] if "--" in typed else typed
    try:
        code = report(error, as_json="--json" in options, with_traceback="--debug" in options)
        flush()
    except BrokenPipeError:
        _silenced()
        return told(error).exit_code
    except OutputError as unwritten:
        return _unwritten(unwritten)
    return code
