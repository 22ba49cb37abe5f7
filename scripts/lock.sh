#!/bin/sh
# Writes, for all Pythons from 3.11, the versions of all packages with their hashes: requirements.txt has the dependencies
# of the package and its extras; requirements-dev.txt all that development and CI use, with the same versions.
set -eu
cd "$(dirname "$0")/.."
lock() {
  uv pip compile --universal --python-version 3.11 --quiet --upgrade --generate-hashes \
    --custom-compile-command "sh scripts/lock.sh" "$@"
}
lock --group dev pyproject.toml --output-file requirements-dev.txt
lock --all-extras --constraint requirements-dev.txt pyproject.toml --output-file requirements.txt
