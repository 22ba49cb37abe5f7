"""The options of the command line for the parameters of a flow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sequent.dsl.parameters.typed_text import is_flag
from sequent.errors import DefinitionError
from sequent.model.spec import ParamSpec

OWN_OPTIONS: Mapping[str, bool] = {
    "help": False,
    "store": True,
    "config": True,
    "config-tag": True,
    "json": False,
    "quiet": False,
    "verbose": False,
    "debug": False,
    "param": True,
    "run-id": True,
    "max-concurrent": True,
    "max-loops": True,
    "log-level": True,
}
"""The options of ``run`` itself, without the dashes, and whether a value follows."""


def option_of(name: str) -> str:
    """Return the option of a parameter; one with the name of an option of ``run`` gets a prefix."""
    return f"--{_word(name)}"


def _word(name: str) -> str:
    dashed = name.replace("_", "-")
    return f"param-{dashed}" if dashed in OWN_OPTIONS else dashed


def opposite_of(name: str, annotation: object) -> str:
    """Return the opposite option of a parameter that is true or false; '' for any other."""
    if not is_flag(annotation):
        return ""
    # With the prefix in front: --param-no-verbose.
    word = _word(name)
    dashed = name.replace("_", "-")
    return f"--param-no-{dashed}" if word != dashed else f"--no-{dashed}"


def written_otherwise(params: Sequence[ParamSpec], types: Mapping[str, object]) -> Iterator[str]:
    """Yield a sentence for each parameter whose option has a prefix."""
    for param in params:
        option = option_of(param.name)
        bare = "--" + param.name.replace("_", "-")
        if option != bare:
            opposite = opposite_of(param.name, types.get(param.name))
            also = f" and {opposite}" if opposite else ""
            yield f"the parameter {param.name!r} is written {option}{also}: {bare} is an option of sequent run"


def collisions(params: Sequence[ParamSpec], types: Mapping[str, object]) -> Iterator[DefinitionError]:
    """Yield a mistake for each parameter that has the option of another one."""
    taken: dict[str, ParamSpec] = {}
    for param in params:
        for option in (option_of(param.name), opposite_of(param.name, types.get(param.name))):
            other = taken.setdefault(option, param) if option else param
            if other is param:
                continue
            both = f"the parameters {other.name!r} and {param.name!r} are both written {option}"
            yield DefinitionError(
                f"{both}: here and at {other.place}",
                code="param",
                hint="rename one of them",
                place=param.place,
            )
            break
