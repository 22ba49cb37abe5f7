"""The door of the command line: what was typed, to the command that does it, to an exit code."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sequent.cli import HELP, INTERRUPTED
from sequent.cli.terminal import discard, flush, out
from sequent.errors import OutputError, UsageError

if TYPE_CHECKING:
    from cyclopts import App

COMMANDS = {
    "run": ("sequent.cli.running:run", "Start a run of a flow; run TARGET --help shows the flow's own options too."),
    "recover": ("sequent.cli.recovering:recover", "Take a run up again: what has succeeded is kept, the rest runs."),
    "continue": ("sequent.cli.continuing:continue_", "Do what is due of a suspended run, then return; for cron."),
    "stop": ("sequent.cli.stopping:stop", "Have a run start nothing more, from another terminal."),
    "check": ("sequent.cli.compiling:check", "Compile a flow, and tell all its mistakes at once."),
    "plan": ("sequent.cli.compiling:plan", "Show what would run, in order, and what each part waits for."),
    "graph": ("sequent.cli.drawing:graph", "Draw a flow, or a run with where it stands, as SVG, Mermaid, dot or JSON."),
    "ls": ("sequent.cli.history:ls", "List the runs of the store, latest first."),
    "show": ("sequent.cli.show:show", "Show one run: its parameters, how far each step came, and what failed."),
    "logs": ("sequent.cli.logs:logs", "Print what a run's steps wrote, attempt by attempt."),
    "prune": ("sequent.cli.prune:prune", "Remove old runs and everything they left behind."),
    "store": ("sequent.cli.store:store", "Back up the store while its runs go on, or check it for damage."),
    "config": ("sequent.cli.configuring:config", "Show each setting, and where its value comes from."),
    "completion": (
        "sequent.cli.completing:completion",
        "Let a shell complete commands, options, files, runs and steps.",
    ),
}
"""Each command: the function that does it, whose module is loaded when it is typed, and what it is for."""

_FLAGS = frozenset({"--json", "--quiet", "-q", "--verbose", "-v", "-vv", "--debug"})
VALUED = frozenset({"--store", "--config", "--config-tag"})
COMPLETE = "_complete"
"""With it a shell asks to what a line may be completed; nobody types it."""
PIPE_CLOSED = 141


def run_command(typed: Sequence[str]) -> int:
    """Do what was typed; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = _dispatch(arranged(typed))
        flush()
    except (BrokenPipeError, SystemExit):
        # Rich leaves by SystemExit when nobody reads the help that it prints; nothing else does.
        return _silenced()
    except KeyboardInterrupt:
        return INTERRUPTED
    except OutputError as error:
        return _unwritten(error)
    except Exception as error:  # noqa: BLE001 - the last resort: every error becomes a line and a code
        return _reported(error, typed)
    return code


def arranged(typed: Sequence[str]) -> list[str]:
    """What was typed, with the command first.

    Options that every command takes may stand before it, and ``run`` may be left out before a target.

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
                f"there is no option {option!r} before the command", hint="give the command first: sequent run --help"
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
    """Whether it is an option that every command takes, with its value if it has one."""
    return word in _FLAGS or word.startswith(tuple(f"{valued}=" for valued in VALUED))


def _unknown_command(word: str) -> UsageError:
    from sequent.dsl.names import did_you_mean

    return UsageError(
        f"there is no command {word!r}",
        hint=f"{did_you_mean(word, COMMANDS)}; a flow is named module:flow or path/file.py:flow",
    )


def _dispatch(words: list[str]) -> int:
    if words == ["--version"]:
        out(_version())
        return 0
    if words[:1] == [COMPLETE]:
        from sequent.cli.candidates import complete

        return complete(" ".join(words[1:]))
    # Behind an option of the flow that is set, it is a value.
    is_about_run = next((word for word in words[1:] if not _stands_alone(word)), "") in HELP
    if words[:1] == ["run"] and not is_about_run:
        from sequent.cli.starting import start_typed

        return start_typed(words[1:])
    from sequent.cli.parsing import parsed

    return parsed(application(), words)


def application() -> App:
    """The commands as cyclopts knows them; none of their modules is loaded yet."""
    from cyclopts import App, Parameter

    from sequent.cli.usage import examples_of, usage_of

    app = App(
        name="sequent",
        help="Run batch programs in order, survive, and recover. "
        "TARGET is module:flow or path/file.py:flow; without a command, a target is run.",
        version=_version,
        help_format="plaintext",
        usage="Usage: sequent COMMAND [OPTIONS], or sequent TARGET",
        # What an option means where it is not given stands in its words; few have a default that says something.
        default_parameter=Parameter(show_default=False),
        print_error=False,
        exit_on_error=False,
        suppress_keyboard_interrupt=False,
        verbose=False,
        result_action="return_value",
        group_parameters="Options",
    )
    for place, (name, (where, purpose)) in enumerate(COMMANDS.items()):
        usage, examples = usage_of(name), examples_of(name)
        app.command(where, name=name, help=purpose, usage=usage, help_epilogue=examples, sort_key=place)
    return app


def _version() -> str:
    import sequent

    return sequent.__version__ or "not installed"


def _silenced() -> int:
    """Nobody reads stdout any more (``| head``): end without a word, also at the interpreter's own last flush."""
    discard(sys.stdout)
    return PIPE_CLOSED


def _unwritten(error: OutputError) -> int:
    """What was to be shown cannot be written: that is told where people look, and the run is as it is."""
    from sequent.cli.mistakes import report

    discard(sys.stdout)
    return report(error, as_json=False, with_traceback=False)


def _reported(error: Exception, typed: Sequence[str]) -> int:
    from sequent.cli.mistakes import report, told
    from sequent.cli.options import said_of_talk

    options = said_of_talk.get()
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
