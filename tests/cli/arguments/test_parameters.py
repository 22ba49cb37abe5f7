"""A flow's parameters on the command line."""

from __future__ import annotations

import inspect
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, NewType, TypedDict
from typing import Literal as OneOf

import pytest

from sequent.cli import main
from sequent.cli.arguments.parameters import option_names, read_options
from sequent.cli.arguments.run_options import read_words, run
from sequent.cli.arguments.typed_options import DEFAULTS
from sequent.dsl.parameters.parameter_options import OWN_OPTIONS
from sequent.errors import UsageError
from sequent.model.references import Literal
from sequent.model.spec import ContainerSpec, Definition, FlowSpec, ParamSpec


class Row(TypedDict, total=False):
    day: date
    waits: list[timedelta]


TYPES = {
    "day": date,
    "max_rows": int,
    "verify": bool,
    "regions": list[str],
    "mode": OneOf["fast", "full"],
    "store": str,
    "note": str | None,
    "verbose": NewType("Verbose", bool),
    "waits": list[timedelta],
    "prices": dict[str, Decimal],
    "pair": Annotated[tuple[int, str], "a remark"],
    "some": list[int] | None,
    "row": Row,
}


def a_flow() -> Definition:
    params = tuple(
        ParamSpec(name=name, type=getattr(kind, "__name__", str(kind)), help=f"the {name}", default=Literal("null"))
        for name, kind in TYPES.items()
    )
    spec = FlowSpec(name="nightly", root=ContainerSpec(name="nightly"), params=params)
    return Definition(spec=spec, functions={}, items={}, bodies={}, result_types={}, param_types=TYPES, flow=None)


def given(*words, pairs=()):
    return read_options(a_flow(), pairs, words, run, "sequent run flows:nightly")[0]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("day", "2026-11-24", date(2026, 11, 24)),
        ("max_rows", "-12", -12),
        ("regions", "eu,us", ["eu", "us"]),
        ("regions", '["eu"]', ["eu"]),
        ("mode", "full", "full"),
        ("note", "a=b", "a=b"),
        ("note", "--x", "--x"),
        ("note", "", None),
        ("verify", "yes", True),
        ("verify", "false", False),
        ("note", "-h", "-h"),
        ("note", "--json", "--json"),
        ("waits", "30s,5m,2", [timedelta(seconds=30), timedelta(minutes=5), timedelta(seconds=2)]),
        ("waits", '["30s", 90, 0.5]', [timedelta(seconds=30), timedelta(seconds=90), timedelta(seconds=0.5)]),
        ("prices", '{"a": 1, "b": "1.10"}', {"a": Decimal(1), "b": Decimal("1.10")}),
        ("pair", "1,x", (1, "x")),
        ("pair", '[1, "x,y"]', (1, "x,y")),
        ("some", "1,2", [1, 2]),
        ("some", "none", None),
        ("row", '{"day": "2026-11-24", "waits": ["1m"]}', {"day": date(2026, 11, 24), "waits": [timedelta(minutes=1)]}),
    ],
)
def test_an_option_and_a_pair_give_the_same_value(name, text, value):
    option = f"--{name.replace('_', '-')}"
    assert given(f"{option}={text}") == {name: value}
    assert given(pairs=[f"{name}={text}"]) == {name: value}


def test_an_option_may_stand_apart_from_its_value_also_where_that_begins_with_a_dash():
    assert given("--max-rows", "-12", "--note", "x y") == {"max_rows": -12, "note": "x y"}


def test_a_flag_needs_no_value_and_has_its_opposite():
    assert given("--verify") == {"verify": True}
    assert given("--no-verify") == {"verify": False}


def test_what_is_not_given_is_left_to_the_default():
    assert given("--day", "2026-11-24") == {"day": date(2026, 11, 24)}
    assert given() == {}


def test_a_parameter_that_bears_the_name_of_an_option_has_a_prefix():
    assert given("--param-store", "cellar") == {"store": "cellar"}
    assert given(pairs=["store=cellar"]) == {"store": "cellar"}


@pytest.mark.parametrize(
    ("words", "pairs", "said", "hint"),
    [
        ((), ["day"], "-p 'day' has no '='", "name=value"),
        ((), ["dya=1"], "no parameter 'dya'", "did you mean 'day'"),
        ((), ["day=2026-11-24", "day=2026-11-25"], "'day' is given twice", "once"),
        (("--day", "2026-11-24"), ["day=2026-11-24"], "'day' is given twice", "once"),
        (("--day", "2026-11-24", "--day", "2026-11-25"), [], "--day is given twice", "--help"),
        (("--day", "soon"), [], "the parameter 'day' is 'soon', which is not a date", "2026-11-24"),
        ((), ["day=soon"], "the parameter 'day' is 'soon', which is not a date", "2026-11-24"),
        (("--max-rows", "many"), [], "'max_rows' is 'many'", "int"),
        (("--mode", "slow"), [], "'mode' is 'slow'", "fast, full"),
        ((), ["verify=maybe"], "'verify' is 'maybe'", "true or false"),
        (("--dya", "1"), [], "has no option '--dya'", "did you mean --day? "),
        (("--sotre", "a.db"), [], "has no option '--sotre'", "did you mean --store? "),
        (("stray",), [], "'stray'", "--help"),
        (("--max-loop", "1"), [], "has no option '--max-loop'", "did you mean --max-loops? "),
        (("--row", '{"dya": 1}'), [], "'row' is '{\"dya\": 1}', which is not a Row", "write JSON"),
        (("--pair", "1"), [], "'pair' is '1'", "write x,y, or JSON"),
        (("--prices", '{"a": 1.10}'), [], "'prices' is '{\"a\": 1.10}', which is not", "a Decimal with a point"),
        (("--prices", '{"a": 1, "a": 2}'), [], "which has the key 'a' more than once", "each key once"),
        (("--regions", '["a", {"b": 1, "b": 1}]'), [], "which has the key 'b' more than once", "each key once"),
        (("--regions", "[" * 10_000), [], "which is nested too deep", "100 levels"),
        (("--row", '{"a":' * 10_000), [], "which is nested too deep", "100 levels"),
        (("--pair", "1", "--pair", "x", "--pair", "y"), [], "'pair' is '1,x,y'", "write x,y, or JSON"),
        ((), ["prices={}", "prices={}"], "'prices' is given twice", "once"),
        (("--regions", "eu"), ["regions=us"], "'regions' is given twice", "once"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(words, pairs, said, hint):
    with pytest.raises(UsageError) as caught:
        given(*words, pairs=pairs)
    assert said in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        (("--verify=maybe",), "--verify takes no value", "write --verify or --no-verify;"),
        (("--verify", "yes"), "unexpected word: 'yes'", "an option that is on or off takes no value"),
        (("2026-11-24",), "unexpected word: '2026-11-24'", "write parameters of the flow as options"),
    ],
)
def test_a_word_that_belongs_to_no_option_is_told_with_how_options_are_written(words, said, hint):
    with pytest.raises(UsageError) as caught:
        given(*words)
    assert caught.value.message == said
    assert hint in caught.value.hint


def test_help_shows_each_parameter_with_type_and_default_beside_the_commands_own_options(capsys):
    given("--help")
    text = " ".join(capsys.readouterr().out.split())
    assert "--day DATE the day [default: none]" in text
    assert "--verify --no-verify" in text
    assert "--max-concurrent" in text


def test_a_list_may_be_given_part_by_part():
    assert given("--regions", "eu", "--regions", "us,asia", "--regions", '["a,b"]') == {
        "regions": ["eu", "us", "asia", "a,b"]
    }
    assert given("--waits", "30s", "--waits=2") == {"waits": [timedelta(seconds=30), timedelta(seconds=2)]}
    assert given("--pair", "1", "--pair", "-x") == {"pair": (1, "-x")}
    assert given("--some", "1", "--some", "2") == {"some": [1, 2]}
    assert given(pairs=["regions=eu", "regions=us"]) == {"regions": ["eu", "us"]}
    assert given("-p", "regions=eu", pairs=["regions=us"]) == {"regions": ["us", "eu"]}


@pytest.mark.parametrize(
    "value", ["-h", "--help", "--json", "--verbose", "--note", "-vv", "--no-verify", "--", "-p", "-"]
)
def test_what_follows_an_option_of_the_flow_is_its_value_whatever_it_looks_like(value):
    values, own = read_options(a_flow(), (), ["--note", value, "--max-loops", "3"], run, "sequent run flows:nightly")
    assert (values, own) == ({"note": value}, {"max_loops": 3})
    assert given(f"--note={value}", "--max-rows", "1") == {"note": value, "max_rows": 1}


def test_a_flag_that_bears_an_options_name_has_its_opposite_and_each_is_told_to_completion():
    assert given("--param-verbose") == {"verbose": True}
    assert given("--param-no-verbose") == {"verbose": False}
    names = option_names(a_flow())
    assert {"--param-verbose", "--param-no-verbose", "--param-store", "--verify", "--no-verify"} <= set(names)
    assert not {"--verbose", "--no-verbose", "--store"} & set(names)


@pytest.mark.parametrize(
    ("words", "name", "written"),
    [
        (["--verbose"], "verbose", "--param-verbose"),
        (["--max-rows", "1", "--store", "a.db"], "store", "--param-store"),
        (["--store=a.db"], "store", "--param-store"),
    ],
)
def test_the_bare_option_is_refused_on_a_flow_that_has_a_parameter_of_that_name(words, name, written):
    with pytest.raises(UsageError) as caught:
        given(*words)
    assert caught.value.message == f"--{name} is an option of sequent run, and the flow has a parameter '{name}'"
    assert f"write the parameter as {written}" in caught.value.hint
    assert f"sequent run --{name} ... TARGET" in caught.value.hint


def test_options_of_run_are_read_before_the_target_and_behind_it():
    words = read_words(["-v", "--store", "a.db", "--param=a=1", "flow.py:flow", "--store", "b.db", "--note", "-h"])
    assert (words.target, words.options.store, words.options.verbose) == ("flow.py:flow", "a.db", 1)
    assert (words.param, words.words) == (("a=1",), ("--store", "b.db", "--note", "-h"))
    _, own = read_options(a_flow(), (), ["-vv", "--json", "--log-level", "DEBUG", "--config", "c.toml"], run, "run")
    joined = words.joined(own)
    assert (joined.options.verbose, joined.options.json, joined.options.config) == (2, True, "c.toml")
    assert (joined.options.store, joined.log_level, joined.target) == ("a.db", "DEBUG", "flow.py:flow")


def test_without_a_target_all_words_from_the_first_that_is_no_option_of_run_are_the_flows():
    words = read_words(["--config", "c.toml", "--day", "2026-11-24", "flow.py:flow"])
    assert (words.target, words.options.config, words.words) == ("", "c.toml", ("--day", "2026-11-24", "flow.py:flow"))


def test_the_options_that_names_are_told_apart_from_are_those_that_run_has():
    fields = [*inspect.signature(run).parameters, *inspect.signature(type(DEFAULTS)).parameters, "help"]
    named = {name.replace("_", "-") for name in fields} - {"target", "words", "options"}
    assert named == set(OWN_OPTIONS)
    for name, takes_value in OWN_OPTIONS.items():
        word = f"--{name}=1" if takes_value and name != "param" else f"--{name}"
        words = [word, "a=1"] if name == "param" else [word]
        _, own = read_options(no_params(), (), [word for word in words if name != "param"], run, "run")
        assert set(own) == {name.replace("-", "_")} - {"param"}


def no_params():
    return Definition(
        spec=FlowSpec(name="none", root=ContainerSpec(name="none")),
        functions={},
        items={},
        bodies={},
        result_types={},
        param_types={},
        flow=None,
    )


def test_help_has_the_parameters_in_a_panel_of_their_own_and_says_how_lists_are_written(capsys):
    given("--help")
    text = " ".join(capsys.readouterr().out.replace("│", " ").split())
    panels = text.index("Parameters of nightly"), text.index("Options ─"), text.index("--max-concurrent")
    assert panels == tuple(sorted(panels))
    assert panels[0] < text.index("--param-store") < panels[1]
    assert "--regions x --regions y, --regions x,y, or JSON" in text
    assert "[fast | full; default: none]" in text


FLOW = """
from sequent import container, param, step

@container
class flow:
    {name}: str = param(default="x")
    note: str = param(default="")

    @step
    def a(self): ...
"""


@pytest.mark.parametrize("option", sorted(OWN_OPTIONS.keys() - {"param"}))
def test_a_refused_command_line_talks_as_it_was_told_to_and_not_as_a_parameter_or_a_value_says(
    option, tmp_path, capsys
):
    file = tmp_path / f"{option.replace('-', '_')}_flow.py"
    file.write_text(FLOW.format(name=option.replace("-", "_")))

    def told(*words):
        code = main(["run", *words])
        out, err = capsys.readouterr()
        return code, out, err

    code, out, err = told(f"{file}:flow", f"--{option}")
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    for value in ("--debug", "--json"):
        code, out, err = told(f"{file}:flow", "--note", value, "--nothing")
        assert (code, out) == (2, "")
        assert err.startswith("error: ")
    assert "Traceback" in told("--debug", f"{file}:flow", "--nothing")[2]
    assert '"error"' in told("--json", f"{file}:flow", "--nothing")[1]
    if option not in ("debug", "json"):
        assert "Traceback" in told(f"{file}:flow", "--nothing", "--debug")[2]
        assert '"error"' in told(f"{file}:flow", "--nothing", "--json")[1]
