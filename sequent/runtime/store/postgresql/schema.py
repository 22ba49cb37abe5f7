"""The statements of a store in PostgreSQL, each with the name of its schema before its tables."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from sequent.runtime.store.sql.statements import Statement, Statements

VERSION = 4
"""The version of the tables, which the table ``store`` has."""
STATEMENTS = os.path.join(os.path.dirname(__file__), "statements.sql")
_CREATE = "create_"


class SchemaStatements(Mapping[str, Statement]):
    """All statements, in which each table is named with its schema.

    So no connection has to be told of a path of schemas, which a pooler would forget or give to others.
    """

    def __init__(self, schema: str) -> None:
        self._plain = Statements(STATEMENTS)
        self._schema = quoted(schema)
        names = "|".join(name.removeprefix(_CREATE) for name in self._plain if name.startswith(_CREATE))
        self._table = re.compile(rf"\b((?:FROM|JOIN|UPDATE|INTO|TABLE|REFERENCES)\s+|ON\s+(?=\w+ \())({names})\b")
        self._read: dict[str, Statement] = {}

    def __getitem__(self, name: str) -> Statement:
        statement = self._read.get(name)
        if statement is None:
            plain = self._plain[name]
            statement = self._read[name] = replace(plain, text=self.qualified(plain.text))
        return statement

    def __iter__(self) -> Iterator[str]:
        return iter(self._plain)

    def __len__(self) -> int:
        return len(self._plain)

    def qualified(self, text: str) -> str:
        """Return a statement in which each table is named with its schema."""
        return self._table.sub(lambda found: f"{found[1]}{self._schema}.{found[2]}", text)

    def creation(self) -> list[str]:
        """Return the statements that make an empty store."""
        return [self[name].text for name in self if name.startswith(_CREATE)]


def quoted(name: str) -> str:
    """Return a name as SQL has it; for texts with signs of values, too."""
    return '"{}"'.format(name.replace('"', '""').replace("%", "%%"))
