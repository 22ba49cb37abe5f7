"""Rows 117, 118 and 126: names of parameters that are options, or alike; JSON that is none."""

from __future__ import annotations

import json

import pytest

from tests.catalogue.mistakes import PRELUDE, Mistake

ALIKE = {
    "row_118_opposite": ("verify: bool = param(default=True)", "no_verify: str = param(default='x')", "--no-verify"),
    "row_118_reverse": ("no_verify: str = param(default='x')", "verify: bool = param(default=True)", "--no-verify"),
    "row_118_prefix": ("store: str = param(default='s')", "param_store: str = param(default='p')", "--param-store"),
    "row_118_both": ("json: bool = param()", "param_no_json: int = param(default=1)", "--param-no-json"),
}


@pytest.mark.parametrize("row", ALIKE)
def test_two_parameters_that_are_written_alike_are_refused_with_both_lines(row, refused):
    first, second, option = ALIKE[row]
    names = [line.partition(":")[0] for line in (first, second)]
    refused(
        Mistake(
            text=f"""
@container
class flow:
    {first}  # other
    {second}  # wrong
    a = step(work)
""",
            code="param",
            says=(f"the parameters {names[0]!r} and {names[1]!r} are both written {option}: here and at",),
            hint="rename one of them",
        )
    )


FLOW = f"""{PRELUDE}
@container(task_construct="invoke")
class flow:
    verbose: bool = param(default=False)
    store: str = param(default="s")
    note: str = param(default="")
    sizes: dict[str, int] = param(default={{}})

    @step
    def show(self) -> list[object]:
        return [self.verbose, self.store, self.note, self.sizes]

    result = show
"""


@pytest.fixture
def written(tmp_path):
    (tmp_path / "flow.py").write_text(FLOW)


@pytest.mark.parametrize("row", ["row_117"])
def test_check_says_how_a_parameter_that_bears_the_name_of_an_option_is_written(row, command, written):
    both = "--param-verbose and --param-no-verbose"
    told = [
        f"the parameter 'verbose' is written {both}: --verbose is an option of sequent run",
        "the parameter 'store' is written --param-store: --store is an option of sequent run",
    ]
    code, out, _ = command("check", "flow.py:flow")
    assert (code, out.splitlines()[1:]) == (0, [f"note: {note}" for note in told])
    code, out, _ = command("check", "flow.py:flow", "--json")
    assert (code, json.loads(out)["check"]["notes"]) == (0, told)


@pytest.mark.parametrize(
    ("words", "result"),
    [
        (("--param-verbose", "--param-store", "A"), [True, "A", "", {}]),
        (("--note", "--verbose"), [False, "s", "--verbose", {}]),
        (("--note", "-h"), [False, "s", "-h", {}]),
        (("--note", "--json"), [False, "s", "--json", {}]),
        (("--note=--store", "-v", "--sizes", '{"a": 1}'), [False, "s", "--store", {"a": 1}]),
    ],
)
def test_a_run_takes_each_as_it_is_written(words, result, command, written):
    code, out, told = command("run", "flow.py:flow", *words)
    assert (code, json.loads(out)) == (0, result), told


def test_a_value_that_looks_like_help_is_one_of_the_flow_that_is_set_too(command, written, tmp_path):
    (tmp_path / "sequent.toml").write_text('flow = "flow.py:flow"\n')
    code, out, told = command("run", "--note", "-h")
    assert (code, json.loads(out)) == (0, [False, "s", "-h", {}]), told
    code, out, _ = command("run", "--param-store", "A", "--help")
    assert (code, "Parameters of flow" in out) == (0, True)
    code, out, _ = command("run", "-q", "--help")
    assert (code, "Usage: sequent run [TARGET]" in out) == (0, True)


def test_an_option_of_run_stands_before_the_target_of_such_a_flow(command, written, tmp_path):
    for words in (
        ("run", "--store", "other.db", "-q", "flow.py:flow"),
        ("--store", "third.db", "flow.py:flow", "-q", "--param-store=A"),
    ):
        code, _, told = command(*words)
        assert code == 0, told
        assert (tmp_path / words[words.index("--store") + 1]).exists()
    assert not (tmp_path / "runs.db").exists()


@pytest.mark.parametrize(
    ("row", "words", "said"),
    [
        (
            "row_117_flag",
            ("--verbose",),
            ("has a parameter 'verbose'", "write the parameter as --param-verbose"),
        ),
        (
            "row_117_value",
            ("--store", "a.db"),
            ("has a parameter 'store'", "write the parameter as --param-store"),
        ),
        (
            "row_126_twice",
            ("--sizes", '{"a": 1, "a": 2}'),
            ("the parameter 'sizes' is", "has the key 'a' more than"),
        ),
        (
            "row_126_deep",
            ("--sizes", '{"a":' * 10_000),
            ("'sizes' is", "is nested too deep", "100 levels"),
        ),
        ("row_126_pair", ("-p", "sizes=" + "[" * 10_000), ("the parameter 'sizes' is", "is nested too deep")),
        ("row_126_hundred", ("--sizes", '{"a":' * 400 + "1" + "}" * 400), ("the parameter 'sizes' is",)),
    ],
)
def test_a_run_is_refused_with_what_is_wrong_and_leaves_no_store(row, words, said, command, written, tmp_path):
    code, out, told = command("run", "flow.py:flow", *words)
    assert (code, out) == (2, ""), told
    assert [each for each in said if each not in told] == []
    assert not (tmp_path / "runs.db").exists()
