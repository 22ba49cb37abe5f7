"""Completion for shells, and what the command line loads to answer."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sequent.cli import main
from sequent.cli.arguments.parsing import application
from sequent.cli.command_table import COMMANDS, usage_of


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_given_what_completes_commands_and_options(sequent, shell):
    shown = sequent("completion", "show", shell)
    assert shown.returncode == 0, shown.stderr
    assert "_complete" in shown.stdout
    if shutil.which(shell):
        script = sequent.directory / "script"
        script.write_text(shown.stdout)
        checked = subprocess.run([shell, "-n", str(script)], check=False, capture_output=True, text=True)
        assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    ("shell", "place"),
    [
        ("bash", ".local/share/bash-completion/completions/sequent"),
        ("zsh", ".zsh/completions/_sequent"),
        ("fish", ".config/fish/completions/sequent.fish"),
    ],
)
def test_it_is_installed_where_the_users_own_shell_looks_and_nothing_else_is_changed(sequent, shell, place):
    home = sequent.directory / "home"
    home.mkdir()
    (home / f".{shell}rc").write_text("mine\n")
    sequent.environment = {
        **{name: value for name, value in sequent.environment.items() if not name.startswith(("XDG_", "ZSH"))},
        "HOME": str(home),
        "SHELL": f"/bin/{shell}",
    }
    done = sequent("completion", "install")
    assert done.returncode == 0, done.stderr
    assert str(home / place) in done.stderr
    assert "sequent" in (home / place).read_text()
    assert (home / f".{shell}rc").read_text() == "mine\n"


@pytest.mark.parametrize(("shell", "said"), [("/bin/tcsh", "'tcsh'"), ("", "SHELL is empty")])
def test_another_shell_is_refused_with_those_there_are(sequent, shell, said):
    sequent.environment["SHELL"] = shell
    done = sequent("completion", "show")
    assert done.returncode == 2
    assert said in done.stderr
    assert "bash, zsh, fish" in done.stderr


def loaded_by(sequent, *words):
    script = f"import sys; from sequent.cli import main; code = main({list(words)!r}); print(code, *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=sequent.directory,
        env=sequent.environment,
        check=True,
        capture_output=True,
        text=True,
    )
    code, *modules = done.stdout.splitlines()[-1].split()
    assert code == "0", done.stderr
    return set(modules)


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["config"]])
def test_help_and_settings_load_neither_a_flow_nor_what_is_heavy(sequent, words):
    assert loaded_by(sequent, *words) & {"flows", "sqlalchemy", "networkx", "yaml", "paramiko"} == set()


def test_a_plain_run_loads_no_reader_of_files_that_are_not_there(sequent):
    modules = loaded_by(sequent, "flows:nightly", "--day=2026-11-24", "-q")
    assert "sqlite3" in modules
    assert modules & {"yaml", "tomllib", "rich.table", "sequent.settings.files"} == {"sequent.settings.files"}


def test_only_a_yaml_file_loads_yaml(sequent):
    (sequent.directory / "sequent.toml").write_text("max_concurrent = 1\n")
    assert loaded_by(sequent, "config") & {"yaml", "tomllib"} == {"tomllib"}
    (sequent.directory / "sequent.toml").rename(sequent.directory / "sequent.yaml")
    (sequent.directory / "sequent.yaml").write_text("max_concurrent: 1\n")
    assert loaded_by(sequent, "config") & {"yaml", "tomllib"} == {"yaml"}


# -- what is proposed ------------------------------------------------------------------------------------

DAILY = """
from datetime import date
from sequent import container, param, step

print("loading")

@container
class daily:
    day: date = param(help="business day")
    verify: bool = param(default=False)
    store: str = param(default="x")

    @step
    def load(self): 1 / 0

    @container
    class inner:
        @step
        def send(self): ...
"""


@pytest.fixture
def daily(sequent):
    """A flow with parameters, of which there is a run."""
    (sequent.directory / "daily.py").write_text(DAILY)
    (sequent.directory / "sequent.toml").write_text("[hosts.edge1]\n[hosts]\nedge2 = '10.0.0.2'\n")
    assert sequent("run", "daily.py:daily", "--day", "2026-11-24", "--run-id", "first").returncode == 1
    return sequent


ALL = (
    "run recover continue stop kill hold release mark approve check plan simulate forecast graph ls show why logs "
    "try top ui report prune store host config completion :files"
)
PROPOSED = {
    "sequent ": ALL,
    "sequent r": "run recover release report :files",
    "sequent --store x.db r": "run recover release report :files",
    "sequent --store ": ":files",
    "sequent --config-tag ": "",
    "sequent --ver": "--version --verbose",
    "sequent run ": ":files",
    "sequent run ./da": ":files",
    "sequent run daily.py:": "daily.py:daily",
    "sequent daily:d": "daily:daily",
    "sequent run 'daily.py:": "daily.py:daily",
    "sequent run missing.py:": "",
    "sequent run daily.py:daily --d": "--day --debug",
    "sequent daily.py:daily --no": "--no-verify",
    "sequent run daily.py:daily --param-": "--param-store",
    "sequent run daily.py:daily -p ": "day= verify= store=",
    "sequent run daily.py:daily --log-level w": "WARNING",
    "sequent run daily.py:daily --run-id ": "",
    "sequent recover ": "latest first",
    "sequent recover f": "first",
    "sequent recover --from ": "load inner inner.send",
    "sequent recover first --skip inner.": "inner.send",
    "sequent recover first --rerun=l": "--rerun=load",
    "sequent logs latest i": "inner inner.send",
    "sequent try latest i": "inner inner.send",
    "sequent show first --sto": "--store",
    "sequent show --store missing.db ": "latest",
    "sequent show first in": "inner inner.send",
    "sequent show --status s": "success skipped",
    "sequent graph ": "first :files",
    "sequent graph -f s": "svg",
    "sequent graph --format=": "--format=svg --format=mermaid --format=dot --format=json",
    "sequent graph first -o ": ":files",
    "sequent report --format=": "--format=html --format=png",
    "sequent ls --flow ": "daily :files",
    "sequent ls --status st": "stopped",
    "sequent host ": "add check ls clean",
    "sequent host check ": "edge1 edge2",
    "sequent host check edge1 ": "edge1 edge2",
    "sequent host add edge1 --f": "--fingerprint",
    "sequent completion ": "install show",
    "sequent completion show z": "zsh",
    "sequent ls 'unclosed": "",
}


def test_what_there_is_is_proposed(daily, monkeypatch, capsys):
    monkeypatch.chdir(daily.directory)
    for name, value in daily.environment.items():
        monkeypatch.setenv(name, value)
    proposed = {}
    for line in PROPOSED:
        assert main(["_complete", line]) == 0
        proposed[line] = " ".join(capsys.readouterr().out.split())
    assert proposed == PROPOSED
    sys.modules.pop("daily", None)


COPIED = """
from sequent import container, param, step

@container
class copied:
    hosts: list[str] = param(default=["localhost", "127.0.0.1"])

    @container(hosts=hosts)
    class there:
        @step
        def first(self): ...
"""


@pytest.fixture
def copied(sequent):
    """A run with copies on hosts."""
    (sequent.directory / "copied.py").write_text(COPIED)
    assert sequent("run", "copied.py:copied").returncode == 0
    return sequent


@pytest.mark.parametrize(
    ("typed", "proposed"),
    [
        ("show latest there@127", ["there@127.0.0.1", "there@127.0.0.1.first"]),
        ("logs latest there@localhost.", ["there@localhost.first"]),
        ("recover latest --rerun=there@l", ["--rerun=there@localhost", "--rerun=there@localhost.first"]),
        ("show latest first@", []),
    ],
)
def test_copies_on_hosts_are_proposed_as_far_as_they_have_begun(copied, typed, proposed):
    assert sorted(copied("_complete", f"sequent {typed}").stdout.split()) == proposed


def test_a_host_on_which_nothing_of_a_step_has_begun_is_refused_with_the_hosts_of_the_step(copied):
    for command in ("show", "logs"):
        done = copied(command, "latest", "there@etl9.first" if command == "logs" else "there@etl9")
        assert done.returncode == 2
        assert "on host 'etl9' that has begun" in done.stderr
    shown = copied("show", "latest", "there@etl9")
    assert "it has begun on 127.0.0.1, localhost" in shown.stderr
    assert "first" in copied("show", "latest", "there@localhost").stdout


def test_nothing_is_made_or_said_while_a_line_is_completed(sequent):
    (sequent.directory / "bad.py").write_text("print('out')\nraise SystemExit(3)\n")
    sequent.environment["SEQUENT_STORE"] = str(sequent.directory / "new.db")
    for line in ("sequent recover ", "sequent run bad.py:", "sequent run bad.py:x --"):
        done = sequent("_complete", line)
        assert (done.returncode, done.stderr) == (0, "")
        assert "out" not in done.stdout
    assert not (sequent.directory / "new.db").exists()


BASH = """
source ./script
propose() {
  COMP_LINE="$1" COMP_POINT=${#1}
  local words="${1//:/ : }"
  words="${words//@/ @ }"
  read -ra COMP_WORDS <<< "${words//=/ = }"
  [[ $1 == *" " ]] && COMP_WORDS+=("")
  COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
  COMP_WORDS[0]="$PROGRAM"
  _sequent
  echo "${COMPREPLY[*]}"
}
"""
LINES = """
propose "sequent rec"
propose "sequent run dai"
propose "sequent run daily.py:da"
propose "sequent recover --from "
propose "sequent graph --format=s"
"""


def by_bash(sequent, script: str) -> list[str]:
    """Return what bash completes."""
    (sequent.directory / "script").write_text(sequent("completion", "show", "bash").stdout)
    (sequent.directory / "try").write_text(script)
    done = subprocess.run(
        ["bash", "try"],
        cwd=sequent.directory,
        env={**sequent.environment, "PROGRAM": str(Path(sys.executable).parent / "sequent")},
        check=False,
        capture_output=True,
        text=True,
    )
    return done.stdout.splitlines()


def test_bash_completes_a_line_by_what_is_proposed(daily):
    assert by_bash(daily, BASH + LINES) == ["recover", "daily.py", "daily", "load inner inner.send", "svg"]


def test_bash_completes_what_is_behind_the_mark_of_a_host(copied):
    assert by_bash(copied, BASH + 'propose "sequent show latest there@l"\n') == ["localhost localhost.first"]


# -- help ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_s_help_names_its_words_and_has_two_examples_that_can_be_typed(sequent, command):
    app = application(command)
    arguments = [*app[command].assemble_argument_collection()]
    _, _, usage, examples = COMMANDS[command]
    for argument in arguments:
        if argument.index is not None and argument.field_info.kind is not argument.field_info.VAR_POSITIONAL:
            assert argument.names[0] in usage or usage.startswith(
                ("install|show ", "backup|check|upgrade ", "add|check")
            )
    help_text = sequent(command, "--help").stdout
    assert usage_of(command) in help_text.splitlines()[0]
    assert "[default: ()]" not in help_text
    assert "[default: False]" not in help_text
    assert "[default: -1]" not in help_text
    assert f"Examples:\n  sequent {command}" in help_text
    options = {name for argument in arguments for name in argument.names} | {"--day"}
    for example in examples:
        assert f"  sequent {command} {example}".rstrip() in help_text
        assert {word for word in example.split() if word.startswith("-")} - options == set()
