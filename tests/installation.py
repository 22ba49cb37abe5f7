"""Sequent as other users of this machine have it: copied, with what it needs, into an environment that all can read."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).parents[1]
_VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"


def install(directory: Path) -> None:
    """Make an environment with the package as it stands here, and its commands."""
    site = directory / "lib" / _VERSION / "site-packages"
    site.mkdir(parents=True)
    (directory / "bin").mkdir()
    base = _python_for_all()
    (directory / "pyvenv.cfg").write_text(f"home = {base.parent}\n")
    for name in ("python", "python3"):
        (directory / "bin" / name).symlink_to(base)
    shutil.copytree(ROOT / "sequent", site / "sequent", copy_function=_link)
    for needed in _needed():
        _copy(needed, site)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name, target in project["scripts"].items():
        _write_command(directory / "bin" / name, *target.split(":"))


def _python_for_all() -> Path:
    """An interpreter of this version that other users may execute; ours may be in a home directory."""
    places = (Path(sys.base_exec_prefix) / "bin", *map(Path, ("/usr/local/bin", "/usr/bin")))
    for path in (place / _VERSION for place in places):
        if path.exists() and all(each.stat().st_mode & 0o001 for each in (path, *path.resolve().parents)):
            return path
    raise FileNotFoundError(f"other users cannot execute {sys.executable}, and {_VERSION} is in neither place for all")


def _needed() -> list[Distribution]:
    """The package's own, and all that it needs."""
    found: dict[str, Distribution] = {}
    names = ["sequent"]
    while names:
        name = re.sub(r"[-_.]+", "-", names.pop()).lower()
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            # Needed elsewhere, or by something that is optional.
            continue
        wanted = (text for text in found[name].requires or () if "extra ==" not in text)
        names += [re.split(r"[^\w.-]", text)[0] for text in wanted]
    return [*found.values()]


def _copy(needed: Distribution, site: Path) -> None:
    for file in needed.files or ():
        source = Path(str(file.locate()))
        # Commands stand outside; of a package that is worked on there is a file with its path.
        if ".." in file.parts or file.suffix == ".pth" or not source.exists():
            continue
        target = site / file
        target.parent.mkdir(parents=True, exist_ok=True)
        _link(source, target)


def _link(source: Path | str, target: Path | str) -> None:
    """The same file by another name, which takes no time; a copy where that cannot be, or only we may read it."""
    try:
        if os.stat(source).st_mode & 0o004:
            os.link(source, target)
            return
    except OSError:
        pass
    shutil.copy2(source, target)
    os.chmod(target, 0o755)  # noqa: S103 - to be read by others is what it is there for


def _write_command(path: Path, module: str, function: str) -> None:
    python = path.parent / "python3"
    path.write_text(f"#!{python}\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n")
    path.chmod(0o755)
