"""The words after ``run``, as far as they can be read before the flow is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import Factory, evolve, frozen
from msgspec.structs import replace

from sequent.cli.arguments.options import GlobalOptions, read_log_level

if TYPE_CHECKING:
    from sequent.settings.configuration import Configuration


@frozen
class RunWords:
    """The words after ``run``; ``words`` are those after the target, not read yet."""

    target: str = ""
    """'' if none was typed."""
    words: tuple[str, ...] = ()
    param: tuple[str, ...] = ()
    run_id: str | None = None
    max_concurrent: int | None = None
    max_loops: int = -1
    log_level: str | None = None
    options: GlobalOptions = Factory(GlobalOptions)

    def settings(self) -> Configuration:
        """Return the settings of the run, including those of the command line."""
        return self.options.settings(
            max_concurrent=self.max_concurrent, logging_level=read_log_level(self.log_level), flow=self.target or None
        )

    def joined(self, own: Mapping[str, Any]) -> RunWords:
        """Return the words with the options of ``run`` that follow the target."""
        names = {*self.options.__struct_fields__}
        options = replace(self.options, **{name: own[name] for name in names & own.keys()})
        return evolve(self, options=options, **{name: value for name, value in own.items() if name not in names})
