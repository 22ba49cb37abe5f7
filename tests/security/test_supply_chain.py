"""What is installed with the package is locked with hashes and listed, and old enough to be corrected."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from scripts.sbom import components

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def named(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement)[0]).lower()


def test_the_lock_has_each_dependency_of_the_package_and_its_extras_with_hashes():
    wanted = {
        *PROJECT["dependencies"],
        *(each for extra in PROJECT["optional-dependencies"].values() for each in extra),
    }
    locked = list(components(LOCK))
    assert {named(each) for each in wanted} <= {each["name"] for each in locked}
    assert len(locked) == len(re.findall("^[a-z].*==", LOCK, re.MULTILINE))
    assert all(each["externalReferences"][0]["hashes"] for each in locked)


def test_a_package_without_a_hash_is_noticed():
    line = next(line for line in LOCK.splitlines() if "==" in line)
    with pytest.raises(ValueError, match="has no hash"):
        list(components(LOCK + f"{line}\n"))


def test_all_that_development_installs_has_hashes():
    """Then pip installs nothing else."""
    development = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    parts = re.split(r"\n(?=[a-z0-9])", development)[1:]
    assert len(parts) > 50
    assert [part for part in parts if "--hash=sha256:" not in part] == []


def test_development_has_the_locked_versions():
    """Tests run with what users install."""
    development = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([a-z0-9-]+)==([^ \n]+)", development, re.MULTILINE))
    for each in components(LOCK):
        if each["name"] in pinned and "properties" not in each:
            assert pinned[each["name"]] == each["version"], each["name"]


def test_the_sbom_is_printed_as_cyclonedx_with_every_locked_package():
    done = subprocess.run([sys.executable, "scripts/sbom.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    document = json.loads(done.stdout)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert document["metadata"]["component"]["name"] == PROJECT["name"]
    assert document["components"] == list(components(LOCK))
    urls = [each["bom-ref"] for each in document["components"]]
    assert len({*urls}) == len(urls)
    assert all(re.fullmatch(r"pkg:pypi/[a-z0-9.-]+@[\w.]+", url) for url in urls)


def test_paramiko_withstands_terrapin():
    """CVE-2023-48795; its change log has strict key exchange in 3.4."""
    (wanted,) = [each for each in PROJECT["dependencies"] if named(each) == "paramiko"]
    least = re.fullmatch(r"paramiko>=(\d+)\.(\d+)(?:,.*)?", wanted)
    assert (int(least[1]), int(least[2])) >= (3, 4)
