"""A flow's parameters as typed options of the command line, and as ``-p name=value``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from cyclopts import App, Parameter, Token

from sequent.cli.parsing import parsed
from sequent.cli.text import readable, safe, safe_block
from sequent.dsl.conversion import parse_text
from sequent.errors import SequentError, UsageError
from sequent.model.spec import Definition, ParamSpec
from sequent.model.wording import guess


def given_parameters(
    definition: Definition, pairs: Sequence[str], words: Sequence[str], command: Callable[..., object], title: str
) -> dict[str, object]:
    """The values that were given, by name.

    Args:
        definition: the flow's.
        pairs: what stood behind each ``-p``.
        words: what is left of the command line: the flow's own options.
        command: the function whose options they join, so that a misspelt one finds its neighbour.
        title: how the help names the command.

    Raises:
        UsageError: a name is unknown, given twice, or its text is not a value of its type.
    """
    values = _paired(definition, pairs)
    if words:
        for name, value in _from_options(definition, words, command, title).items():
            if name in values:
                raise UsageError(f"the parameter {name!r} is given twice", hint="give it once", path=name)
            values[name] = value
    return values


def _paired(definition: Definition, pairs: Sequence[str]) -> dict[str, object]:
    names = [param.name for param in definition.spec.params]
    values: dict[str, object] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise UsageError(f"-p {pair!r} has no '='", hint="write -p name=value", path=name)
        if name not in names:
            raise _unknown(definition.spec.name, name, names)
        if name in values:
            raise UsageError(f"the parameter {name!r} is given twice", hint="give it once", path=name)
        values[name] = _value(definition, name, text)
    return values


def _unknown(flow: str, name: str, names: Sequence[str]) -> UsageError:
    allowed = f"its parameters: {', '.join(names)}" if names else "it takes no parameters"
    return UsageError(
        f"the flow {flow!r} has no parameter {name!r}",
        hint=f"{guess(name, names)}{allowed}",
        path=name,
    )


def _value(definition: Definition, name: str, text: str) -> object:
    """The value of a text, with the parameter named in what goes wrong."""
    try:
        return parse_text(definition.param_types[name], text)
    except SequentError as error:
        raise UsageError(
            f"the parameter {name!r} is {error.message}", code=error.code, hint=error.hint, path=name
        ) from error


def _from_options(
    definition: Definition, words: Sequence[str], command: Callable[..., object], title: str
) -> dict[str, object]:
    """Read the flow's own options; ``--help`` prints all options and gives nothing."""
    found: dict[str, object] = {}

    def take(**values: object) -> int:
        found.update({name.removeprefix(_PREFIX): value for name, value in values.items() if name.startswith(_PREFIX)})
        return 0

    fixed = inspect.signature(command, eval_str=True).parameters.values()
    plain = [p for p in fixed if p.kind is inspect.Parameter.KEYWORD_ONLY]
    taken = _option_names(plain)
    own = [_option(definition, param, taken) for param in definition.spec.params]
    take.__signature__ = inspect.Signature([*own, *plain])  # type: ignore[attr-defined]
    take.__annotations__ = {p.name: p.annotation for p in (*own, *plain)}
    app = App(
        name=title,
        default_command=take,
        help=_purpose(definition),
        version_flags=[],
        help_format="plaintext",
        print_error=False,
        exit_on_error=False,
        suppress_keyboard_interrupt=False,
        verbose=False,
        result_action="return_value",
    )
    parsed(app, words)
    return found


def option_names(definition: Definition, command: Callable[..., object]) -> list[str]:
    """The options of a flow's own, as they are typed; those that are taken by the command are written otherwise."""
    fixed = inspect.signature(command, eval_str=True).parameters.values()
    taken = _option_names([p for p in fixed if p.kind is inspect.Parameter.KEYWORD_ONLY])
    own = [_option(definition, param, taken).annotation.__metadata__[0] for param in definition.spec.params]
    return [name for shown in own for name in (*shown.name, *shown.negative) if name]


_PREFIX = "flow_parameter_"


def _purpose(definition: Definition) -> str:
    """What the flow's author says of it."""
    body = definition.bodies.get(())
    return safe_block((body and inspect.getdoc(body)) or f"Run {definition.spec.name}.")


def _option_names(plain: Sequence[inspect.Parameter]) -> set[str]:
    """The options that the command itself has."""
    names = {"help", "store", "config", "config-tag", "json", "quiet", "verbose", "debug"}
    return names | {p.name.replace("_", "-") for p in plain}


def _option(definition: Definition, param: ParamSpec, taken: set[str]) -> inspect.Parameter:
    name = param.name.replace("_", "-")
    # A parameter that bears the name of an option of the command is told apart by a prefix.
    option = f"--param-{name}" if name in taken else f"--{name}"
    annotation = definition.param_types[param.name]
    is_flag = annotation is bool

    def convert(_type: object, tokens: Sequence[Token]) -> object:
        token = tokens[-1]
        if token.implicit_value is not None and isinstance(token.implicit_value, bool):
            return token.implicit_value
        return _value(definition, param.name, token.value)

    default = "required" if param.default is None else f"default: {readable(param.default.text)}"
    text = f"{param.help} " if param.help else ""
    shown = Parameter(
        name=option,
        help=safe(f"{text}[{param.type}; {default}]"),
        converter=convert,
        n_tokens=None if is_flag else 1,
        negative=f"--no-{name}" if is_flag else "",
        show_default=False,
        allow_leading_hyphen=not is_flag,
        required=False,
    )
    kind: Any = bool if is_flag else str
    # Not given is not the same as the default: encode_params fills that in.
    return inspect.Parameter(
        _PREFIX + param.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, shown]
    )
