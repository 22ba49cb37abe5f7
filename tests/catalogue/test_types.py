"""Rows 114 to 116 and 125: types of which no value can be stored, or that cannot be found; values that are no data."""

from __future__ import annotations

import pytest

from tests.catalogue.mistakes import Mistake

ABOVE = """
import attrs, collections.abc, dataclasses, functools, sqlite3, typing

if typing.TYPE_CHECKING:
    from decimal import Decimal


@dataclasses.dataclass
class Tagged:
    name: str
    tags: set[str]


@dataclasses.dataclass
class Later:
    size: "Decimal"
    other: "Decimal" = None
    further: "Decimal | None" = None


@dataclasses.dataclass
class Model:
    name: str
    size: int = dataclasses.field(init=False)
    note: typing.Any = None

    @functools.cached_property
    def length(self):
        return len(self.name)


"""

RETURNED = (
    ("set", "set[int]", "'a' is annotated set[int]: a set, which cannot be stored", "return data, such as sorted(x)"),
    ("optional", "set[int] | None", "a set, which cannot be stored", "sorted(x)"),
    ("inside", "dict[str, list[set[int]]]", "a set, which cannot be stored", "sorted(x)"),
    ("file", "typing.TextIO", "a TextIO, which cannot be stored", "a path to a file"),
    ("connection", "sqlite3.Connection", "a Connection, which cannot be stored", "return data"),
    ("callable", "collections.abc.Callable[[], int]", "a Callable, which cannot be stored", "return data"),
    ("iterator", "collections.abc.Iterator[int]", "an Iterator, which cannot be stored", "return list(x)"),
    ("generator", "typing.Generator[int, None, None]", "a Generator, which cannot be stored", "return list(x)"),
    ("exception", "ValueError", "a ValueError, which cannot be stored", "return data"),
    ("field", "list[Tagged]", "Tagged.tags is a set, which cannot be stored", "sorted(x)"),
    ("awaited", "collections.abc.Awaitable[set[int]]", "a set, which cannot be stored", "sorted(x)"),
)
UNFOUND = (
    ("checking", "'Decimal'", "the type of the result of 'a' cannot be found: Decimal"),
    ("inside", "'dict[str, list[Decimal]]'", "cannot be found: Decimal"),
    ("misspelt", "'dat'", "cannot be found: dat"),
    ("attribute", "'typing.NoSuchThing'", "cannot be found: typing.NoSuchThing"),
    ("field", "Later", "the type of the field 'Later.size' of the result of 'a' cannot be found: Decimal"),
    ("item_of_field", "list[Later]", "the field 'Later.size' of the result of 'a' cannot be found: Decimal"),
)
NO_TYPES = (
    ("tuple", "(int, str)", "the type of the result of 'a' is not a type: (int, str)", "write tuple[int, str]"),
    ("one", "(int,)", "is not a type: (int)", "write tuple[int]"),
    ("list", "[int]", "is not a type: [int]", "write list[int]"),
    ("text", "'[int]'", "is not a type: [int]", "write list[int]"),
    ("dict", "{str: int}", "is not a type: {str: int}", "write dict[str, int]"),
    ("keys", "{'a': int}", "is not a type: {'a': int}", "write a type: int"),
    ("inside", "list[(int, [str])]", "is not a type: [str]", "write list[str]"),
    ("value", "3", "is not a type: 3", "write a type: int"),
    ("function", "any", "is not a type: any", "write a type: int"),
    ("module", "typing", "is not a type: typing", "write a type: int"),
    ("remark", "'the whole lot'", "the type of the result of 'a' is not Python: the whole lot", "write a type"),
    ("open", "'list['", "is not Python: list[", "write a type"),
    ("error", "'1 / 0'", "is not a type: 1 / 0", "write a type"),
)

MISTAKES = {
    **{
        f"row_114_{name}": Mistake(
            text=f"""{ABOVE}
@container
class flow:
    @step
    def a(
        self,
    ) -> {kind}:  # wrong
        ...
""",
            code="not-data",
            path="a",
            says=(said,),
            hint=hint,
        )
        for name, kind, said, hint in RETURNED
    },
    "row_114_builder": Mistake(
        text="""
def load() -> set[int]: ...  # wrong

flow = Sequent()
flow.add_step("a", load)
""",
        code="not-data",
        path="a",
        says=("the result of 'a' is annotated set[int]: a set",),
        hint="sorted(x)",
    ),
    **{
        f"row_114_parameter_{name}": Mistake(
            text=f"""{ABOVE}
@container
class flow:
    names: {kind} = param()  # wrong
    a = step(work)
""",
            code="not-data",
            says=(f"the parameter 'names' is annotated {shown}", said),
            hint=hint,
        )
        for name, kind, shown, said, hint in (
            ("set", "set[str]", "set[str]", "a set, which cannot be stored", "write list[...]"),
            (
                "abstract",
                "typing.AbstractSet[str]",
                "AbstractSet[str]",
                "a Set, which cannot be stored",
                "write list[...]",
            ),
            ("file", "typing.TextIO", "TextIO", "a TextIO, which cannot be stored", "a parameter is data"),
        )
    },
    **{
        f"row_115_{name}": Mistake(
            text=f"""{ABOVE}
@container
class flow:
    @step
    def a(self) -> {kind}: ...  # wrong
""",
            code="unknown-type",
            path="a",
            says=(said,),
            hint="import it outside TYPE_CHECKING",
        )
        for name, kind, said in UNFOUND
    },
    **{
        f"row_115_no_type_{name}": Mistake(
            text=f"""{ABOVE}
@container
class flow:
    @step
    def a(self) -> {kind}: ...  # wrong
""",
            code="unknown-type",
            path="a",
            says=(said,),
            hint=hint,
        )
        for name, kind, said, hint in NO_TYPES
    },
    **{
        f"row_114_self_{name}": Mistake(
            text=f"""{ABOVE}
@container
class flow:
    @step
    def a(self) -> {kind}: ...  # wrong
""",
            code="not-data",
            path="a",
            says=(f"the result of 'a' is annotated {shown}: Self is its container, which cannot be stored",),
            hint="return data",
        )
        for name, kind, shown in (
            ("alone", "typing.Self", "Self"),
            ("inside", "'list[typing.Self] | None'", "list[typing.Self] | None"),
        )
    },
    "row_114_command": Mistake(
        text="""
@container
class flow:
    a = command(
        "ls",
        result=list[set[int]],  # wrong
    )
""",
        code="command",
        path="a",
        says=("'result' of 'a' is list[set[int]], and JSON has no set",),
        hint="the output is read as JSON",
    ),
    "row_115_parameter": Mistake(
        text=f"""{ABOVE}
@container
class flow:
    count: int = param(default=1)
    day: "Decimal" = param(default=None)  # wrong
    a = step(work)
""",
        code="unknown-type",
        says=("the type of the parameter 'day' cannot be found: Decimal",),
        hint="import it outside TYPE_CHECKING",
    ),
    "row_116_default": Mistake(
        text=f"""{ABOVE}
@container
class flow:
    model: Model = param(default=Model("m"))  # wrong
    a = step(work)
""",
        code="not-data",
        says=("the default.size, a field of Model, was never set",),
        hint="give the field a default",
    ),
    "row_116_literal": Mistake(
        text=f"""{ABOVE}
model = Model("m")
model.size, model.weights = 1, [1]
flow = Sequent()
flow.add_step("a", take, kwargs={{"x": [model]}})  # wrong
""",
        code="not-data",
        path="a",
        says=("kwargs['x'][0].weights is not a field of Model",),
        hint="make it a field",
    ),
    "row_114_default": Mistake(
        text=f"""{ABOVE}
@container
class flow:
    tagged: object = param(default=Tagged("m", []))  # wrong
    a = step(work)
""",
        code="unnamed-class",
        says=("the default of 'tagged' has a Tagged in it, which the annotation object does not name",),
        hint="annotate it with Tagged",
    ),
}


@pytest.mark.parametrize("row", MISTAKES)
def test_a_type_that_no_value_can_be_stored_of_or_that_cannot_be_found_is_told_at_its_line(row, refused):
    refused(MISTAKES[row])


VALUES = {
    "row_116_extra": (
        "m = Model('m'); m.size = 1; m.weights = [1]; return m",
        "result.weights is not a field of Model",
    ),
    "row_116_unset": ("return {'a': (Model('m'),)}", "result['a'][0].size, a field of Model, was never set"),
    "row_116_below": (
        "m = type('Below', (Model,), {})('m'); m.size = 1; m.more = 2; return m",
        "result.more is not a field of Below",
    ),
    "row_125_one": ("import numbers_of; return numbers_of.float64()", "result is a numpy.float64"),
    "row_125_many": ("import numbers_of; return [numbers_of.ndarray()]", "result[0] is a numpy.ndarray"),
    "row_125_frame": (
        "import numbers_of; return {1: numbers_of.DataFrame()}",
        "result[1] is a pandas.core.frame.DataFrame",
    ),
}
HINTS = {"row_125_one": "x.item()", "row_125_many": "x.tolist(), or a path", "row_125_frame": "a path to a file"}

NUMBERS = """
def library_class(module, name, **names):
    return type(name, (), {"__module__": module, **names})

method = lambda self: None
float64 = library_class("numpy", "float64", ndim=0, item=method, tolist=method)
ndarray = library_class("numpy", "ndarray", ndim=1, item=method, tolist=method)
DataFrame = library_class("pandas.core.frame", "DataFrame", to_dict=method)
"""


@pytest.mark.parametrize("row", VALUES)
def test_a_value_that_would_not_come_back_fails_its_step_with_the_way_out(row, fails, tmp_path):
    body, said = VALUES[row]
    (tmp_path / "numbers_of.py").write_text(NUMBERS)
    text = f"""{ABOVE}
@container(task_construct="invoke")
class flow:
    @step  # wrong
    def a(self) -> "typing.Any":
        {body}
"""
    fails(text, said, HINTS.get(row, "field"))


@pytest.mark.parametrize(
    "kind",
    [
        "None",
        "'Model'",
        "typing.Any",
        "object",
        "typing.NoReturn",
        "typing.Literal[1, 'a']",
        "typing.Annotated[int, 'a remark']",
        "collections.abc.Sequence[int]",
        "collections.abc.Coroutine[object, object, int]",
        "Failures",
        "Literal['a'] | Path | None",
    ],
)
def test_a_type_of_which_values_can_be_stored_is_let_pass(kind, accepted):
    accepted(f"{ABOVE}\n@container\nclass flow:\n    @step\n    def a(self) -> {kind}: ...\n")


OPT_IN = "; or give the step result=Pickled, if pickle accepts it"


@pytest.mark.parametrize(
    ("options", "above"),
    [("", ""), ('(hosts=["edge1"])', ""), ("", '(hosts=["edge1"])'), ('(task_construct="thread")', "")],
    ids=["here", "host", "around", "thread"],
)
@pytest.mark.parametrize("kind", ["Model", "set[int]", "tuple"])
def test_a_result_type_that_is_not_data_names_the_opt_in_where_it_is_allowed(kind, options, above, command, tmp_path):
    text = f"""from sequent import container, step

class Model: ...

class tuple(tuple): ...

@container
class flow:
    @container{above}
    class inner:
        @step{options}
        def a(self) -> {kind}: ...
"""
    (tmp_path / "flow.py").write_text(text)
    code, _, told = command("check", "flow.py:flow")
    assert code == 2
    assert "which cannot be stored and read back" in told
    assert (OPT_IN in told) is not bool(options or above or kind == "tuple")


@pytest.mark.parametrize(
    ("body", "construct", "is_told"),
    [
        ("object()", "process", True),
        ("[{1}]", "process", True),
        ("10**5000", "process", True),
        ("type('Rows', (tuple,), {})()", "process", False),
        ("object()", "thread", False),
        ("object()", "invoke", False),
    ],
)
def test_a_result_that_is_not_data_names_the_opt_in_where_it_is_allowed(body, construct, is_told, command, tmp_path):
    text = f"""from sequent import container, step

@container(task_construct="{construct}")
class flow:
    @step
    def a(self):
        return {body}
"""
    (tmp_path / "flow.py").write_text(text)
    code, _, told = command("run", "flow.py:flow")
    assert code == 1
    assert "NotDataError: result" in told
    assert (OPT_IN in told) is is_told
