"""Settings as a user meets them: from a file, a variable or an option to a run, and what is said of wrong ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

SHOWS = """
import logging, os
from sequent import Sequent, container, context, step


@container
class nightly:
    @step
    def show(self) -> list[str]:
        logging.getLogger(os.environ["ACME_LOGGER_NAME"]).debug("heard")
        return [os.environ["ACME_STEP_NAME"], os.environ.get("SEQUENT_STEP_NAME", "-")]

    result = show


built = Sequent("built", store="built.db")
built.add_step("a", func=print)
"""


def python(sequent, script):
    """Run a script in the same place."""
    return subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        cwd=sequent.directory,
        env=sequent.environment,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def settings(sequent):
    """Write the file of settings; nothing else says where runs are kept."""
    del sequent.environment["SEQUENT_STORE"]
    (sequent.directory / "shows.py").write_text(SHOWS)

    def written(text, name="sequent.toml"):
        (sequent.directory / name).write_text(text)
        return sequent.directory / name

    return written


FILE = """
flow = "shows:nightly"
store = "here"
envvar_prefix = "ACME_"

[LOGGING]
logging_level = "debug"

[DATABASES]
here = "store/here.db"
"""


def test_a_run_takes_target_store_prefix_and_log_level_from_the_file(sequent, settings):
    settings(FILE)
    done = sequent("run", "--json")
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)["run"]
    assert run["store"] == str(sequent.directory / "store/here.db")
    assert run["result"] == ["show", "-"]
    assert "heard" in sequent("logs").stdout
    assert sequent("check").stdout == "nightly: 1 step, no mistakes\n"
    assert sequent("plan").stdout == "nightly\n  show\n"


def test_the_command_line_and_the_environment_stand_over_the_file(sequent, settings):
    settings(FILE)
    sequent.environment["SEQUENT_DATABASES__THERE"] = "store/there.db"
    done = sequent("run", "--log-level", "warning", "--store", "there")
    assert done.returncode == 0, done.stderr
    assert "heard" not in sequent("logs", "--store", "there").stdout
    assert (sequent.directory / "store/there.db").exists()
    assert not (sequent.directory / "store/here.db").exists()


def test_flow_run_in_python_is_set_in_the_same_way(sequent, settings):
    settings(FILE, "pyproject.toml").write_text("[tool.sequent]\n" + FILE.replace("\n[", "\n[tool.sequent."))
    script = "import shows; print(shows.nightly.run().result)"
    done = python(sequent, script)
    assert done.stdout == "['show', '-']\n", done.stderr
    assert (sequent.directory / "store/here.db").exists()


def test_a_store_that_a_flow_is_given_in_code_is_taken_before_those_that_are_set(sequent, settings):
    settings(FILE)
    sequent.environment["SEQUENT_STORE"] = "other.db"
    done = sequent("run", "shows:built")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in sequent.directory.glob("*.db")) == ["built.db"]
    assert sequent("run", "shows:built", "--store", "typed.db").returncode == 0
    assert (sequent.directory / "typed.db").exists()


def test_the_next_command_names_the_store_and_the_file_of_settings_that_were_typed(sequent, settings):
    path = settings("store = 'mine.db'\n", "other.toml")
    failed = sequent("run", "flows:broken", "--config", "other.toml")
    assert failed.stderr.splitlines()[-1] == "next: sequent recover r00001 --config other.toml"
    (sequent.directory / "mended").touch()
    assert sequent(*failed.stderr.splitlines()[-1].split()[2:]).returncode == 0
    assert path.with_name("mine.db").exists()


def test_options_of_the_flow_that_is_set_need_no_target_before_them(sequent, settings):
    settings("flow = 'flows:nightly'\nstore = 'x.db'\n")
    done = sequent("run", "--day", "2026-11-24", "--rows=5", "-q")
    assert (done.returncode, done.stdout) == (0, "sent 2026-11-24:5\n"), done.stderr
    done = sequent("run", "-p", "day=2026-11-24", "--run-id", "night1", "--json")
    assert json.loads(done.stdout)["run"]["id"] == "night1"
    assert sequent("run", "--run-id", "night2", "waiting.py:slow", "--help").stdout.startswith("Usage: sequent run wai")


def test_max_concurrent_is_what_the_nearest_says(sequent, settings):
    (sequent.directory / "wide.py").write_text(
        "import threading\nfrom sequent import container, item, step\n"
        "gate = threading.Barrier(2, timeout=100)\n\n"
        "@container(max_concurrent=1, task_construct='thread')\nclass wide:\n"
        "    @step(repeats=[1, 2], parallel=0)\n    def meet(self) -> None:\n        gate.wait()\n"
    )
    settings("store = 'x.db'\nmax_concurrent = 1\n")
    # Both meet at the gate only if two may run at once.
    assert sequent("run", "wide:wide", "--max-concurrent", "2").returncode == 0
    sequent.environment["SEQUENT_MAX_CONCURRENT"] = "2"
    assert sequent("run", "wide:wide").returncode == 0


# -- the command that shows them


def test_config_shows_each_value_with_where_it_comes_from_and_no_password(sequent, settings):
    path = settings("max_concurrent = 3\n[DATABASES]\nprod = 'postgresql://me:s3cret@db/x'\n")
    sequent.environment["SEQUENT_STORE"] = "postgresql://me:p@ss@db/x?password=s3cret"
    done = sequent("config", "shows:nightly", "--config-tag", "")
    lines = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert lines["max_concurrent"] == ["3", f"{path}:1"]
    assert lines["DATABASES.prod"] == ["postgresql://me:***@db/x", f"{path}:3"]
    assert lines["store"] == ["postgresql://me:***@db/x?password=***", "SEQUENT_STORE"]
    assert lines["task_construct"] == ["process", "default"]
    assert "s3cret" not in done.stdout + done.stderr + sequent("config", "--json").stdout


def test_config_is_a_document_with_json(sequent, settings):
    path = settings("[LOGGING]\nlogging_level = 10\n")
    document = json.loads(sequent("config", "shows:built", "--json").stdout)
    assert (document["version"], document["config"]["file"]) == (1, str(path))
    found = {entry["key"]: entry for entry in document["config"]["settings"]}
    assert found["LOGGING.logging_level"] == {
        "key": "LOGGING.logging_level",
        "value": "DEBUG",
        "from": {"layer": "file", "name": None, "place": {"file": str(path), "line": 2}},
    }
    assert found["max_concurrent"]["value"] is None
    assert found["store"]["from"]["layer"] == "default"


# -- what is wrong


@pytest.mark.parametrize(
    ("text", "place", "said", "hint"),
    [
        ("max_concurrent = 1\nmax_concurent = 3\n", "2: ", "'max_concurent'", "did you mean 'max_concurrent'"),
        ("\n[LOGGING]\nlogging_level = 'loud'\n", "3: ", "'loud'", "DEBUG, INFO, WARNING"),
        ("[max_concurrent]\nx = 1\n", "1: ", "max_concurrent", "whole number"),
        ("max_concurrent 3\n", "1:16: ", "this is not TOML", "a setting is written as max_concurrent = 4"),
    ],
)
def test_a_mistake_in_the_file_is_told_at_its_line(sequent, settings, text, place, said, hint):
    path = settings(text)
    done = sequent("ls")
    assert done.returncode == 2, done.stdout
    assert done.stderr.startswith(f"error: {path}:{place}")
    assert done.stderr.count(str(path)) == 1
    assert said in done.stderr
    assert hint in done.stderr
    assert "Traceback" not in done.stderr
    error = json.loads(sequent("ls", "--json").stdout)["error"]
    assert error["place"] == {"file": str(path), "line": int(place.partition(":")[0])}
    assert hint in error["hint"]


@pytest.mark.parametrize(
    "words", [["run", "flows:broken"], ["recover"], ["continue"], ["check", "flows:broken"], ["config"]]
)
def test_a_mistake_in_the_file_stops_every_command(sequent, settings, words):
    settings("max_concurent = 3\n")
    done = sequent(*words)
    assert done.returncode == 2, done.stdout
    assert "did you mean 'max_concurrent'" in done.stderr
    assert list(sequent.directory.glob("**/*.db")) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ls", "--config", "missing.toml"], "missing.toml"),
        (["ls", "--config", "store"], "Is a directory"),
        (["ls", "--config", "flows.py"], "not YAML"),
        (["run", "flows:broken", "--log-level", "loud"], "'loud'"),
        (["run", "flows:broken", "--max-concurrent", "many"], "many"),
        (["run", "flows:broken", "--max-loops", "many"], "many"),
        (["run"], "no target given"),
        (["check"], "no target given"),
    ],
)
def test_a_wrong_option_is_refused_with_a_hint(sequent, settings, words, said):
    done = sequent(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_variable_that_means_nothing_is_refused_by_its_name(sequent):
    sequent.environment["SEQUENT_MAX_CONCURENT"] = "3"
    done = sequent("run", "flows:broken")
    assert done.returncode == 2
    assert "'SEQUENT_MAX_CONCURENT'" in done.stderr
    assert "did you mean 'SEQUENT_MAX_CONCURRENT'" in done.stderr


# -- stores


@pytest.mark.parametrize("words", [["ls"], ["show"], ["logs"], ["recover"], ["continue"]])
def test_a_command_that_takes_up_or_reads_runs_makes_no_store(sequent, words):
    done = sequent(*words, "--store", "typo.db")
    assert done.returncode == 4
    assert "'typo.db'" in done.stderr
    assert "hint: " in done.stderr
    done = sequent(*words)
    assert done.returncode == (0 if words == ["ls"] else 2)
    assert str(sequent.store) in done.stderr
    assert list(sequent.directory.glob("**/*.db*")) == []
    memory = sequent(*words, "--store", ":memory:")
    assert memory.returncode == 2
    assert "needs a file" in memory.stderr


def test_a_flow_with_mistakes_leaves_no_store(sequent):
    assert sequent("run", "mistaken:wrong").returncode == 2
    script = "import mistaken; mistaken.wrong.run()"
    done = python(sequent, script)
    assert "InvalidFlowError" in done.stderr
    assert os.listdir(sequent.store.parent) == []


def test_a_store_that_others_can_write_is_recovered_with_the_flow_that_is_set(sequent):
    sequent("run", "flows:broken", "--run-id", "night7")
    sequent.store.chmod(0o666)
    assert "--flow" in sequent("recover", "night7").stderr
    (sequent.directory / "sequent.toml").write_text("flow = 'flows:broken'\n")
    (sequent.directory / "mended").touch()
    done = sequent("recover", "night7")
    assert done.returncode == 0, done.stderr
