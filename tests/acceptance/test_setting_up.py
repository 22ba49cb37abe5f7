"""``./check`` installs what tests need beside the packages of Python, and says at once if it cannot."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from subprocess import PIPE

import pytest

from tests.children import Child
from tests.patience import PATIENCE, wait_until

ROOT = Path(__file__).parents[2]
PROGRAMS = ("sh", "dirname", "cat", "cksum", "cp", "mkdir", "ls", "sleep")
PYTHON = """
case "$*" in
  *ensurepip*) exit "$LACKS_VENV" ;;
  *"-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python; echo venv >> "$LOG" ;;
  *"pip install"*) echo pip >> "$LOG"; sleep "$PIP_SECONDS"; exit 1 ;;
esac
"""
APT = """
[ "$1" = update ] && exit
echo "$*" >> "$LOG"
sleep 1
echo installed >> "$LOG"
"""
PACKAGES = "librsvg2-bin gcc chromium"


class Setup:
    """A copy of the project in which ``pip install`` fails, for a machine that has none of the packages."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._log = directory / "log"
        shutil.copytree(ROOT / "scripts", directory / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("requirements-dev.txt", "pyproject.toml"):
            shutil.copy2(ROOT / name, directory / name)
        # These change the services of the machine, wherever programs are found.
        text = (ROOT / "check").read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if not line.startswith("  need_") or line.endswith("chromium")]
        (directory / "check").write_text("\n".join(lines))
        (directory / "bin").mkdir()
        for name in PROGRAMS:
            (directory / "bin" / name).symlink_to(shutil.which(name) or name)
        for name, lines_of in (("id", 'echo "$USER_ID"'), ("python3", PYTHON), ("apt-get", APT)):
            file = directory / "bin" / name
            file.write_text(f"#!/bin/sh\n{lines_of}\n")
            file.chmod(0o755)

    def start(self, *, user: int = 0, lacks_venv: bool = False, pip_seconds: int = 0) -> Child[str]:
        environment = {
            "PATH": str(self._directory / "bin"),
            "LOG": str(self._log),
            "USER_ID": str(user),
            "LACKS_VENV": str(int(lacks_venv)),
            "PIP_SECONDS": str(pip_seconds),
        }
        command = ["/bin/sh", str(self._directory / "check")]
        return Child(command, env=environment, stderr=PIPE, text=True, start_new_session=True)

    def log(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []


@pytest.fixture
def setup(tmp_path):
    return Setup(tmp_path)


def test_a_user_who_cannot_install_packages_is_told_before_those_of_python_come(setup):
    check = setup.start(user=1000)
    _, said = check.communicate(timeout=PATIENCE)
    assert (check.returncode, setup.log()) == (2, ["venv"])
    assert said == f"Packages are missing. Install them as root: apt-get install {PACKAGES}\n"


def test_packages_are_installed_before_a_failure_of_pip_ends_it(setup):
    check = setup.start()
    assert check.wait(PATIENCE) == 1
    assert sorted(setup.log()) == sorted(["venv", "pip", f"install -y -qq {PACKAGES}", "installed"])


def test_packages_are_installed_before_ctrl_c_ends_it(setup):
    check = setup.start(pip_seconds=int(PATIENCE))
    wait_until(lambda: len(setup.log()) >= 3)
    os.killpg(check.pid, signal.SIGINT)
    assert check.wait(PATIENCE) == 130
    assert setup.log()[-1] == "installed"


def test_a_package_that_venv_needs_comes_with_all_others(setup):
    check = setup.start(lacks_venv=True)
    check.communicate(timeout=PATIENCE)
    assert setup.log() == [f"install -y -qq {PACKAGES} python3-venv", "installed", "venv", "pip"]
