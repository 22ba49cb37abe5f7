"""The original's configuration, in each way in which its programs give it: as it stands, for the same effect."""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading

import pytest

from sequent import Sequent
from sequent.dsl.options.hosts import is_here
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import SequentError
from sequent.model.status import Construct
from sequent.settings.configuration import configuration
from tests.golden.ledger import runs, script, works

KEYS = {
    "workdir": "~/work",
    "logdir": "${PLACE}/log",
    "task_construct": "process",
    "max_concurrent": 2,
    "stop_on_exception": True,
    "sleep_between_loops": 0.05,
    "envvar_prefix": "SEQUENT_",
    "debug": False,
    "shared_db": False,
    "ssh_host": "here",
    "ssh_port": 22,
    "remote_method": "ssh",
    "day_to_keep_db": 5,
    "pass_logger_to_task": False,
    "sequence_arg_name": None,
    "ssh_config": "~/.ssh/config",
    "HOSTS": {"main": "192.168.1.71"},
    "LOGGING": {
        "logging_level": 20,
        "datefmt": "%Y-%m-%d,%H:%M:%S.%f",
        "level_formats": {10: "%(host)s %(message)s", "default": "[ %(host)s ][ %(message)s ]"},
        "consolidate": False,
        "console": True,
        "file_mode": "a",
        "maxBytes": 0,
        "when": "h",
    },
    "DATABASES": {
        "default": {"dialect": "sqlite", "database": "$PLACE/runs.db", "cache": "shared"},
        "other": {"dialect": "sqlite", "file": "~/other.db"},
    },
}
"""Every key that the last release knew, with what it knew of each."""
YAML = """\
workdir: ~/work
logdir: ${PLACE}/log
max_concurrent: 2
shared_db: False
LOGGING: {level_formats: {10: "%(host)s %(message)s", default: "[ %(host)s ][ %(message)s ]"}}
DATABASES:
  default: {dialect: sqlite, database: $PLACE/runs.db, cache: shared}
  other: {dialect: sqlite, file: ~/other.db}
"""
TOML = """\
workdir = "~/work"
logdir = "${PLACE}/log"
max_concurrent = 2
shared_db = false
LOGGING.level_formats = {"10" = "%(host)s %(message)s", default = "[ %(host)s ][ %(message)s ]"}
DATABASES.default = {dialect = "sqlite", database = "$PLACE/runs.db", cache = "shared"}
DATABASES.other = {dialect = "sqlite", file = "~/other.db"}
"""


@pytest.fixture
def place(home, monkeypatch):
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PLACE", str(home / "place"))
    monkeypatch.delenv("SEQUENT_STORE")
    return home


def indented(text, *tags):
    head = "".join(f"{'  ' * depth}{tag}:\n" for depth, tag in enumerate(tags))
    return head + "".join(f"{'  ' * len(tags)}{line}\n" for line in text.splitlines())


WAYS = {
    "a dict": lambda home: {"config": KEYS},
    "a dict under a tag": lambda home: {"config": {"SEQUENT": KEYS}, "config_tag": "SEQUENT"},
    "a dict under a dotted tag": lambda home: {"config": {"a": {"B": KEYS}}, "config_tag": "a.B"},
    "a tag in small letters": lambda home: {"config": {"night": KEYS}, "config_tag": "NIGHT"},
    "a text": lambda home: {"config": YAML},
    "a text under a dotted tag": lambda home: {"config": indented(YAML, "A", "SEQUENT"), "config_tag": "A.SEQUENT"},
    "a file of any name": lambda home: {"config": written(home / "runly.conf", YAML)},
    "a file without a suffix": lambda home: {"config": written(home / "settings", indented(YAML, "SEQUENT"))},
    "a file that is a path": lambda home: {"config": home / os.path.basename(written(home / "x.yaml", YAML))},
    "a file under a dotted tag": lambda home: {
        "config": written(home / "runly.conf", indented(YAML, "PROD", "SEQUENT")),
        "config_tag": "PROD.SEQUENT",
    },
    "a file at home": lambda home: {"config": "~/" + os.path.basename(written(home / "runly.conf", YAML))},
    "a file by a variable": lambda home: {"config": "${HOME}/" + os.path.basename(written(home / "c", YAML))},
    "TOML by its suffix": lambda home: {"config": written(home / "settings.toml", TOML)},
}


def written(path, text):
    path.write_text(text)
    return path.name


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_configuration_says_the_same_in_whichever_way_it_comes(place, way):
    flow = Sequent("flow", **way(place))
    flow.add_step("a", func=works)
    config = flow.config
    assert (config.workdir, config.logdir) == (f"{place}/work", f"{place}/place/log")
    assert (config.max_concurrent, config.logging_console) == (2, True)
    assert config.logging_formats == ((0, "[ %(host)s ][ %(message)s ]"), (10, "%(host)s %(message)s"))
    assert (flow.store, flow.default_store) == ("", f"{place}/place/runs.db")
    assert flow.settings.databases["other"] == f"{place}/other.db"
    told = " ".join(definition_of(flow).spec.warnings)
    assert "shared_db" in told
    assert "DATABASES.default.cache" in told


def test_each_key_without_a_meaning_is_told(place):
    flow = Sequent("flow", config=KEYS)
    flow.add_step("a", func=works)
    (first,) = definition_of(flow).spec.warnings
    names = ["DATABASES.default.cache", "LOGGING.consolidate", "LOGGING.file_mode", "LOGGING.maxBytes", "LOGGING.when"]
    names += ["day_to_keep_db", "debug", "pass_logger_to_task", "remote_method", "sequence_arg_name", "shared_db"]
    names += ["ssh_host", "ssh_port"]
    assert ", ".join(names) in first
    assert __file__ in first


def test_a_file_that_commands_find_may_have_them_too_and_config_lists_them(place, monkeypatch):
    (place / "sequent.yaml").write_text(YAML)
    settings = configuration()
    assert settings.store == f"{place}/place/runs.db"
    listed = {entry.key: (entry.value, str(entry.origin)) for entry in settings.entries()}
    assert listed["shared_db"] == ("(without effect)", f"{place}/sequent.yaml:4")
    assert listed["workdir"][0] == f"{place}/work"
    flow = Sequent("flow")
    flow.add_step("a", func=works)
    assert "shared_db" in settings.applied_to(definition_of(flow)).spec.warnings[0]


@pytest.mark.parametrize(
    ("variable", "key", "expected"),
    [
        ("WORKDIR", "workdir", "work"),
        ("LOGDIR", "logdir", "work"),
        ("LOGGING__LOGDIR", "logdir", "work"),
        ("STORE", "store", "work"),
        ("DATABASES__DEFAULT", "store", "work"),
    ],
)
@pytest.mark.parametrize("path", ["~/work", "$HOME/work", "${HOME}/work"])
def test_paths_in_the_environment_are_filled_in_as_well(place, monkeypatch, variable, key, expected, path):
    monkeypatch.setenv(f"SEQUENT_{variable}", path)
    settings = configuration()
    flow = Sequent("flow")
    flow.add_step("a", func=works)
    found = settings.store if key == "store" else getattr(settings.applied_to(definition_of(flow)).spec.config, key)
    assert found == f"{place}/{expected}"


@pytest.mark.parametrize("path", ["~/my.db", "$PLACE/my.db", "${PLACE}/my.db"])
def test_a_store_that_is_given_is_filled_in_as_well(place, path):
    expected = os.path.expanduser(os.path.expandvars(path))
    assert Sequent("flow", store=path).store == expected
    assert configuration({"store": path}).store == expected


@pytest.mark.parametrize(
    "make",
    [
        lambda: Sequent("flow", store="$NOWHERE/my.db"),
        lambda: Sequent("flow", config={"workdir": "${NOWHERE}/x"}),
        lambda: Sequent("flow", config="workdir: ${NOWHERE}/x"),
        lambda: Sequent("flow", config={"DATABASES": {"a": {"dialect": "sqlite", "database": "$NOWHERE"}}}),
        lambda: Sequent("flow", config="$NOWHERE/x.conf"),
        lambda: configuration({"store": "$NOWHERE/my.db"}).store,
    ],
)
def test_a_variable_in_a_path_that_is_not_set_is_named(place, make):
    with pytest.raises(SequentError) as caught:
        make()
    assert "the variable 'NOWHERE' is not set" in caught.value.message


def test_a_password_is_never_filled_in(place):
    entry = {"dialect": "postgresql", "host": "db", "username": "me", "password": "pa$HOME"}
    assert "pa%24HOME" in Sequent("flow", config={"DATABASES": {"x": entry}}).settings.databases["x"]


@pytest.mark.parametrize(
    ("construct", "expected"),
    [
        (multiprocessing.Process, Construct.PROCESS),
        (multiprocessing.get_context("spawn").Process, "refused"),
        (threading.Thread, Construct.THREAD),
        (type("Invoke", (), {}), Construct.INVOKE),
        (int, "refused"),
    ],
)
def test_a_construct_may_be_the_class_that_it_was(home, construct, expected):
    def make():
        return Sequent("flow", config={"task_construct": construct}).config.task_construct

    if expected == "refused":
        with pytest.raises(SequentError, match="the ways are"):
            make()
        return
    assert make() is expected
    flow = Sequent("flow")
    step = flow.add_step("a", func=works, task_construct=construct)
    assert step.__sequent__.options.task_construct is expected


def test_a_default_among_the_databases_is_the_store_unless_something_else_names_one(place, monkeypatch):
    def run(**options):
        flow = Sequent("flow", config={"DATABASES": {"dialect": "sqlite", "database": "flat.db"}}, **options)
        flow.add_step("a", func=works)
        assert flow.run()

    run()
    assert (place / "flat.db").exists()
    run(store="given.db")
    assert (place / "given.db").exists()
    monkeypatch.setenv("SEQUENT_STORE", str(place / "environment.db"))
    run()
    assert (place / "environment.db").exists()
    assert len(runs()) == 1


def test_a_tag_that_is_none_is_that_of_the_environment(home, monkeypatch):
    monkeypatch.setenv("SEQUENT_CONFIG_TAG", "B")
    config = {"A": {"max_concurrent": 1}, "B": {"max_concurrent": 2}}
    assert Sequent("flow", config=config, config_tag=None).config.max_concurrent == 2


@pytest.mark.parametrize(
    ("config", "tag", "texts"),
    [
        ("runly.conf", "", ["runly.conf' cannot be read", "a YAML string"]),
        ("a: [\nb: 1", "", ["this is not YAML"]),
        ("just: a text\nno mapping", "", ["YAML"]),
        ("max_concurent: 1", "", ["no key 'max_concurent'", "did you mean 'max_concurrent'"]),
        ({"A": {"NIGHT": {}}}, "A.NIHGT", ["has no key 'NIHGT'", "did you mean 'NIGHT'"]),
        ({"A": 3}, "A.B", ["'A' is 3", "a table of settings"]),
        ({"DATABASES": {"x": {"dialect": "sqlite", "databse": "x"}}}, "", ["no key 'databse'", "'database'"]),
    ],
)
def test_what_is_no_configuration_is_refused_at_its_line(home, config, tag, texts):
    with pytest.raises(SequentError) as caught:
        Sequent("flow", config=config, config_tag=tag)
    assert caught.value.place.file == __file__
    for text in texts:
        assert text in str(caught.value)


# -- what run() shows -----------------------------------------------------------------------------

SHOWS = """
import logging, os, sys
import sequent as seq

def work():
    print("printed")
    for level in (logging.DEBUG, logging.INFO):
        logging.getLogger(os.getenv("SEQUENT_LOGGER_NAME")).log(level, "logged %s", level)

flow = seq.Sequent("flow", config={config})
flow.add_step("a", func=work)
print(repr(flow.run()))
"""


@pytest.mark.parametrize(
    ("config", "lines"),
    [
        ({}, []),
        ({"LOGGING": {"console": False, "logging_level": 10}}, []),
        ({"LOGGING": {"console": True}}, ["printed", "logged 20"]),
        ({"LOGGING": {"logging_level": logging.DEBUG}}, ["printed", "logged 10", "logged 20"]),
        ({"LOGGING": {"logging_level": logging.WARNING}}, ["printed"]),
        ({"LOGGING": {}, "task_construct": "thread"}, ["printed", "logged 20"]),
        ({"LOGGING": {}, "task_construct": "invoke"}, ["printed", "logged 20"]),
    ],
    ids=str,
)
def test_run_shows_the_steps_own_lines_where_logging_says_so(home, config, lines):
    (home / "shows.py").write_text(SHOWS.replace("{config}", repr(config)))
    done = script("shows.py", home)
    assert done.returncode == 0, done.stderr
    *shown, outcome = done.stdout.splitlines()
    assert [line.rpartition(": ")[2] for line in shown] == lines
    assert outcome == "<run r00001: success, 1 success>"


def test_a_line_has_the_host_and_parts_of_a_second(home):
    config = {"LOGGING": {"datefmt": "%f", "level_formats": {"default": "%(asctime)s|%(host)s|%(message)s"}}}
    (home / "shows.py").write_text(SHOWS.replace("{config}", repr(config)))
    second, host, message = script("shows.py", home).stdout.splitlines()[1].split("|")
    assert (len(second), second.isdecimal(), host, message) == (6, True, os.uname().nodename, "logged 20")


def test_what_has_no_effect_is_told_when_the_flow_is_run(home):
    (home / "shows.py").write_text(SHOWS.replace("{config}", "{'debug': True}"))
    done = script("shows.py", home)
    assert done.returncode == 0
    assert "without effect here: debug" in done.stderr


# -- the flow's own hosts and modules --------------------------------------------------------------


@pytest.mark.parametrize("host", [None, "", "localhost", os.uname().nodename])
def test_this_machine_may_be_named_as_the_host(home, host):
    assert Sequent("flow", host=host, remotes=[]).name == "flow"


def test_a_flow_may_name_this_machine_and_announce_other_hosts(home):
    config = Sequent("flow", host="main", remotes=["etl1"], config={"HOSTS": {"etl1": "10.0.0.1"}}).config
    assert is_here("main", config.hosts)
    assert (config.remotes, config.host("etl1").address) == (("etl1",), ("10.0.0.1",))


@pytest.mark.parametrize("option", [{"host": "a b"}, {"remotes": ["etl1", "etl1"]}, {"remotes": "etl1"}])
def test_a_name_that_is_no_host_is_refused(home, option):
    with pytest.raises(SequentError, match=f"'{next(iter(option))}' "):
        Sequent("flow", **option)


def test_modules_of_a_flow_are_imported_before_each_of_its_steps(place):
    home = place
    (home / "jobs_of_flow.py").write_text("open('imported', 'a').write('x')\n")
    (home / "program.py").write_text(
        "import sys, sequent\n"
        "def step():\n"
        "    assert 'jobs_of_flow' in sys.modules\n"
        "flow = sequent.Sequent('flow', import_module=['jobs_of_flow'], import_file='$HOME/jobs_of_flow.py')\n"
        "flow.add_step('a', func=step)\n"
        "flow.add_step('b')\n"
        "sys.exit(not flow.run())\n"
    )
    done = script("program.py", home)
    assert done.returncode == 0, done.stderr
    assert (home / "imported").read_text() == "x"
