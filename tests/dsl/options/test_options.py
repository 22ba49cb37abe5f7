"""The one table of options, and that all that is said of options elsewhere agrees with it."""

import re
from pathlib import Path

import attrs
import pytest

from sequent import Sequent
from sequent.dsl.options.option_types import FlowOptions
from sequent.dsl.options.written_options import CONTAINER_OPTIONS, FLOW_OPTIONS, STEP_OPTIONS
from sequent.errors import SequentError
from sequent.model.inputs import LiteralInput
from sequent.model.option_table import CONTAINER, FLOW, OPTIONS, SETTINGS
from sequent.model.plan import ContainerPlan, Plan
from sequent.model.scope import Scope
from sequent.model.spec import ContainerSpec, PlainStepOptions, StepSpec
from sequent.model.value_text import encode
from sequent.runtime.driver.option_values import BadOptionError, OptionValues
from sequent.runtime.driver.values import Values
from tests.options_table import options_by_word

OF_WORK = {"args", "kwargs", "env", "cwd", "stdin", "success", "shell", "result"}
"""What a step does, and not how it is run."""
OF_THE_BUILDER = {"approve", "receive", "command", "config", "import_module", "import_file"}
LATE = {name for name, option in OPTIONS.items() if option.may_refer} - {"repeats"}
WRONG = {"hosts": ["a", "a"], "parallel": -2, "delay": "soon", "timeout": 0, "nice": 20}
"""A value that each option that may be a reference cannot have."""
PAGE = (Path(__file__).parents[3] / "docs/reference/options.md").read_text(encoding="utf-8")


def work(*args, **kwargs): ...


def test_type_checkers_are_told_of_the_options_of_the_table():
    told = {word: set(options) - OF_WORK - OF_THE_BUILDER for word, options in options_by_word().items()}
    assert told["step"] == told["command"] == told["add_step"] == STEP_OPTIONS
    assert told["container"] == CONTAINER_OPTIONS
    assert set(FlowOptions.__annotations__) == FLOW_OPTIONS


def test_a_specification_has_each_option_with_the_default_of_the_table():
    step_fields, container_fields = attrs.fields_dict(StepSpec), attrs.fields_dict(ContainerSpec)
    for name, option in OPTIONS.items():
        assert name in LATE or name in step_fields
        assert CONTAINER not in option.where or name in LATE | {"task_construct"} or name in container_fields
    for field in attrs.fields(PlainStepOptions):
        factory = getattr(field.default, "factory", lambda default=field.default: default)
        assert factory() == OPTIONS[field.name].default


def test_a_setting_of_a_flow_is_an_option_of_it():
    assert all(FLOW in OPTIONS[name].where for name in SETTINGS)


def test_the_reference_says_what_a_flow_may_not_have_and_what_may_be_a_reference():
    def listed(names):
        *first, last = (f"`{name}`" for name in names)
        return f"{', '.join(first)} and {last}"

    text = re.sub(r"\s+", " ", PAGE)
    inside = [name for name, option in OPTIONS.items() if {FLOW, CONTAINER} & option.where == {CONTAINER}]
    assert f"the options of `container`, except {listed(inside)}." in text
    assert f"{listed(name for name, option in OPTIONS.items() if option.may_refer)} may be" in text


def test_there_is_a_wrong_value_of_each_option_that_may_be_a_reference():
    assert WRONG.keys() == LATE


@pytest.mark.parametrize("option", WRONG)
def test_an_option_is_refused_in_the_same_words_when_it_is_written_and_when_it_is_known(option):
    value = WRONG[option]
    with pytest.raises(SequentError) as written:
        Sequent("f").add_step("a", work, repeats=[1], **{option: value})
    node = ContainerPlan(index=0, path=("a",), parent=-1, values={option: LiteralInput(encode(value))})
    with pytest.raises(BadOptionError) as found:
        OptionValues(Values(Plan(name="f", nodes=(node,)), None)).value(Scope(1, 0, 1, (1,)), node, option)
    message = written.value.message.replace(repr(option), f"{option!r} of 'a'")
    assert found.value.problem.message == f"{message}; {written.value.hint}"
