"""The options of each word of the language, as its signatures have them."""

from __future__ import annotations

import inspect
import typing

from sequent.dsl.builder.blocks import Sequent
from sequent.dsl.containers.container import container
from sequent.dsl.options import option_types
from sequent.dsl.steps.approvals import approve
from sequent.dsl.steps.programs import command
from sequent.dsl.steps.step import step

_BUILDER = {"self", "name", "func", "further", "options"}


def options_by_word():
    """By the word: each option that it takes, and its annotation."""
    words = {word.__name__: _options_of(typing.get_overloads(word)) for word in (step, container, command, approve)}
    own = inspect.signature(Sequent.add_step).parameters
    added = {name: str(it.annotation) for name, it in own.items() if name not in _BUILDER}
    return {**words, "add_step": {**added, **_options_of([Sequent.add_step])}}


def _options_of(signatures):
    found = {}
    for signature in signatures:
        for name, parameter in inspect.signature(signature).parameters.items():
            if parameter.kind is parameter.KEYWORD_ONLY:
                found[name] = str(parameter.annotation)
            elif parameter.kind is parameter.VAR_KEYWORD:
                kind = getattr(option_types, str(parameter.annotation).removeprefix("Unpack[").removesuffix("]"))
                found |= {key: value.__forward_arg__ for key, value in kind.__annotations__.items()}
    return found


def shown_type(option):
    """The type of an option as the page has it: that of the first word that takes it."""
    found = next(options[option] for options in options_by_word().values() if option in options)
    return found.replace("type[R]", "type").replace("|", "\\|")
