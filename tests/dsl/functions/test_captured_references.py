"""A reference that a callable has where nobody fills it in is refused by name, with the step, before anything runs."""

import functools
import inspect
import os
import types

import pytest

import sequent
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import DefinitionError, InvalidFlowError
from tests.decorators import Counted, Silent, of_anything, signed


def quiet(function):
    """A decorator that does not say whom it wraps."""
    return lambda *args, **kwargs: function(*args, **kwargs)


class Box:
    def __init__(self, value):
        self.value = value

    def method(self):
        return self.value

    def __call__(self):
        return self.value


def closing_over(value):
    return lambda: value


def with_default_of(rows):
    def with_default(_=1, rows=rows):
        return rows

    return with_default


def hides(function):
    def outside():
        return function()

    outside.__signature__ = inspect.Signature()
    return outside


def module_with(rows):
    """A module of its own whose functions use a reference."""
    module = types.ModuleType("in_module")
    exec(  # noqa: S102  a module of its own
        "def of_module():\n    return rows\n"
        "def of_module_deep():\n    return [rows for _ in range(3)]\n"
        "def of_attribute():\n    return thing.rows\n"
        "def text_of_module():\n    return text\n",
        vars(module),
    )
    vars(module).update(rows=rows, text=f"{rows}.csv", thing=types.SimpleNamespace(rows=1))
    return module


def within_the_function(rows):
    """What a function closes over, or finds in its module."""

    def inner():
        def innermost():
            return rows

        return innermost()

    in_module = module_with(rows)
    return {
        "closure": (closing_over(rows), "the variable 'value' of the function around"),
        "text in a closure": (closing_over(f"{rows}.csv"), "the variable 'value'"),
        "nested in a closure": (closing_over({"a": [1, (rows,)]}), "the variable 'value'"),
        "function in a function": (inner, "the variable 'rows'"),
        "closure under a decorator": (of_anything(lambda: [rows]), "the variable 'rows'"),
        "module": (in_module.of_module, "the variable 'rows' of its module"),
        "module, in a comprehension": (in_module.of_module_deep, "the variable 'rows' of its module"),
        "text of a module": (in_module.text_of_module, "the variable 'text' of its module"),
    }


def beside_the_function(rows):
    """Defaults, attributes and the arguments of partials."""
    nested = {"a": [1, (rows,)]}

    def takes_no_more(rows=rows, *, other=nested):
        return rows, other

    with_default = with_default_of(rows)
    dispatching = functools.singledispatch(lambda value=1: value)
    dispatching.register(int)(lambda value, more=rows: (value, more))
    return {
        "default under a silent decorator": (quiet(with_default), "the default of 'rows' of"),
        "default under a silent class": (Silent(with_default), "the default of 'rows' of"),
        "default two deep": (quiet(of_anything(with_default)), "the default of 'rows' of"),
        "default that __signature__ hides": (hides(takes_no_more), "the default of 'rows' of"),
        "default of what is chosen by type": (dispatching, "the default of 'more' of"),
        "attribute of an object": (Box(rows).method, "the attribute 'value' of the object"),
        "attribute of what is called": (Box(nested), "its attribute 'value'"),
        "partial": (functools.partial(max, [rows]), "a partial of 'max'"),
        "partial, by name": (functools.partial(takes_no_more, rows=rows, other=1), "a partial of"),
        "partial of a text": (functools.partial(len, f"{rows}.csv"), "a partial of 'len'"),
        "partial within": (of_anything(functools.partial(lambda x: x, x=rows)), "a partial of"),
    }


def table():
    """Flows in which a reference would arrive as one, by the way that it takes; and what is said of it."""
    flow = sequent.Sequent("flow")
    one = flow.add_step("one", func=os.getcwd)
    with_default = with_default_of(one.result)
    accepted = {
        "attribute of another name": module_with(one.result).of_attribute,
        "closure over a step": closing_over(one),
        "closure over a flow": closing_over(flow),
        "default of a visible parameter": of_anything(with_default),
        "default that __signature__ shows": signed(with_default),
        "closure over a function with a default": lambda: with_default.__name__,
        "object": Counted(with_default),
    }
    return flow, {**within_the_function(one.result), **beside_the_function(one.result)}, accepted


_, REFUSED, ACCEPTED = table()


def refusal(flow):
    with pytest.raises(InvalidFlowError) as caught:
        definition_of(flow)
    (error,) = caught.value.problems
    return error


@pytest.mark.parametrize("way", REFUSED)
def test_a_step_whose_callable_has_one_elsewhere_is_refused(way):
    flow, refused, _ = table()
    function, where = refused[way]
    flow.add_step("work", func=function)
    error = refusal(flow)
    assert "the step 'work' uses one.result by " in error.message
    assert where in error.message
    assert "give it " in error.hint
    assert error.code == "reference"
    assert error.place.file == __file__


@pytest.mark.parametrize("way", REFUSED)
def test_items_are_looked_at_in_the_same_way(way):
    flow, refused, _ = table()
    function, where = refused[way]
    flow.add_step("items", func=os.getcwd, repeats=function)
    error = refusal(flow)
    assert "'repeats' of 'items' uses one.result by " in error.message
    assert where in error.message


@pytest.mark.parametrize("way", REFUSED)
def test_computed_words_are_looked_at_in_the_same_way(way):
    flow, refused, _ = table()
    function, where = refused[way]
    flow.add_step("words", command=function)
    error = refusal(flow)
    assert "the step 'words' uses one.result by " in error.message
    assert where in error.message


@pytest.mark.parametrize("way", ACCEPTED)
def test_what_is_filled_in_or_never_read_is_accepted(way):
    flow, _, accepted = table()
    flow.add_step("work", func=accepted[way])
    definition_of(flow)


def test_self_is_a_parameter_as_any_other_in_the_builder():
    flow = sequent.Sequent("flow", store=":memory:", config={"task_construct": "invoke"})

    class Box:
        def both(self, other):
            return [self, other]

    flow.result = flow.add_step("one", func=Box.both, args=(1,), kwargs={"other": 2})
    assert flow.run().result == [1, 2]
    with pytest.raises(DefinitionError, match=r"the parameter 'self' of .* has no value"):
        flow.add_step("two", func=lambda self: self)
    flow.add_step("three", func=os.getcwd, repeats=lambda self: [self])
    assert "'repeats' of 'three' takes 'self', and its container has no class" in refusal(flow).message
