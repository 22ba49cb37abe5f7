"""A flow's parameters on the command line."""

from __future__ import annotations

from datetime import date
from typing import Literal as OneOf

import pytest

from sequent.cli.parameters import given_parameters
from sequent.cli.running import run
from sequent.errors import UsageError
from sequent.model.references import Literal
from sequent.model.spec import ContainerSpec, Definition, FlowSpec, ParamSpec

TYPES = {
    "day": date,
    "max_rows": int,
    "verify": bool,
    "regions": list[str],
    "mode": OneOf["fast", "full"],
    "store": str,
    "note": str | None,
}


def a_flow() -> Definition:
    params = tuple(
        ParamSpec(name=name, type=getattr(kind, "__name__", str(kind)), help=f"the {name}", default=Literal("null"))
        for name, kind in TYPES.items()
    )
    spec = FlowSpec(name="nightly", root=ContainerSpec(name="nightly"), params=params)
    return Definition(spec=spec, functions={}, items={}, bodies={}, result_types={}, param_types=TYPES, flow=None)


def given(*words, pairs=()):
    return given_parameters(a_flow(), pairs, words, run, "sequent run flows:nightly")


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
        (("--verify=maybe",), [], 'for --verify: unable to convert "maybe"', "--help"),
        ((), ["verify=maybe"], "'verify' is 'maybe'", "true or false"),
        (("--dya", "1"), [], "--dya. Did you mean --day", "--help"),
        (("--sotre", "a.db"), [], "--sotre. Did you mean --store", "--help"),
        (("stray",), [], "'stray'", "--help"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(words, pairs, said, hint):
    with pytest.raises(UsageError) as caught:
        given(*words, pairs=pairs)
    assert said in caught.value.message
    assert hint in caught.value.hint


def test_help_shows_each_parameter_with_type_and_default_beside_the_commands_own_options(capsys):
    given("--help")
    text = " ".join(capsys.readouterr().out.split())
    assert "--day" in text
    assert "the day [date; default: null]" in text
    assert "--verify --no-verify" in text
    assert "--max-concurrent" in text
