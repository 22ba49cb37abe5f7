"""Prints the locked dependencies of the package as a CycloneDX document: a software bill of materials."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.txt"
_PACKAGE = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?: ; (?P<marker>[^\\]+?))?(?: \\)?$")
_HASH = re.compile(r"^ +--hash=sha256:([0-9a-f]{64})")


def components(lock: str) -> Iterator[dict[str, Any]]:
    """Yield the packages of a lock, with the hashes of their files.

    Raises:
        ValueError: a package has no hash.
    """
    found: dict[str, Any] | None = None
    for line in lock.splitlines():
        if package := _PACKAGE.match(line):
            if found is not None:
                yield _whole(found)
            found = _component(**package.groupdict())
        elif found is not None and (digest := _HASH.match(line)):
            # A hash is of a file for one platform, so each is a distribution.
            found["externalReferences"][0]["hashes"].append({"alg": "SHA-256", "content": digest[1]})
    if found is not None:
        yield _whole(found)


def _component(name: str, version: str, marker: str | None) -> dict[str, Any]:
    url = f"pkg:pypi/{name.lower()}@{version}"
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": url,
        "name": name,
        "version": version,
        "purl": url,
        "externalReferences": [
            {"type": "distribution", "url": f"https://pypi.org/project/{name}/{version}/", "hashes": []}
        ],
    }
    if marker is not None:
        component["properties"] = [{"name": "sequent:marker", "value": marker}]
    return component


def _whole(component: dict[str, Any]) -> dict[str, Any]:
    if not component["externalReferences"][0]["hashes"]:
        raise ValueError(f"{component['purl']} has no hash")
    return component


def document() -> dict[str, Any]:
    """Return the whole document; the same lock always gives the same one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = project.get("version") or _version()
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": f"pkg:pypi/{project['name']}@{version}",
                "name": project["name"],
                "version": version,
                "purl": f"pkg:pypi/{project['name']}@{version}",
                "licenses": [{"license": {"id": project["license"]}}],
            }
        },
        "components": list(components(LOCK.read_text(encoding="utf-8"))),
    }


def _version() -> str:
    """Return the version that the package itself contains."""
    found = re.search(
        r'^__version__(?:: \w+)? = "([^"]+)"', (ROOT / "sequent" / "__init__.py").read_text(), re.MULTILINE
    )
    if found is None:
        raise ValueError("the package has no version")
    return found[1]


if __name__ == "__main__":
    print(json.dumps(document(), indent=2))  # noqa: T201  this is its output
