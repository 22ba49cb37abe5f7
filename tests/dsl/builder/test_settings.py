"""A flow's settings by the original's keywords: what each says, and where a mistake in one stands."""

import logging
from pathlib import Path

import pytest

from sequent import Sequent, container, step
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import DefinitionError, Place
from sequent.model.hosts import HostSettings
from sequent.model.spec import FlowConfig
from sequent.model.status import Construct
from sequent.settings.keywords import read_settings


def test_every_keyword_of_the_original_is_read():
    flow = Sequent(
        config={
            "workdir": "/srv/work",
            "logdir": Path("/srv/log"),
            "task_construct": "thread",
            "max_concurrent": 0,
            "stop_on_exception": False,
            "sleep_between_loops": 0.05,
            "envvar_prefix": "EVENTOR_",
            "LOGGING": {
                "logging_level": "warning",
                "datefmt": "%H:%M",
                "level_formats": {10: "[ %(message)s ]", "info": "%(message)s", "default": "- %(message)s"},
                "consolidate": False,
                "maxBytes": 0,
            },
            "DATABASES": {"here": {"dialect": "sqlite", "database": "/srv/run.db"}},
        },
        store="here",
    )
    flow.add_step("a")
    assert flow.store == "/srv/run.db"
    assert definition_of(flow).spec.config == FlowConfig(
        workdir="/srv/work",
        logdir="/srv/log",
        task_construct=Construct.THREAD,
        max_concurrent=0,
        stop_on_exception=False,
        sleep_between_loops=0.05,
        envvar_prefix="EVENTOR_",
        logging_level=logging.WARNING,
        logging_datefmt="%H:%M",
        logging_formats=((0, "- %(message)s"), (10, "[ %(message)s ]"), (20, "%(message)s")),
        logging_console=True,
    )


def test_the_directory_for_logs_may_stand_among_the_settings_of_logging():
    flow = Sequent(config={"LOGGING": {"logdir": "/srv/log"}, "task_construct": None, "max_concurrent": None})
    assert flow.config == FlowConfig(logdir="/srv/log", logging_console=True)


@pytest.mark.parametrize("nothing", [None, {}])
def test_without_settings_the_defaults_hold(nothing):
    assert Sequent(config=nothing).config == FlowConfig()


def test_a_mapping_says_only_what_stands_in_it_so_that_others_can_be_laid_over_it():
    table = {"max_concurrent": 3, "LOGGING": {"logging_level": 10}}
    settings = read_settings(table, "sequent.toml", lambda _: Place("sequent.toml", 1))
    assert settings.values == {"max_concurrent": 3, "logging_level": 10}


def test_the_settings_may_begin_at_a_key():
    flow = Sequent(config={"SEQUENT": {"max_concurrent": 3}, "OTHER": {"x": 1}}, config_tag="SEQUENT")
    assert flow.config.max_concurrent == 3


@pytest.mark.parametrize(
    ("entry", "location"),
    [
        ("run.db", "run.db"),
        ({"dialect": "sqlite", "database": "/srv/run.db"}, "/srv/run.db"),
        ({"dialect": "sqlite", "query": {"cache": "shared"}}, ":memory:"),
        (
            {"dialect": "postgresql", "drivername": "psycopg2", "username": "me", "password": "p@ss/w", "host": "db"}
            | {"port": 5433, "database": "ground", "schema": "play"},
            "postgresql+psycopg2://me:p%40ss%2Fw@db:5433/ground?schema=play",
        ),
        ({"dialect": "postgresql", "host": "db", "database": "ground"}, "postgresql://db/ground"),
        (
            {"dialect": "postgresql", "host": "db", "username": "me", "query": {"sslmode": "require"}},
            "postgresql://me@db?sslmode=require",
        ),
    ],
)
def test_a_store_may_be_named_in_databases(entry, location):
    assert Sequent(config={"DATABASES": {"name": entry}}, store="name").store == location
    assert Sequent(config={"DATABASES": {"name": entry}}, store="other.db").store == "other.db"


@pytest.mark.parametrize(
    ("config", "texts"),
    [
        ({"sleep_between_lops": 1}, ["config has no key 'sleep_between_lops'", "did you mean 'sleep_between_loops'"]),
        ({"retries": 1}, ["config has no key 'retries'", "there are: DATABASES, HOSTS, LOGGING"]),
        ({3: 1}, ["config has no key 3"]),
        ({"HOSTS": ["etl1"]}, ["config['HOSTS'] is a list", "give a table of hosts by name"]),
        ({"HOSTS": {"a b": "etl1"}}, ["config['HOSTS'] has 'a b', which is not the name of a host"]),
        ({"HOSTS": {"etl1": 3}}, ["config['HOSTS']['etl1'] is an int", "give an address, or a table"]),
        (
            {"HOSTS": {"etl1": {"pyhton": "x"}}},
            ["config['HOSTS']['etl1'] has no key 'pyhton'", "did you mean 'python'"],
        ),
        ({"HOSTS": {"etl1": {"address": []}}}, ["config['HOSTS']['etl1']['address'] is empty"]),
        ({"HOSTS": {"etl1": {"address": ["a", "h:1"]}}}, ["has 'h:1', which is not the name of a host"]),
        ({"HOSTS": {"etl1": {"python": ""}}}, ["config['HOSTS']['etl1']['python'] is ''"]),
        ({"HOSTS": {"etl1": {"env": {"A=B": "x"}}}}, ["has the variable 'A=B'"]),
        ({"HOSTS": {"etl1": {"env": {"A": 1}}}}, ["config['HOSTS']['etl1']['env']['A'] is an int"]),
        ({"HOSTS": {"etl1": {"connect": "telnet"}}}, ["'telnet'", "'ssh', 'paramiko', or the words of a command"]),
        ({"HOSTS": {"etl1": {"connect": []}}}, ["config['HOSTS']['etl1']['connect'] is []"]),
        ({"HOSTS": {"etl1": {"ship": 1}}}, ["config['HOSTS']['etl1']['ship'] is 1", "True or False"]),
        ({"ssh_config": 3}, ["config['ssh_config'] is 3"]),
        ([], ["config is []", "give a dict"]),
        ({"workdir": 3}, ["config['workdir'] is 3", "path of a directory"]),
        ({"logdir": ""}, ["config['logdir'] is ''"]),
        ({"workdir": "a\0b"}, ["config['workdir']"]),
        ({"task_construct": "fork"}, ["config['task_construct']", "'process', 'thread', 'invoke'"]),
        ({"max_concurrent": "3"}, ["config['max_concurrent']", "'3'", "whole number"]),
        ({"max_concurrent": True}, ["config['max_concurrent']", "True"]),
        ({"stop_on_exception": 1}, ["config['stop_on_exception']", "True or False"]),
        ({"sleep_between_loops": -1}, ["config['sleep_between_loops'] is -1", "number of seconds"]),
        ({"sleep_between_loops": float("nan")}, ["nan"]),
        ({"sleep_between_loops": 10**400}, ["1000"]),
        ({"sleep_between_loops": True}, ["True"]),
        ({"envvar_prefix": "1X"}, ["config['envvar_prefix'] is '1X'", "SEQUENT_"]),
        ({"envvar_prefix": "A=B"}, ["'A=B'"]),
        ({"LOGGING": 3}, ["config['LOGGING'] is 3"]),
        ({"LOGGING": {"level": 3}}, ["config['LOGGING'] has no key 'level'", "logging_level"]),
        ({"LOGGING": {"logging_level": "loud"}}, ["['logging_level'] is 'loud'", "the levels are DEBUG"]),
        ({"LOGGING": {"logging_level": True}}, ["['logging_level'] is True"]),
        ({"LOGGING": {"datefmt": 3}}, ["['datefmt'] has 3"]),
        ({"LOGGING": {"level_formats": {"loud": "x"}}}, ["'loud'", "the levels are DEBUG"]),
        ({"LOGGING": {"level_formats": {"default": 3}}}, ["has 3"]),
        ({"LOGGING": {"level_formats": {"default": "plain"}}}, ["'plain', which is not a format", "%(message)s"]),
        ({"LOGGING": {"level_formats": {"default": "%(mesage)s"}}}, ["'%(mesage)s', which is not a format"]),
        ({"DATABASES": 3}, ["config['DATABASES'] is an int"]),
        ({"DATABASES": {"x": 3}}, ["config['DATABASES']['x'] is an int", "a path, a URL"]),
        ({"DATABASES": {"x": {"dialct": "sqlite"}}}, ["no key 'dialct'", "did you mean 'dialect'"]),
        ({"DATABASES": {"x": {"host": "db"}}}, ["has no dialect"]),
        ({"DATABASES": {"x": {"dialect": "sqlite", "query": "x"}}}, ["['query'] is a str"]),
        ({"DATABASES": {"x": {"dialect": ["sqlite"]}}}, ["['dialect'] is a list"]),
    ],
)
def test_a_setting_that_cannot_be_is_refused_at_its_line(config, texts, blamed):
    def write():
        Sequent(
            "flow",
            config=config,  # wrong
        )

    assert blamed(write, *texts).code in ("config", "option")


def test_a_mistake_in_a_database_never_shows_its_password():
    entry = {"password": "s3cret"}
    for wrong in (
        {"x": {**entry, "port": None}},
        {"x": {**entry, "dialcet": "x"}},
        {"x": entry},
        {"x": [entry]},
        [entry],
    ):
        with pytest.raises(DefinitionError) as caught:
            Sequent(config={"DATABASES": wrong})
        assert "s3cret" not in str(caught.value)


def test_a_key_that_is_not_there_to_begin_at_is_told_with_the_nearest(blamed):
    def write():
        Sequent(config={"SEQUENT": {}, "OTHER": {}}, config_tag="SEQUENTS")  # wrong

    blamed(write, "config has no key 'SEQUENTS'", "did you mean 'SEQUENT'")


def test_a_mistake_below_a_key_is_told_with_it(blamed):
    def write():
        Sequent(config={"SEQUENT": {"x": 1}}, config_tag="SEQUENT")  # wrong

    blamed(write, "config['SEQUENT'] has no key 'x'")


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"max_concurrent": "3"}, "max_concurrent"),
        ({"nonsense": 1}, "nonsense"),
        ({"LOGGING": {"logging_level": "loud"}}, "LOGGING.logging_level"),
        ({"LOGGING": 3}, "LOGGING"),
        ({"DATABASES": {"x": 3}}, "DATABASES.x"),
        (3, ""),
    ],
)
def test_a_file_s_table_is_read_with_the_line_of_each_key(table, key):
    lines = {"": 1, key: 7}
    with pytest.raises(DefinitionError) as caught:
        read_settings(table, "sequent.toml", lambda asked: Place("sequent.toml", lines.get(asked, 1)))
    assert caught.value.place == Place("sequent.toml", lines[key])
    assert "sequent.toml" in caught.value.message


@pytest.mark.parametrize(
    ("config", "texts"),
    [
        ({"retries": 1}, ["config of a step has no key 'retries'", "max_concurrent, stop_on_exception"]),
        ({"stop_on_exeption": True}, ["did you mean 'stop_on_exception'"]),
        (3, ["config is 3"]),
        ({"task_construct": "fork"}, ["'task_construct' is 'fork'"]),
        ({"stop_on_exception": True}, ["'stop_on_exception' is given twice", "in config, or as an option"]),
    ],
)
def test_a_setting_that_a_step_cannot_have_is_refused_at_its_line(config, texts, blamed):
    def write():
        flow = Sequent()
        flow.add_step("a", print, config=config, stop_on_exception=False)  # wrong

    blamed(write, *texts)


def test_a_key_in_the_other_case_finds_its_neighbour():
    with pytest.raises(DefinitionError) as caught:
        Sequent(config={"logging": {}})
    assert "did you mean 'LOGGING'" in caught.value.hint


def test_what_a_flow_says_itself_is_told_from_what_it_leaves_to_others():
    flow = Sequent("flow", config={"max_concurrent": 3, "LOGGING": {"datefmt": "%H"}})
    flow.add_step("a")
    assert set(definition_of(flow).spec.config_places) == {
        "max_concurrent",
        "logging_datefmt",
        "logging_console",
    }

    @container(stop_on_exception=False)
    class nightly:
        @step
        def a(self): ...

    assert set(definition_of(nightly).spec.config_places) == {"stop_on_exception"}
    assert definition_of(nightly).spec.config_places["stop_on_exception"].file == __file__
    assert definition_of(nightly).spec.root.stop_on_exception is None


def test_hosts_are_described_by_an_address_or_a_table():
    table = {"address": ["login1", "login2"], "python": "/opt/py/bin/python3", "cwd": "/srv", "env": {"LANG": "C"}}
    table |= {"command": "bin/agent", "max_concurrent": 4, "ship": True, "connect": ["docker", "exec", "-i", "c"]}
    config = Sequent(config={"HOSTS": {"main": "192.168.1.71", "login": table}, "ssh_config": "/etc/ssh/other"}).config
    assert config.host("main") == HostSettings(name="main", address=("192.168.1.71",), ssh_config="/etc/ssh/other")
    assert config.host("login") == HostSettings(
        name="login",
        address=("login1", "login2"),
        python="/opt/py/bin/python3",
        command="bin/agent",
        cwd="/srv",
        env={"LANG": "C"},
        max_concurrent=4,
        ship=True,
        connect=("docker", "exec", "-i", "c"),
        ssh_config="/etc/ssh/other",
    )
    assert config.host("edge1") == HostSettings(name="edge1", address=("edge1",), ssh_config="/etc/ssh/other")
