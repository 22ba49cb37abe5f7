"""Defines the options that every command takes, as they are typed."""

from __future__ import annotations

from typing import Annotated

from attrs import fields, frozen
from cyclopts import Parameter

from sequent.cli.arguments.options import GlobalOptions


def _check_loops(_: object, loops: int) -> None:
    if loops == 0:
        raise ValueError("give 1, 2, ...; without it, the run goes on to its end")


def _check_amount(_: object, amount: int) -> None:
    if amount < 0:
        raise ValueError("give 1, 2, ..., or 0 for all")


Target = Annotated[
    str | None, Parameter(help="The flow: module:flow or path/file.py:flow, else the one in the settings.")
]
Run = Annotated[
    str,
    Parameter(
        show_default=True,
        help="A run's id, a unique prefix of it, or latest: the latest run not started by a step of another run.",
    ),
]
NamedRun = Annotated[
    str,
    Parameter(name="RUN", help="A run's id, a unique prefix of it, or latest: the latest run not started by a step."),
]
PartPath = Annotated[
    str,
    Parameter(name="PATH", help="A step or container, a copy or an iteration of it: load, load@etl2, load.one/1.2."),
]
TaskPath = Annotated[str, Parameter(name="PATH", help="A task: load, load@etl2, load.one/1.2.")]
LatestRun = Annotated[
    str | None,
    Parameter(help="A run's id, a unique prefix of it, or latest; by default the latest, of the flow in --flow."),
]
Reason = Annotated[str, Parameter(help="The reason, which is kept with the run.")]
Param = Annotated[
    tuple[str, ...],
    Parameter(
        name=["--param", "-p"],
        negative="",
        show_default=False,
        help="A parameter of the flow, as name=value; may be repeated.",
    ),
]
MaxConcurrent = Annotated[int | None, Parameter(help="How many tasks may run at once; 0: no limit.")]
MaxLoops = Annotated[
    int,
    Parameter(
        validator=_check_loops,
        help="Run what is due this many times; then suspend the run if it only waits for times.",
    ),
]
Limit = Annotated[
    int,
    Parameter(
        name=["--limit", "-n"], validator=_check_amount, show_default=True, help="At most this many runs; 0: all."
    ),
]
FlowNow = Annotated[
    str | None,
    Parameter(help="Where the flow is now: module:flow or path/file.py:flow; by default as recorded."),
]
LogLevel = Annotated[str | None, Parameter(help="Lowest level that steps log: DEBUG, INFO, WARNING, ERROR, CRITICAL.")]


@Parameter(name="*")
@frozen(kw_only=True)
class TypedOptions:
    """The options of every command, each with its name and its help."""

    store: Annotated[
        str | None,
        Parameter(
            help="Store: a file, sqlite:///FILE, postgresql://USER@HOST/DATABASE, or a name in DATABASES. "
            "Else SEQUENT_STORE, else your own."
        ),
    ] = None
    config: Annotated[
        str | None,
        Parameter(help="File of settings. Else SEQUENT_CONFIG, else the nearest sequent.toml or pyproject.toml."),
    ] = None
    config_tag: Annotated[str | None, Parameter(help="The key in that file where the settings begin.")] = None
    json: Annotated[
        bool, Parameter(negative="", show_default=False, help="Print results and errors as JSON on stdout.")
    ] = False
    quiet: Annotated[
        bool,
        Parameter(
            name=["--quiet", "-q"], negative="", show_default=False, help="Print only failures and the final line."
        ),
    ] = False
    verbose: Annotated[
        int,
        Parameter(
            name=["--verbose", "-v"],
            count=True,
            negative="",
            show_default=False,
            help="Print more; twice for even more.",
        ),
    ] = 0
    debug: Annotated[
        bool, Parameter(negative="", show_default=False, help="Show Sequent's own traceback of an error.")
    ] = False

    def plain(self) -> GlobalOptions:
        """Return the options as commands take them."""
        return GlobalOptions(**{field.name: getattr(self, field.name) for field in fields(TypedOptions)})


DEFAULTS = TypedOptions()
"""The default options of a command."""
