"""The commands: the function, the purpose and the usage of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sequent

if TYPE_CHECKING:
    from cyclopts import App

COMMANDS: dict[str, tuple[str, str, str, tuple[str, str]]] = {
    "run": (
        "sequent.cli.arguments.run_options:run",
        "Start a run of a flow; run TARGET --help shows the flow's own options too.",
        "[TARGET] [OPTIONS] [PARAMETERS]",
        ("nightly.py:nightly --day 2026-11-24", "jobs.nightly:nightly -p day=2026-11-24 --max-concurrent 4"),
    ),
    "recover": (
        "sequent.cli.commands.recover:recover",
        "Resume a run: keep what has succeeded, run the rest.",
        "[RUN] [OPTIONS]",
        ("", "r00412 --from transmit.send/1.2 --plan"),
    ),
    "continue": (
        "sequent.cli.commands.continue_run:continue_",
        "Run what is due in a suspended run, then exit (for cron).",
        "[RUN] [OPTIONS]",
        ("", "--flow nightly.py:nightly"),
    ),
    "stop": (
        "sequent.cli.commands.stop:stop",
        "Stop a run: running steps finish, nothing new starts.",
        "[RUN] [OPTIONS]",
        ("", "r00412"),
    ),
    "check": (
        "sequent.cli.commands.check:check",
        "Report all mistakes of a flow at once; run nothing.",
        "[TARGET] [OPTIONS]",
        ("nightly.py:nightly", "jobs.nightly:nightly --json"),
    ),
    "plan": (
        "sequent.cli.commands.plan:plan",
        "Show what would run, in order, and what each part waits for.",
        "[TARGET] [OPTIONS]",
        ("nightly.py:nightly", "jobs.nightly:nightly --json"),
    ),
    "graph": (
        "sequent.cli.commands.graph:graph",
        "Draw a flow, or a run with its progress, as SVG, Mermaid, dot or JSON.",
        "TARGET|RUN [OPTIONS]",
        ("nightly.py:nightly --format svg --output nightly.svg", "latest"),
    ),
    "ls": (
        "sequent.cli.commands.ls:ls",
        "List the runs of the store, latest first.",
        "[OPTIONS]",
        ("", "--flow nightly --limit 5"),
    ),
    "show": (
        "sequent.cli.commands.show:show",
        "Show one run: its parameters, the progress of each step, and the failures.",
        "[RUN] [PATH] [OPTIONS]",
        ("", "r00412 transmit --status failure"),
    ),
    "logs": (
        "sequent.cli.commands.logs:logs",
        "Print the output of a run's steps, attempt by attempt.",
        "[RUN] [PATH] [OPTIONS]",
        ("latest transmit.send/1.2", "r00412 --follow"),
    ),
    "prune": (
        "sequent.cli.commands.prune:prune",
        "Remove old runs with their logs and files.",
        "[OPTIONS]",
        ("--older-than 30d --keep-failed", "--keep 100 --dry-run"),
    ),
    "store": (
        "sequent.cli.commands.store:store",
        "Back up the store while runs go on, or check it for damage.",
        "backup|check [FILE] [OPTIONS]",
        ("backup copy.db", "check"),
    ),
    "host": (
        "sequent.cli.commands.host:host",
        "Confirm the keys of other hosts, check whether steps could run there, list or remove what runs have left.",
        "add|check|ls|clean [HOST...] [OPTIONS]",
        ("add edge1", "check edge1 edge2"),
    ),
    "config": (
        "sequent.cli.commands.config:config",
        "Show each setting, and where its value comes from.",
        "[TARGET] [OPTIONS]",
        ("", "nightly.py:nightly"),
    ),
    "completion": (
        "sequent.cli.commands.completion:completion",
        "Set up completion of commands, options, files, runs and steps in your shell.",
        "install|show [SHELL] [OPTIONS]",
        ("install", "show zsh"),
    ),
}
"""The function, the purpose, the arguments and the arguments of two examples of each command;
the function's module is loaded when the command is typed.
"""

FLAGS = frozenset({"--json", "--quiet", "-q", "--verbose", "-v", "-vv", "--debug"})
"""The options that every command takes and that have no value."""
VALUED = frozenset({"--store", "--config", "--config-tag"})
"""The options that every command takes and that have a value."""
HELP = frozenset({"--help", "-h", "--version"})
"""Words that ask for help."""
COMPLETE = "_complete"
"""The command by which shells ask for completions; users do not type it."""


def usage_of(command: str) -> str:
    """Return the first line of a command's help."""
    return f"Usage: sequent {command} {COMMANDS[command][2]}"


def examples_of(command: str) -> str:
    """Return the last lines of a command's help."""
    lines = (f"  sequent {command} {words}".rstrip() for words in COMMANDS[command][3])
    return "\n".join(["Examples:", *lines])


def application() -> App:
    """Return the commands as an application of cyclopts; none of their modules is loaded yet."""
    from cyclopts import App, Parameter

    app = App(
        name="sequent",
        help="Run batch programs in order, and recover them. "
        "TARGET is module:flow or path/file.py:flow; without a command, a target is run.",
        version=version,
        help_format="plaintext",
        usage="Usage: sequent COMMAND [OPTIONS], or sequent TARGET",
        # The help texts say what a missing option means; few defaults would be informative.
        default_parameter=Parameter(show_default=False),
        print_error=False,
        exit_on_error=False,
        suppress_keyboard_interrupt=False,
        verbose=False,
        result_action="return_value",
        group_parameters="Options",
    )
    for place, (name, (where, purpose, _, _)) in enumerate(COMMANDS.items()):
        usage, examples = usage_of(name), examples_of(name)
        app.command(where, name=name, help=purpose, usage=usage, help_epilogue=examples, sort_key=place)
    return app


def version() -> str:
    """Return the version of the installed package."""
    return sequent.__version__ or "not installed"
