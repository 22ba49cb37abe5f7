#!/bin/sh
# Writes requirements-dev.txt: every version that development and CI use, for all Pythons from 3.11.
set -eu
cd "$(dirname "$0")/.."
exec uv pip compile --universal --python-version 3.11 --group dev pyproject.toml --quiet --upgrade \
  --custom-compile-command "sh scripts/lock.sh" --output-file requirements-dev.txt
