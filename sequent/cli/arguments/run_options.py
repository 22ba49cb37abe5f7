"""Defines the options of ``run``, as they are typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from attrs import evolve
from cyclopts import App, CycloptsError, Parameter
from msgspec.structs import replace

from sequent.cli.arguments.run_words import RunWords
from sequent.cli.arguments.typed_options import DEFAULTS, LogLevel, MaxConcurrent, MaxLoops, Param, TypedOptions
from sequent.cli.command_table import HELP
from sequent.dsl.parameters.parameter_options import OWN_OPTIONS
from sequent.errors import UsageError


def run(
    target: Annotated[
        str | None,
        Parameter(help="The flow: module:flow or path/file.py:flow, else the one in the settings. Its options follow."),
    ] = None,
    /,
    *words: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    param: Param = (),
    run_id: Annotated[str | None, Parameter(help="The id of the new run; by default the next free one.")] = None,
    max_concurrent: MaxConcurrent = None,
    max_loops: MaxLoops = -1,
    log_level: LogLevel = None,
    options: TypedOptions = DEFAULTS,
) -> RunWords:
    """Start a run of a flow; ``run TARGET --help`` shows the flow's parameters too."""
    # Only read here: the agent starts first, and the flow's own options are read once the flow is loaded.
    return RunWords(target or "", words, param, run_id, max_concurrent, max_loops, log_level, options.plain())


def read_words(typed: Sequence[str]) -> RunWords:
    """Separate the target, and the options of ``run`` before it, from the words after it.

    The words after the target are read once the flow is known: a value may look like an option. If the first word that
    is not an option of ``run`` begins with a dash, there is no target: all further words are options of the flow in
    the settings.
    """
    before = _count_before(typed)
    has_target = before < len(typed) and not typed[before].startswith("-")
    behind = typed[before + has_target :]
    return evolve(_bound([*typed[:before], typed[before] if has_target else ""]), words=tuple(behind))


def _count_before(typed: Sequence[str]) -> int:
    """Return how many words at the beginning are options of ``run``."""
    count = 0
    while count < len(typed):
        word, equals, _ = typed[count].partition("=")
        name = {"-p": "param", "-q": "quiet", "-v": "verbose", "-vv": "verbose"}.get(word, word.removeprefix("--"))
        takes_value = OWN_OPTIONS.get(name) if word.startswith("-") and word not in HELP else None
        if takes_value is None:
            break
        count += 2 if takes_value and not equals else 1
    return min(count, len(typed))


def refuse_options_before_target(word: str) -> None:
    """Refuse a word that is not an option of ``run`` and stands where the target is expected.

    Raises:
        UsageError: always.
    """
    # Mistakes are rare.
    from sequent.cli.familiar_words import option_like

    option = word.partition("=")[0]
    meant = option_like("run", option, frozenset(f"--{name}" for name in OWN_OPTIONS))
    raise UsageError(
        f"sequent run has no option {option!r}, and no target is given before it",
        code="target",
        hint=f"{meant}a flow's own options follow its target: sequent run TARGET {option}",
    )


def find_settings(words: RunWords) -> RunWords:
    """Return the words with the file of settings that is named among them, since it may name the flow."""
    try:
        named = _bound(["", *words.words]).options
    except UsageError:
        return words
    own = words.options
    config, tag = named.config or own.config, named.config_tag or own.config_tag
    return evolve(words, options=replace(own, config=config, config_tag=tag))


def _bound(typed: Sequence[str]) -> RunWords:
    app = App(name="sequent run", default_command=run, help_flags=[], version_flags=[], verbose=False)
    try:
        _, bound, _ = app.parse_args(list(typed), print_error=False, exit_on_error=False)
    except CycloptsError as error:
        # Mistakes are rare.
        from sequent.cli.arguments.usage_errors import usage_error

        raise usage_error(error) from error
    return run(*bound.args, **bound.kwargs)
