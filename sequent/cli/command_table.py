"""The commands: the function, the purpose and the usage of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

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
        ("", "r00412 --why 'maintenance at six'"),
    ),
    "kill": (
        "sequent.cli.commands.kill:kill",
        "Stop a run now, and end its running steps.",
        "[RUN] [OPTIONS]",
        ("", "r00412 --why 'wrong day'"),
    ),
    "hold": (
        "sequent.cli.commands.hold:hold",
        "Start nothing more in a step or container of a run, until it is released.",
        "RUN PATH [OPTIONS]",
        ("latest transmit --why 'the line is down'", "r00412 transmit.send/1.2"),
    ),
    "release": (
        "sequent.cli.commands.release:release",
        "Let a held step or container go on.",
        "RUN PATH [OPTIONS]",
        ("latest transmit", "r00412 transmit.send/1.2"),
    ),
    "mark": (
        "sequent.cli.commands.mark:mark",
        "Give a task of a run its outcome by hand, without executing it.",
        "RUN PATH OUTCOME [OPTIONS]",
        ("latest transmit.send/1.2 success --why 'sent by hand'", "r00412 count success --result 3"),
    ),
    "approve": (
        "sequent.cli.commands.approve:approve",
        "Answer the question of a step that waits for a person: yes, or --no.",
        "RUN PATH [OPTIONS]",
        ("latest ship --why 'tested by hand'", "r00412 transmit.ship/1.2 --set copies=3"),
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
    "simulate": (
        "sequent.cli.commands.simulate:simulate",
        "Show what a run would do, moment by moment, in simulated time; no step is executed.",
        "[TARGET] [OPTIONS]",
        ("nightly.py:nightly --history", "jobs.nightly:nightly --history --seed 7 --json"),
    ),
    "forecast": (
        "sequent.cli.commands.forecast:forecast",
        "Predict how long a run would take: earlier runs are replayed under the limits of today.",
        "[TARGET] [OPTIONS]",
        ("nightly.py:nightly", "jobs.nightly:nightly --pool db=6 --max-concurrent 8"),
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
        ("", "--flow nightly --status failure --limit 5"),
    ),
    "show": (
        "sequent.cli.commands.show:show",
        "Show one run: its parameters, the progress of each step, and the failures.",
        "[RUN] [PATH] [OPTIONS]",
        ("", "r00412 transmit --status failure"),
    ),
    "why": (
        "sequent.cli.commands.why:why",
        "Explain why a step has not started (its requirement, pools, host, delay and hold), or how it ended.",
        "RUN PATH [OPTIONS]",
        ("latest transmit.send/1.2", "r00412 clean --json"),
    ),
    "logs": (
        "sequent.cli.commands.logs:logs",
        "Print the output of a run's steps, attempt by attempt.",
        "[RUN] [PATH] [OPTIONS]",
        ("latest transmit.send/1.2", "r00412 --follow"),
    ),
    "try": (
        "sequent.cli.commands.try_step:try_",
        "Execute one step of a run alone, in this process; nothing is written to the run.",
        "RUN PATH [OPTIONS]",
        ("latest transmit.send/1.2", "r00412 process --with day=2026-11-25 --pdb"),
    ),
    "top": (
        "sequent.cli.commands.top:top",
        "Show the runs on a screen of this terminal.",
        "[OPTIONS]",
        ("", "--store runs.db"),
    ),
    "ui": (
        "sequent.cli.commands.ui:ui",
        "Show the runs in a browser, on this machine alone.",
        "[OPTIONS]",
        ("", "--port 8000 --no-open"),
    ),
    "report": (
        "sequent.cli.commands.report:report",
        "Write a report of a run: flow, timeline, failures, durations and critical path in one file.",
        "[RUN] [OPTIONS]",
        ("-o report.html", "r00412 --output r00412.html"),
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
        "backup|check|upgrade [FILE] [OPTIONS]",
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

USAGE = "Usage: sequent COMMAND [OPTIONS], or sequent TARGET"
PURPOSE = (
    "Run batch programs in order, and recover them. "
    "TARGET is module:flow or path/file.py:flow; without a command, a target is run."
)
"""The help of the program itself."""
PLAIN_WORDS: Mapping[str, int] = {
    "ls": 0,
    "show": 2,
    "logs": 2,
    "stop": 1,
    "kill": 1,
    "check": 1,
    "plan": 1,
    "config": 1,
}
"""How many words may follow a command if it takes them as they are, and needs none: these need no parser."""
FLAGS = frozenset({"--json", "--quiet", "-q", "--verbose", "-v", "-vv", "--debug"})
"""The options that every command takes and that have no value."""
VALUED = frozenset({"--store", "--config", "--config-tag"})
"""The options that every command takes and that have a value."""
HELP = frozenset({"--help", "-h", "--version"})
"""Words that ask for help."""
COMPLETE = "_complete"
"""The command by which shells ask for completions; users do not type it."""


def function_of(command: str) -> Callable[..., int]:
    """Return the function of a command; its module is loaded now."""
    module, _, name = COMMANDS[command][0].partition(":")
    function: Callable[..., int] = getattr(import_module(module), name)
    return function


def usage_of(command: str) -> str:
    """Return the first line of a command's help."""
    return f"Usage: sequent {command} {COMMANDS[command][2]}"


def examples_of(command: str) -> str:
    """Return the last lines of a command's help."""
    lines = (f"  sequent {command} {words}".rstrip() for words in COMMANDS[command][3])
    return "\n".join(["Examples:", *lines])
