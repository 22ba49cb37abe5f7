"""Finding a flow by its name, and saying what is wrong with a name or with the author's file."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

import pytest

from sequent.errors import DefinitionError, SequentError, UsageError
from sequent.runtime.loading.flows import load_flow, load_recorded

NUMBERS = itertools.count()
FLOW = (
    "from sequent.dsl.builder.blocks import Sequent\nnightly = Sequent('nightly')\nnightly.add_step('s', func=print)\n"
)


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a module with a name that no other test has, into the current directory; give its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)

    def written(text: str, name: str = "") -> str:
        name = name or f"flows_{os.getpid()}_{next(NUMBERS)}"
        (tmp_path / f"{name}.py").write_text(text)
        return name

    yield written
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


def error_of(target: str) -> SequentError:
    with pytest.raises(SequentError) as caught:
        load_flow(target)
    return caught.value


def test_a_flow_is_found_by_module_and_name_in_the_current_directory(write, tmp_path):
    name = write(FLOW)
    loaded = load_flow(f"{name}:nightly")
    target = loaded.target
    assert (target.flow, target.module, target.attribute) == ("nightly", name, "nightly")
    assert (target.file, target.cwd) == (str(tmp_path / f"{name}.py"), str(tmp_path))
    assert load_recorded(target) is loaded.flow


def test_a_flow_is_found_by_file_and_name_and_what_lies_beside_the_file_is_importable(write, tmp_path):
    (tmp_path / "inner").mkdir()
    beside = f"beside_{os.getpid()}_{next(NUMBERS)}"
    (tmp_path / "inner" / f"{beside}.py").write_text(FLOW)
    (tmp_path / "inner" / "my-flow.py").write_text(f"from {beside} import nightly\n")
    loaded = load_flow("inner/my-flow.py:nightly")
    assert loaded.target.module == ""
    assert loaded.target.file == str(tmp_path / "inner" / "my-flow.py")
    assert load_recorded(loaded.target) is loaded.flow


def test_a_file_that_is_named_like_a_module_in_use_is_refused(write, tmp_path):
    (tmp_path / "json.py").write_text(FLOW)
    with pytest.raises(UsageError, match="hides the module 'json'"):
        load_flow("json.py:nightly")


def test_the_only_flow_of_a_module_needs_no_name(write):
    assert load_flow(write(FLOW)).target.attribute == "nightly"


def test_of_several_flows_one_must_be_named(write):
    name = write(FLOW + "other = Sequent('other')\nalias = nightly\n")
    error = error_of(name)
    assert f"{name}:nightly, {name}:other" in error.message


def test_a_module_without_flows_says_so(write):
    assert "no flow in it" in error_of(write("x = 1\n")).message


def test_a_module_that_is_not_there_is_said_with_where_it_was_looked_for_and_what_is_close(write, tmp_path):
    name = write(FLOW)
    error = error_of(f"{name}x:nightly")
    assert isinstance(error, UsageError)
    assert f"{name}x" in error.message
    assert str(tmp_path) in error.message
    assert f"did you mean {name!r}" in error.hint


def test_a_file_that_is_not_there_is_said_with_what_is_close(write, tmp_path):
    name = write(FLOW)
    error = error_of(f"{tmp_path}/{name}s.py:nightly")
    assert f"did you mean '{name}.py'" in error.hint


@pytest.mark.parametrize("text", ["import no_such_module_at_all\n", "from os import no_such_name\n"])
def test_an_import_that_fails_inside_is_blamed_on_its_line(write, tmp_path, text):
    name = write("x = 1\n" + text)
    error = error_of(f"{name}:nightly")
    assert isinstance(error, DefinitionError)
    assert "no_such" in error.message
    assert error.place == (str(tmp_path / f"{name}.py"), 2)


def test_a_module_in_a_directory_that_is_not_searched_is_told_with_that_directory(write, tmp_path, monkeypatch):
    name = write("import shop_tables\n")
    monkeypatch.chdir(tmp_path)
    target = f"{name}.py:nightly"
    assert error_of(target).hint == "install it, correct the import, or add its directory to PYTHONPATH"
    (tmp_path / "src/shop_tables").mkdir(parents=True)
    (tmp_path / "src/shop_tables/__init__.py").touch()
    place = str(tmp_path / "src")
    assert error_of(target).hint == f"it is in {place!r}: install it from there, or set PYTHONPATH={place}"


def test_a_step_that_is_defined_below_is_told_with_its_line(write):
    body = "    @step(requires=send)\n    def load(self): ...\n\n    @step(requires=load)\n    def send(self): ...\n"
    error = error_of(write(f"from sequent import container, step\n\n@container\nclass flow:\n{body}") + ":flow")
    assert error.place.line == 5
    assert error.hint == "'send' is defined below, in line 9: define it above its first use"
    inner = "    @step(requires=send)\n    def load(self): ...\n\n    class inner:\n        def send(self): ...\n"
    elsewhere = error_of(write(f"from sequent import container, step\n\n@container\nclass flow:\n{inner}") + ":flow")
    assert "defined below" not in elsewhere.hint


def test_the_path_of_a_file_is_told_once(write, tmp_path):
    name = write("1 / 0\n")
    assert (
        error_of(f"{tmp_path}/{name}.py:x").message == "the file cannot be loaded: ZeroDivisionError: division by zero"
    )
    assert error_of(f"{name}:x").message == f"{name} cannot be loaded: ZeroDivisionError: division by zero"


def test_an_import_that_fails_further_in_is_blamed_on_the_module_that_failed(write, tmp_path):
    inner = write("\n\nimport no_such_module_at_all\n")
    error = error_of(write(f"import {inner}\n"))
    assert error.place == (str(tmp_path / f"{inner}.py"), 3)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("x = 1\n1 / 0\n", 2, "ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit(3)\n", 2, "sys.exit(3)"),
        ("x = (\n", 1, "SyntaxError"),
        ("import json\n\njson.loads('{')\n", 3, "JSONDecodeError"),
        ("x = 1\0\n", 1, "null bytes"),
        (f"x = {'-' * 20_000}1\n", 1, "the file cannot be loaded"),
    ],
)
def test_what_a_module_raises_is_told_at_its_line(write, tmp_path, text, line, words):
    name = write(text)
    error = error_of(f"{name}.py:nightly")
    assert words in error.message
    assert error.hint
    assert error.place == (str(tmp_path / f"{name}.py"), line)


@pytest.mark.parametrize(("text", "meant"), [("flow.add_stp('a')", "add_step"), ("flwo.add_step('a')", "flow")])
def test_a_misspelt_name_or_word_is_told_with_the_nearest(write, text, meant):
    error = error_of(write(f"from sequent import Sequent\nflow = Sequent('x')\n{text}\n"))
    assert f"did you mean {meant!r}?" in error.hint
    assert "--debug" in error.hint
    assert error.place.line == 3


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("from sequent import steps", "did you mean 'step'? "),
        ("from sequent import flow", "in Sequent that is @container; "),
        ("import sequent\n@sequent.task\ndef load(): ...", "in Sequent that is @step; "),
        ("from json import laods", "did you mean 'loads'? "),
        ("from sequent import param\nday = param(3)", "name it: param(default=...)"),
    ],
)
def test_a_word_that_a_module_does_not_have_is_told_with_the_one_that_was_meant(write, tmp_path, text, meant):
    name = write(f"{text}\n")
    error = error_of(name)
    assert error.hint.startswith(meant)
    assert error.place == (
        str(tmp_path / f"{name}.py"),
        text.count("\n", 0, text.find("@")) + 1 if "@" in text else 1 + text.count("\n"),
    )


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("    @step\n    def load(self, rows: int = load.result): ...\n", "used in its own definition"),
        ("    @step(\n        requires=load,\n    )\n    def load(self): ...\n", "used in its own definition"),
        ("    @step(requires=load)\n    def send(self): ...\n    load = step(print)\n", "defined below, in line 7"),
    ],
)
def test_a_step_that_uses_itself_is_told_apart_from_one_that_is_defined_below(write, text, hint):
    name = write(f"from sequent import container, step\n\n@container\nclass flow:\n{text}")
    assert hint in error_of(f"{name}:flow").hint


def test_a_name_of_the_class_around_is_told_with_how_to_reach_it(write, tmp_path):
    body = "from sequent import container, step\n\n@container\nclass flow:\n    load = step(print)\n    @container\n"
    name = write(f"{body}    class inner:\n        send = step(requires=load)(print)\n")
    error = error_of(f"{name}:flow")
    assert error.hint == "write outer.load: a class does not see the names of the class around it"
    assert error.place == (str(tmp_path / f"{name}.py"), 8)
    nowhere = write(f"{body}    class inner:\n        send = step(requires=laod)(print)\n")
    assert error_of(f"{nowhere}:flow").hint.startswith("did you mean 'load'?")


@pytest.mark.parametrize("text", ["[load | x for x in (load,)]", "(lambda x: load | x)(load)"])
def test_a_name_that_a_comprehension_in_a_body_does_not_see_is_told_so(write, text):
    body = "from sequent import container, step\n\n@container\nclass flow:\n    load = step(print)\n"
    error = error_of(f"{write(f'{body}    send = step(requires={text})(print)')}:flow")
    assert "NameError: name 'load' is not defined" in error.message
    assert "write it without a comprehension or a lambda" in error.hint


def test_a_module_that_runs_its_flow_while_it_is_loaded_is_refused(write):
    error = error_of(write(FLOW + "nightly.run()\n"))
    assert "while" in error.message
    assert "__main__" in error.hint


def test_a_name_that_is_not_there_is_said_with_what_is_close_and_the_flows(write):
    error = error_of(write(FLOW) + ":nigthly")
    assert "did you mean 'nightly'" in error.hint
    assert "its flows: nightly" in error.message


def test_something_that_is_no_flow_is_said_with_what_it_is_and_the_flows(write):
    error = error_of(write(FLOW + "number = 3\n") + ":number")
    assert "3 (int), not a flow" in error.message
    assert "nightly" in error.hint


def test_a_function_that_makes_a_flow_is_accepted(write):
    loaded = load_flow(write(FLOW + "def make(day='x'):\n    return nightly\n") + ":make")
    assert (loaded.target.flow, loaded.target.attribute) == ("nightly", "make")


def test_a_function_that_needs_arguments_is_refused_with_how_to_pass_parameters(write, tmp_path):
    name = write(FLOW + "def make(day, *, region):\n    return nightly\n")
    error = error_of(f"{name}:make")
    assert "'day', 'region'" in error.message
    assert "-p day=" in error.hint
    assert error.place == (str(tmp_path / f"{name}.py"), 4)


def test_a_function_that_raises_is_told_at_its_line(write, tmp_path):
    name = write("def make():\n    raise ValueError('no')\n")
    error = error_of(f"{name}:make")
    assert "ValueError: no" in error.message
    assert error.place == (str(tmp_path / f"{name}.py"), 2)


def test_a_function_that_gives_something_else_is_refused(write):
    assert "'x' (str)" in error_of(write("def make():\n    return 'x'\n") + ":make").message


@pytest.mark.parametrize("target", ["", ":x", "a b:c", "mod:1x", "mod:", "-x:y"])
def test_what_is_no_target_is_refused_with_the_form(target, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    error = error_of(target)
    assert isinstance(error, UsageError)
    assert "module:flow" in error.hint


def test_a_package_is_looked_into(write, tmp_path):
    package = f"pack_{os.getpid()}_{next(NUMBERS)}"
    Path(tmp_path, package).mkdir()
    Path(tmp_path, package, "__init__.py").write_text("")
    Path(tmp_path, package, "flows.py").write_text(FLOW)
    assert load_flow(f"{package}.flows:nightly").target.module == f"{package}.flows"
    assert "module not found" in error_of(f"{package}.flow:nightly").message


@pytest.mark.parametrize(
    ("package", "imported", "told"),
    [
        ("a123.sub", "from ..util import x", "say a123.sub.flow:nightly"),
        ("b123.sub", "from b123.util import x", "say b123.sub.flow:nightly"),
        ("c123", "from .util import x", "say c123.flow:nightly"),
    ],
)
def test_row_123_a_file_that_is_a_part_of_a_package_is_told_how_to_be_named(
    tmp_path, monkeypatch, package, imported, told
):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path
    for name in package.split("."):
        folder = folder / name
        folder.mkdir()
        (folder / "__init__.py").touch()
    (tmp_path / package.partition(".")[0] / "util.py").write_text("x = 1\n")
    (folder / "flow.py").write_text(f"\n{imported}\n{FLOW}")
    error = error_of(f"{package.replace('.', '/')}/flow.py:nightly")
    assert told in error.hint
    assert repr(str(tmp_path)) in error.hint
    assert error.place == (str(folder / "flow.py"), 2)
    assert load_flow(f"{package}.flow:nightly").target.attribute == "nightly"
    monkeypatch.chdir(folder)
    if imported.startswith("from ."):
        monkeypatch.delitem(sys.modules, "flow", raising=False)
        assert told in error_of("flow:nightly").hint
        monkeypatch.delitem(sys.modules, "flow", raising=False)


def test_a_relative_import_without_a_package_around_it_names_the_directory(tmp_path, monkeypatch):
    (tmp_path / "d123").mkdir()
    (tmp_path / "d123" / "flow.py").write_text("from .other import x\n")
    monkeypatch.chdir(tmp_path)
    assert "say d123.flow:f, in" in error_of("d123/flow.py:f").hint
