"""The layers, over each other: command line, environment, the flow itself, file, default."""

from __future__ import annotations

import os

import pytest

from sequent import Sequent, container, step
from sequent.compiler import compile_flow
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import SequentError, UsageError
from sequent.model.spec import FlowConfig
from sequent.model.status import Construct
from sequent.model.variables import CONTINUE_RUN, RECOVER_ASKED, RECOVER_RUN, RUN_DIRECTORY
from sequent.runtime.context import Context
from sequent.runtime.worker.environment import variables_of
from sequent.settings.configuration import configuration


def flow_that_says(config):
    flow = Sequent("nightly", config=config)
    flow.add_step("a")
    return definition_of(flow)


def settings_of(settings, definition):
    return settings.applied_to(definition).spec.config


def origins(settings, spec=None):
    return {entry.key: (entry.value, str(entry.origin)) for entry in settings.entries(spec)}


def test_without_anything_set_the_defaults_hold():
    settings = configuration()
    assert settings_of(settings, flow_that_says({})) == FlowConfig()
    assert (settings.store, settings.flow, settings.path) == (None, None, "")
    assert {origin for _, origin in origins(settings).values()} == {"default"}


# Each layer says less than the one below it, so that each of them decides once.
LAYERS = [
    ("default", None),
    ("file", {"max_concurrent": 2}),
    ("flow", {"max_concurrent": 3}),
    ("environment", {"max_concurrent": 4}),
    ("command line", {"max_concurrent": 5}),
]


@pytest.mark.parametrize("highest", range(5))
@pytest.mark.parametrize("lowest", range(5))
def test_the_highest_layer_that_says_something_decides(write, monkeypatch, lowest, highest):
    said = {name: values for name, values in LAYERS[lowest : highest + 1] if values}
    if "file" in said:
        write("sequent.toml", "max_concurrent = 2\n")
    if "environment" in said:
        monkeypatch.setenv("SEQUENT_MAX_CONCURRENT", "4")
    settings = configuration(said.get("command line"))
    definition = flow_that_says(said.get("flow", {}))
    expected = said[max(said, key=[name for name, _ in LAYERS].index)]["max_concurrent"] if said else None
    assert settings_of(settings, definition).max_concurrent == expected
    entry = next(entry for entry in settings.entries(definition.spec) if entry.key == "max_concurrent")
    highest_said = LAYERS[highest][0] if lowest <= highest and said else "default"
    assert (entry.value, entry.origin.layer) == (expected, highest_said)


def test_a_value_tells_its_line_its_variable_or_its_option(write, monkeypatch):
    path = write(
        "sequent.toml", "\nworkdir = 'w'\nflow = 'm:f'\n[DATABASES]\nprod = 'p.db'\n[LOGGING]\ndatefmt = '%H'\n"
    )
    monkeypatch.setenv("SEQUENT_LOGGING__LOGGING_LEVEL", "debug")
    monkeypatch.setenv("SEQUENT_STORE", "prod")
    monkeypatch.setenv("SEQUENT_DATABASES__TEST", "t.db")
    definition = flow_that_says({"sleep_between_loops": 2})
    place = definition.spec.config_places["sleep_between_loops"]
    shown = origins(configuration({"max_concurrent": 5}), definition.spec)
    directory = os.path.dirname(path)
    assert {key: value for key, value in shown.items() if value[1] != "default"} == {
        "workdir": (f"{directory}/w", f"{path}:2"),
        "flow": ("m:f", f"{path}:3"),
        "DATABASES.prod": (f"{directory}/p.db", f"{path}:5"),
        "LOGGING.datefmt": ("%H", f"{path}:7"),
        "LOGGING.logging_level": (10, "SEQUENT_LOGGING__LOGGING_LEVEL"),
        "store": ("prod", "SEQUENT_STORE"),
        "DATABASES.test": ("t.db", "SEQUENT_DATABASES__TEST"),
        "sleep_between_loops": (2.0, str(place)),
        "max_concurrent": (5, "--max-concurrent"),
    }


def test_hosts_of_the_file_are_known_to_a_flow_that_names_others(write):
    path = write(
        "sequent.toml",
        "[hosts.etl1]\naddress = '10.0.0.1'\n[hosts.etl2]\naddress = 'b'\nship = true\n[hosts]\netl3 = 'c'\n",
    )
    definition = flow_that_says({"HOSTS": {"etl1": "10.0.0.9"}})
    config = settings_of(configuration(), definition)
    assert [config.host(name).address for name in ("etl1", "etl2", "etl3", "etl4")] == [
        ("10.0.0.9",),
        ("b",),
        ("c",),
        ("etl4",),
    ]
    shown = origins(configuration(), definition.spec)
    assert shown["HOSTS.etl1"] == ("10.0.0.9", str(definition.spec.config_places["hosts"]))
    assert shown["HOSTS.etl2"] == ("b, ship yes", f"{path}:3")


def test_a_variable_names_no_host(monkeypatch):
    monkeypatch.setenv("SEQUENT_HOSTS__ETL1", "10.0.0.1")
    with pytest.raises(SequentError, match="'SEQUENT_HOSTS__ETL1' is not a setting"):
        configuration()


def test_a_store_may_be_a_name_in_databases_of_any_layer(write, monkeypatch, tmp_path):
    write("sequent.toml", "store = 'prod'\n[DATABASES]\nprod = 'p.db'\n")
    assert configuration().store == str(tmp_path / "p.db")
    monkeypatch.setenv("SEQUENT_DATABASES__PROD", "/srv/other.db")
    assert configuration().store == "/srv/other.db"
    assert configuration({"store": "mine.db"}).store == "mine.db"
    assert configuration().location("prod") == "/srv/other.db"


def test_what_a_container_says_in_its_decorator_stands_over_the_file_and_under_the_environment(write, monkeypatch):
    @container(stop_on_exception=False, task_construct="thread")
    class nightly:
        @step
        def a(self): ...

    write("sequent.toml", "stop_on_exception = true\ntask_construct = 'invoke'\nmax_concurrent = 7\n")
    definition = definition_of(nightly)
    config = settings_of(configuration(), definition)
    assert (config.stop_on_exception, config.task_construct, config.max_concurrent) == (False, Construct.THREAD, 7)
    monkeypatch.setenv("SEQUENT_STOP_ON_EXCEPTION", "yes")
    monkeypatch.setenv("SEQUENT_TASK_CONSTRUCT", "process")
    applied = configuration().applied_to(definition)
    assert applied.spec.config.stop_on_exception is True
    assert applied.spec.config.task_construct is Construct.PROCESS
    assert compile_flow(applied.spec).nodes[1].stops is True
    assert applied.flow is nightly


def test_a_target_in_a_file_is_seen_from_it_if_it_is_a_path(write, tmp_path, monkeypatch):
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    write("sequent.toml", "flow = 'flows/nightly.py:flow'\n")
    assert configuration().flow == str(tmp_path / "flows/nightly.py:flow")
    write("sequent.toml", "flow = 'flows.nightly:flow'\n")
    assert configuration().flow == "flows.nightly:flow"


def test_a_file_is_named_by_an_option_then_by_a_variable(write, monkeypatch):
    write("sequent.toml", "max_concurrent = 1\n")
    monkeypatch.setenv("SEQUENT_CONFIG", write("conf/two.toml", "max_concurrent = 2\n"))
    assert origins(configuration())["max_concurrent"][0] == 2
    path = write("conf/three.yaml", "A: {max_concurrent: 3}\nB: {max_concurrent: 4}\n")
    monkeypatch.setenv("SEQUENT_CONFIG_TAG", "A")
    assert origins(configuration(file=path))["max_concurrent"][0] == 3
    assert origins(configuration(file=path, tag="B"))["max_concurrent"][0] == 4


@pytest.mark.parametrize(("key", "value"), [("store", "3"), ("flow", "['m:f']"), ("store", "''")])
def test_a_store_or_target_that_is_no_text_is_refused_at_its_line(write, key, value):
    path = write("sequent.toml", f"\n{key} = {value}\n")
    with pytest.raises(SequentError) as caught:
        configuration()
    assert repr(key) in caught.value.message
    assert caught.value.place == (path, 2)


# -- the environment


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("MAX_CONCURRENT", "0", "max_concurrent", 0),
        ("STOP_ON_EXCEPTION", "False", "stop_on_exception", False),
        ("STOP_ON_EXCEPTION", "on", "stop_on_exception", True),
        ("SLEEP_BETWEEN_LOOPS", "0.5", "sleep_between_loops", 0.5),
        ("TASK_CONSTRUCT", "thread", "task_construct", Construct.THREAD),
        ("WORKDIR", "/srv/w", "workdir", "/srv/w"),
        ("LOGDIR", "/srv/l", "logdir", "/srv/l"),
        ("LOGGING__LOGDIR", "/srv/l", "logdir", "/srv/l"),
        ("ENVVAR_PREFIX", "ACME_", "envvar_prefix", "ACME_"),
        ("LOGGING__LOGGING_LEVEL", "Warning", "logging_level", 30),
        ("LOGGING__DATEFMT", "%H:%M", "logging_datefmt", "%H:%M"),
        ("LOGGING__LEVEL_FORMATS__DEBUG", "! %(message)s", "logging_formats", ((10, "! %(message)s"),)),
    ],
)
def test_every_setting_has_a_variable_the_nested_ones_too(monkeypatch, variable, text, name, value):
    monkeypatch.setenv(f"SEQUENT_{variable}", text)
    assert getattr(settings_of(configuration(), flow_that_says({})), name) == value
    said = [str(entry.origin) for entry in configuration().entries() if str(entry.origin) != "default"]
    assert said == [f"SEQUENT_{variable}".removesuffix("__DEBUG")]


def test_variables_of_one_table_are_laid_together(monkeypatch):
    monkeypatch.setenv("SEQUENT_LOGGING__LEVEL_FORMATS__DEFAULT", "- %(message)s")
    monkeypatch.setenv("SEQUENT_LOGGING__LEVEL_FORMATS__ERROR", "! %(message)s")
    monkeypatch.setenv("SEQUENT_LOGGING__LOGGING_LEVEL", "10")
    config = settings_of(configuration(), flow_that_says({}))
    assert config.logging_formats == ((0, "- %(message)s"), (40, "! %(message)s"))
    assert config.logging_level == 10


@pytest.mark.parametrize(
    ("variable", "text", "hint"),
    [
        ("SEQUENT_MAX_CONCURENT", "3", "did you mean 'SEQUENT_MAX_CONCURRENT'"),
        ("SEQUENT_LOGGING", "debug", "SEQUENT_LOGGING__LOGGING_LEVEL"),
        ("SEQUENT_WORKDIR__X", "debug", "did you mean 'SEQUENT_WORKDIR'"),
        ("SEQUENT_STOER", "x.db", "did you mean 'SEQUENT_STORE'"),
        ("SEQUENT_LOGGING__LOGGING_LEVL", "debug", "did you mean 'logging_level'"),
        ("SEQUENT_MAX_CONCURRENT", "many", "whole number"),
        ("SEQUENT_STOP_ON_EXCEPTION", "perhaps", "True or False"),
        ("SEQUENT_SLEEP_BETWEEN_LOOPS", "-1", "number of seconds"),
        ("SEQUENT_TASK_CONSTRUCT", "fork", "'process', 'thread', 'invoke'"),
        ("SEQUENT_LOGGING__LOGGING_LEVEL", "loud", "DEBUG, INFO"),
        ("SEQUENT_LOGGING__LEVEL_FORMATS__DEBUG", "plain", "%(message)s"),
        ("SEQUENT_ENVVAR_PREFIX", "1X", "SEQUENT_"),
    ],
)
def test_a_variable_that_means_nothing_or_has_a_wrong_value_is_refused_by_its_name(monkeypatch, variable, text, hint):
    monkeypatch.setenv(variable, text)
    with pytest.raises(UsageError) as caught:
        configuration()
    assert repr(variable) in caught.value.message
    assert hint in caught.value.hint


def test_an_empty_variable_says_nothing(monkeypatch):
    monkeypatch.setenv("SEQUENT_MAX_CONCURRENT", "")
    monkeypatch.setenv("SEQUENT_STORE", "")
    assert (configuration().store, origins(configuration())["max_concurrent"][0]) == (None, None)


def test_what_a_step_finds_in_its_environment_is_no_setting(monkeypatch):
    context = Context(
        path="a", name="a", sequence="1", item=1, run_id="r1", recovery=0, attempt=1, token="t", directory="/"
    )
    others = ("SEQUENT_SECRET_PASSWORD", RUN_DIRECTORY, RECOVER_RUN, CONTINUE_RUN, RECOVER_ASKED)
    for name, value in {**variables_of(context, "1", "SEQUENT_"), **dict.fromkeys(others, "x")}.items():
        monkeypatch.setenv(name, value)
    assert {origin for _, origin in origins(configuration()).values()} == {"default"}
