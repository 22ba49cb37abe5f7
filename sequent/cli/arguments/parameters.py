"""Reads a flow's parameters from options of the command line, and from ``-p name=value``."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any

import attrs
from cyclopts import App, Group, Parameter, Token

from sequent.cli.arguments.parsing import parsed, print_help
from sequent.cli.arguments.typed_options import TypedOptions
from sequent.cli.output.text import readable, safe, safe_block
from sequent.dsl.parameters.parameter_options import OWN_OPTIONS, opposite_of, option_of
from sequent.dsl.parameters.typed_text import choices_of, is_flag, is_list, parse_text
from sequent.errors import SequentError, UsageError
from sequent.model.spec import Definition, ParamSpec
from sequent.model.wording import guess

_OF_FLOW = "flow_parameter_"
_REFUSED = "refused_"
_CHOICES = 8
"""The maximum number of words of an enum to show."""
_SHORT = {"help": "-h", "param": "-p", "quiet": "-q", "verbose": "-v"}
_OWN = Group("Options", sort_key=1)


def read_options(
    definition: Definition, pairs: Sequence[str], words: Sequence[str], command: Callable[..., object], title: str
) -> tuple[dict[str, object], dict[str, object]]:
    """Read the words after a target: options of the flow, and of the command itself.

    Args:
        definition: the definition of the flow.
        pairs: the words after each ``-p`` before the target.
        words: the words after the target.
        command: the function whose options the flow's join.
        title: the name of the command in the help.

    Returns:
        the values of the given parameters, and those of the command's own options, each by name. If ``--help`` is
        among the words, all options are printed, and the second has ``help``.

    Raises:
        UsageError: a name is unknown, given twice, or its text is not a value of its type.
    """
    values: dict[str, object] = {}
    own: dict[str, object] = {}
    if words:
        values, own = _from_options(definition, words, command, title)
    further = typing.cast("tuple[str, ...]", own.pop("param", ()))
    for name, value in read_pairs(definition, (*pairs, *further)).items():
        if name in values:
            raise _twice(name)
        values[name] = value
    return values, own


def read_pairs(definition: Definition, pairs: Sequence[str]) -> dict[str, object]:
    """Return the values of parameters that were typed as ``name=value``.

    Raises:
        UsageError: as ``read_options``.
    """
    names = [param.name for param in definition.spec.params]
    texts: dict[str, list[str]] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise UsageError(f"-p {pair!r} has no '='", hint="write -p name=value", path=name)
        if name not in names:
            raise _unknown(definition.spec.name, name, names)
        if name in texts and not is_list(definition.param_types[name]):
            raise _twice(name)
        texts.setdefault(name, []).append(text)
    return {name: _value(definition, name, *parts) for name, parts in texts.items()}


def _twice(name: str) -> UsageError:
    return UsageError(f"the parameter {name!r} is given twice", hint="give it once", path=name)


def _unknown(flow: str, name: str, names: Sequence[str]) -> UsageError:
    allowed = f"its parameters: {', '.join(names)}" if names else "it takes no parameters"
    return UsageError(
        f"the flow {flow!r} has no parameter {name!r}",
        hint=f"{guess(name, names)}{allowed}",
        path=name,
    )


def _value(definition: Definition, name: str, *texts: str) -> object:
    """Return the value of a typed word, or of several for a list; errors name the parameter."""
    try:
        return parse_text(definition.param_types[name], *texts)
    except SequentError as error:
        raise UsageError(
            f"the parameter {name!r} is {error.message}", code=error.code, hint=error.hint, path=name
        ) from error


def _from_options(
    definition: Definition, words: Sequence[str], command: Callable[..., object], title: str
) -> tuple[dict[str, object], dict[str, object]]:
    found: dict[str, Any] = {}

    def take(**values: object) -> int:
        found.update(values)
        return 0

    group = Group(f"Parameters of {safe(definition.spec.name)}", sort_key=0)
    params = [_option(definition, param, group) for param in definition.spec.params]
    parameters = [*params, *_own_options(definition, command)]
    take.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    take.__annotations__ = {p.name: p.annotation for p in parameters}
    app = _app(title, _purpose(definition), take)
    parsed(app, words, asks_for_help=False)
    refused = next((name.removeprefix(_REFUSED) for name in found if name.startswith(_REFUSED)), None)
    if refused is not None:
        raise _refusal(refused)
    if found.get("help"):
        print_help(app)
    # A counted option has a number even if it was not given.
    defaults = {parameter.name: parameter.default for parameter in parameters}
    given = {name: value for name, value in found.items() if value != defaults[name]}
    values = {name.removeprefix(_OF_FLOW): value for name, value in found.items() if name.startswith(_OF_FLOW)}
    return values, {name: value for name, value in given.items() if not name.startswith(_OF_FLOW)}


def _app(title: str, purpose: str, take: Callable[..., int]) -> App:
    return App(
        name=title,
        default_command=take,
        help=purpose,
        # A word --help may be a value: cyclopts treats it like any other option.
        help_flags=[],
        version_flags=[],
        end_of_options_delimiter="",
        help_format="plaintext",
        default_parameter=Parameter(show_default=False),
        print_error=False,
        exit_on_error=False,
        suppress_keyboard_interrupt=False,
        verbose=False,
        result_action="return_value",
    )


def _refusal(name: str) -> UsageError:
    """Return the error for an option of the command that is also the name of a parameter, and so ambiguous."""
    bare = "--" + name.replace("_", "-")
    short = f"is {_SHORT[name]}, or it " if name in _SHORT else ""
    return UsageError(
        f"{bare} is an option of sequent run, and the flow has a parameter {name!r}",
        code="option-name",
        hint=f"write the parameter as {option_of(name)}; the option {short}goes before the target: "
        f"sequent run {bare} ... TARGET",
        path=name,
    )


def _own_options(definition: Definition, command: Callable[..., object]) -> Iterator[inspect.Parameter]:
    """Yield the command's own options, without names that a parameter also has: those are refused."""
    bearing = {f"--{param.name.replace('_', '-')}": param.name for param in definition.spec.params}
    for parameter in _options_of(command):
        kind, *remarks = typing.get_args(parameter.annotation)
        (shown,) = (remark for remark in remarks if isinstance(remark, Parameter))
        names = tuple(shown.name or ()) or (f"--{parameter.name.replace('_', '-')}",)
        free = [name for name in names if name not in bearing]
        for name in (name for name in names if name in bearing):
            yield _never(bearing[name], name, takes_value=kind is not bool and not shown.count)
        if free:
            yield parameter.replace(annotation=_annotated(kind, shown, Parameter(name=free, group=_OWN)))


def _annotated(kind: Any, *remarks: Parameter) -> object:
    return Annotated[(kind, *remarks)]


def _options_of(command: Callable[..., object]) -> Iterator[inspect.Parameter]:
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        if not isinstance(parameter.default, TypedOptions):
            yield parameter
            continue
        hints = typing.get_type_hints(type(parameter.default), include_extras=True)
        for field in attrs.fields(type(parameter.default)):
            yield parameter.replace(name=field.name, default=field.default, annotation=hints[field.name])
    shown = Parameter(name=["--help", "-h"], negative="", help="Display this message and exit.")
    yield inspect.Parameter("help", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Annotated[bool, shown])


def _never(param: str, option: str, *, takes_value: bool) -> inspect.Parameter:
    shown = Parameter(name=option, negative="", show=False)
    return inspect.Parameter(
        _REFUSED + param,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[str if takes_value else bool, shown],
    )


def own_flags(definition: Definition, words: Sequence[str]) -> list[str]:
    """Return the words after a target that are options of the command: not values, and not options of the flow."""
    bearing = {"--" + param.name.replace("_", "-") for param in definition.spec.params}
    valued = {f"--{name}" for name, takes_value in OWN_OPTIONS.items() if takes_value} | {"-p"}
    for param in definition.spec.params:
        if not is_flag(definition.param_types[param.name]):
            valued.add(option_of(param.name))
    found: list[str] = []
    is_value = False
    for word in words:
        if not is_value and word not in bearing:
            found.append(word)
        is_value = not is_value and word in valued
    return found


def option_names(definition: Definition) -> list[str]:
    """Return a flow's own options, as typed; one with the name of an option of the command has a prefix."""
    names = [
        (option_of(param.name), opposite_of(param.name, definition.param_types[param.name]))
        for param in definition.spec.params
    ]
    return [option for both in names for option in both if option]


def _purpose(definition: Definition) -> str:
    """Return the description by the flow's author."""
    body = definition.bodies.get(())
    return safe_block((body and inspect.getdoc(body)) or f"Run {definition.spec.name}.")


def _default_text(text: str) -> str:
    """Return a default as it is typed."""
    return "none" if text == "null" else readable(text) or "empty text"


def _word_of(kind: str) -> type[str]:
    """Return a class of strings with the name by which the help calls the word after an option: that of its type."""
    name = kind.removesuffix(" | None").removeprefix("list[").removesuffix("]")
    return type(name if name.isidentifier() else "value", (str,), {})


def _option(definition: Definition, param: ParamSpec, group: Group) -> inspect.Parameter:
    annotation = definition.param_types[param.name]
    word: Any = _word_of(param.type)
    kind: Any = bool if is_flag(annotation) else list[word] if is_list(annotation) else word

    def convert(_type: object, tokens: Sequence[Token]) -> object:
        implicit = tokens[-1].implicit_value
        if isinstance(implicit, bool):
            return implicit
        return _value(definition, param.name, *(token.value for token in tokens))

    option = option_of(param.name)
    default = "required" if param.default is None else f"default: {_default_text(param.default.text)}"
    text = f"{param.help} " if param.help else ""
    several = f"; {option} x {option} y, {option} x,y, or JSON" if is_list(annotation) else ""
    choices = choices_of(annotation)
    kinds = f"{' | '.join(choices) if 0 < len(choices) <= _CHOICES else param.type}; "
    if kind is bool or (param.type.isidentifier() and not choices):
        kinds = ""
    shown = Parameter(
        name=option,
        help=safe(f"{text}[{kinds}{default}{several}]"),
        converter=convert,
        n_tokens=None if kind is bool else 1,
        negative=opposite_of(param.name, annotation),
        show_default=False,
        allow_leading_hyphen=kind is not bool,
        required=False,
        group=group,
    )
    # A missing option is not the same as its default: encode_params fills in the default.
    return inspect.Parameter(
        _OF_FLOW + param.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, shown]
    )
