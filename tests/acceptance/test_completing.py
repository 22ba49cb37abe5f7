"""Completion for shells, and what the command line loads to answer."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_given_what_completes_commands_and_options(sequent, shell):
    shown = sequent("completion", "show", shell)
    assert shown.returncode == 0, shown.stderr
    for word in ("recover", "continue", "max-concurrent"):
        assert word in shown.stdout
    if shutil.which(shell):
        script = sequent.directory / "script"
        script.write_text(shown.stdout)
        checked = subprocess.run([shell, "-n", str(script)], check=False, capture_output=True, text=True)
        assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    ("shell", "place"),
    [
        ("bash", ".local/share/bash-completion/completions/sequent"),
        ("zsh", ".zsh/completions/_cyclopts_sequent"),
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
    assert "sqlalchemy" in modules
    assert modules & {"yaml", "tomllib", "rich.table", "sequent.dsl.files"} == {"sequent.dsl.files"}


def test_only_a_yaml_file_loads_yaml(sequent):
    (sequent.directory / "sequent.toml").write_text("max_concurrent = 1\n")
    assert loaded_by(sequent, "config") & {"yaml", "tomllib"} == {"tomllib"}
    (sequent.directory / "sequent.toml").rename(sequent.directory / "sequent.yaml")
    (sequent.directory / "sequent.yaml").write_text("max_concurrent: 1\n")
    assert loaded_by(sequent, "config") & {"yaml", "tomllib"} == {"yaml"}
