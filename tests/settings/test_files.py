"""Files of settings: what they say, on which line, and what is said of one that cannot be read."""

from __future__ import annotations

import os

import pytest

from sequent import Sequent
from sequent.errors import DefinitionError, SequentError, UsageError
from sequent.settings.files import read_file

TOML = """\
# what is set here
max_concurrent = 4
workdir = "scratch"
store = "runs.db"

[LOGGING]
logging_level = "debug"
level_formats = { default = "- %(message)s" }

[DATABASES]
prod = "postgresql://db/ground"
here."dialect" = "sqlite"
here.database = "here.db"
"""

YAML = """\
SEQUENT:
    max_concurrent: 4
    workdir: scratch
    LOGGING:
        logging_level: debug
        level_formats:
            default: "- %(message)s"
    DATABASES:
        prod: postgresql://db/ground
        here: {dialect: sqlite, database: here.db}
OTHER:
    x: 1
"""


def error_of(path, tag=""):
    with pytest.raises(SequentError) as caught:
        read_file(path, tag).settings()
    return caught.value


@pytest.mark.parametrize(("name", "text"), [("sequent.toml", TOML), ("other.yaml", YAML), ("other.yml", YAML)])
def test_toml_and_yaml_say_the_same_and_paths_are_seen_from_the_file(write, tmp_path, monkeypatch, name, text):
    path = write(f"conf/{name}", text)
    monkeypatch.chdir("/")
    settings = read_file(path).settings(["store"])
    assert settings.values == {
        "max_concurrent": 4,
        "workdir": str(tmp_path / "conf/scratch"),
        "logging_level": 10,
        "logging_formats": ((0, "- %(message)s"),),
    }
    assert settings.databases == {"prod": "postgresql://db/ground", "here": str(tmp_path / "conf/here.db")}


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        (
            "sequent.toml",
            TOML,
            {"max_concurrent": 2, "LOGGING": 6, "LOGGING.logging_level": 7, "LOGGING.level_formats": 8}
            | {"DATABASES.prod": 11, "DATABASES.here": 12, "nothing": 1, "LOGGING.nothing": 6},
        ),
        (
            "sequent.yaml",
            YAML,
            {"max_concurrent": 2, "LOGGING": 4, "LOGGING.logging_level": 5, "LOGGING.level_formats": 6}
            | {"DATABASES.prod": 9, "DATABASES.here": 10, "nothing": 1, "LOGGING.nothing": 4},
        ),
    ],
)
def test_each_key_has_its_line_and_what_has_none_that_of_what_it_stands_in(write, name, text, lines):
    file = read_file(write(name, text))
    assert {key: file.place(key).line for key in lines} == lines


def test_the_settings_of_a_project_stand_in_a_table_of_its_file(write):
    path = write("pyproject.toml", '[project]\nname = "x"\n\n[tool.sequent]\nmax_concurrent = 2\n')
    file = read_file(path)
    assert file.settings().values == {"max_concurrent": 2}
    assert file.place("max_concurrent") == (path, 5)


def test_settings_begin_at_the_tag_that_is_named(write):
    path = write("conf.yaml", "SEQUENT: {max_concurrent: 1}\nNIGHT: {max_concurrent: 2}\n")
    assert read_file(path, "NIGHT").settings().values == {"max_concurrent": 2}
    error = error_of(path, "NIHGT")
    assert "has no key 'NIHGT'" in error.message
    assert "did you mean 'NIGHT'" in error.hint


def test_a_tag_that_holds_no_table_is_refused_at_its_line(write):
    error = error_of(write("conf.yaml", "x: 1\nSEQUENT: 3\n"))
    assert "'SEQUENT' is 3" in error.message
    assert error.place.line == 2


@pytest.mark.parametrize("text", ["", "# nothing\n"])
@pytest.mark.parametrize("name", ["sequent.toml", "sequent.yaml"])
def test_an_empty_file_says_nothing(write, name, text):
    assert read_file(write(name, text)).settings().values == {}


@pytest.mark.parametrize(
    ("name", "text", "position", "told"),
    [
        ("sequent.toml", "max_concurrent = 4\nworkdir scratch\n", "2:9", "not TOML"),
        ("sequent.toml", "a = 1\na = 2\n", "2:6", "not TOML"),
        ("sequent.toml", "[LOGGING", "1:1", "not TOML"),
        ("sequent.yaml", "max_concurrent: 4\nworkdir: [\n", "3:1", "not YAML"),
        ("sequent.yaml", "a: !!python/object:os.system x\n", "1:4", "not YAML"),
        ("sequent.yaml", "a: \x07\n", "1:1", "not YAML"),
    ],
)
def test_what_is_not_what_its_name_says_is_refused_at_its_line_and_column(write, name, text, position, told):
    path = write(name, text)
    error = error_of(path)
    assert f"{path}:{position}: " in error.message
    assert told in error.message
    assert error.place == (path, int(position.split(":")[0]))
    assert error.hint


def test_a_file_in_another_encoding_is_refused_at_the_byte(tmp_path):
    path = tmp_path / "sequent.toml"
    path.write_bytes(b'a = 1\nworkdir = "\xe9t\xe9"\n')
    error = error_of(str(path))
    assert f"{path}:2:12: byte 0xe9 is not UTF-8" in error.message


@pytest.mark.parametrize("name", ["missing.toml", "directory"])
def test_a_file_that_cannot_be_read_is_refused_by_its_path_with_the_systems_reason(tmp_path, name):
    (tmp_path / "directory").mkdir()
    error = error_of(str(tmp_path / name))
    assert isinstance(error, UsageError)
    assert str(tmp_path / name) in error.message
    assert os.strerror(2 if name == "missing.toml" else 21) in error.message
    assert error.hint


def test_a_file_without_the_right_to_read_it_is_refused(write, monkeypatch):
    path = write("sequent.toml", "")

    def refuse(*_):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("builtins.open", refuse)
    assert "Permission denied" in error_of(path).message


def test_a_list_is_no_file_of_settings(write):
    assert "['a']" in error_of(write("sequent.yaml", "- a\n")).message


def test_a_key_that_is_written_twice_is_refused_in_yaml_too(write):
    error = error_of(write("sequent.yaml", "a:\n  x: 1\n  x: 2\n"))
    assert (error.message, error.place.line) == ("'x' is given twice", 3)


def test_what_holds_itself_in_yaml_does_no_harm(write):
    assert "no key 'a'" in error_of(write("sequent.yaml", "a: &a\n  a: *a\n")).message


@pytest.mark.parametrize(
    ("name", "text", "line", "told", "hint"),
    [
        ("sequent.toml", "workdir = 'w'\nmax_concurent = 4\n", 2, "'max_concurent'", "did you mean 'max_concurrent'"),
        ("sequent.toml", "\n[LOGGING]\nloging_level = 1\n", 3, "'loging_level'", "did you mean 'logging_level'"),
        ("sequent.toml", "\n[logging]\nlogging_level = 1\n", 2, "'logging'", "did you mean 'LOGGING'"),
        ("sequent.toml", "\n[max_concurrent]\nx = 1\n", 2, "{'x': 1}", "whole number"),
        ("sequent.toml", "LOGGING = 3\n", 1, "is 3", "table of a file"),
        ("sequent.yaml", "a: &b 1\nmax_concurrent: many\n", 1, "'a'", "there are:"),
        ("sequent.yaml", "\nmax_concurrent: many\n", 2, "'many'", "whole number"),
        ("sequent.yaml", "\nDATABASES:\n  x:\n    dialct: sqlite\n", 3, "'dialct'", "did you mean 'dialect'"),
    ],
)
def test_a_mistake_is_told_at_its_line_of_the_file_with_what_is_close(write, name, text, line, told, hint):
    path = write(name, text)
    error = error_of(path)
    assert isinstance(error, DefinitionError)
    assert told in error.message
    assert name in error.message
    assert error.place == (path, line)
    assert hint in error.hint


def test_a_flow_may_be_given_a_file_with_a_tag(write, tmp_path):
    path = write("conf/original.yaml", "NIGHT:\n  max_concurrent: 2\n  DATABASES: {here: runs.db}\n")
    flow = Sequent("nightly", config=path, config_tag="NIGHT", store="here")
    assert flow.config.max_concurrent == 2
    assert flow.store == str(tmp_path / "conf/runs.db")
    assert flow.settings.places["max_concurrent"] == (path, 2)


@pytest.mark.parametrize(
    "text", ["[tool]\nsequent = 'x'\n", "[tool]\nsequent = [1]\n", "[project]\n[tool]\nsequent = 3\n"]
)
def test_row_126_a_projects_table_that_is_none_is_refused_at_its_line(write, text):
    path = write("pyproject.toml", text)
    error = error_of(path)
    assert "'tool.sequent' is " in error.message
    assert error.place == (path, text.count("\n"))
    assert "[tool.sequent]" in error.hint
