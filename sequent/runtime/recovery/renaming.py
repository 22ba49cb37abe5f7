"""Steps and containers that are the same under another name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from sequent.errors import UsageError
from sequent.model.wording import guess

_NAME = r"[^\W\d]\w*(?:\.\w+)*"


class Renaming(NamedTuple):
    """What the steps and containers of a run are called now, by what they were called."""

    names: Mapping[str, str]

    def path(self, old: str) -> str:
        """The present path of what had that one, of itself or of a container around it: the innermost counts."""
        for end in range(len(parts := old.split(".")), 0, -1):
            around = ".".join(parts[:end])
            if around in self.names:
                return ".".join((self.names[around], *parts[end:]))
        return old

    def structure(self, old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
        """A structure under the present names; where only names make its text another one, it is that of now."""
        renamed = {self.path(path): text for path, text in old.items()}
        return {
            path: new[path] if path in new and self._is_same(text, new[path]) else text
            for path, text in renamed.items()
        }

    def _is_same(self, old: str, new: str) -> bool:
        """Whether a text says the same with the new names in it, as whole paths or as the last name of one."""
        return _parts(re.sub(_NAME, lambda found: self._name(found.group()), old)) == _parts(new)

    def _name(self, old: str) -> str:
        new = self.path(old)
        if new != old or "." in old:
            return new
        last = {before.rpartition(".")[2]: after.rpartition(".")[2] for before, after in self.names.items()}
        return last.get(old, old)


SAME_NAMES = Renaming(MappingProxyType({}))


def _parts(text: str) -> list[str]:
    """What stands in a text; what is sorted by name may stand in another order now."""
    return sorted(re.split(r"; |, | & | \| ", text))


def read_renaming(typed: tuple[str, ...], old: Mapping[str, str], new: Mapping[str, str]) -> Renaming:
    """What was typed: ``OLD=NEW``, once for each.

    Raises:
        UsageError: the run has nothing that was called so, the flow has nothing that is, or both are there in both.
    """
    names: dict[str, str] = {}
    for text in typed:
        before, equals, after = (part.strip() for part in text.partition("="))
        if not (equals and before and after):
            raise UsageError(
                f"--renamed {text!r} has another form", code="renamed", hint="--renamed OLD=NEW, once for each"
            )
        _check(before, old, f"--renamed {text!r}: the run has no step or container {before!r}")
        _check(after, new, f"--renamed {text!r}: the flow has no step or container {after!r}")
        if before in new and before not in {one.rpartition("=")[2].strip() for one in typed}:
            raise UsageError(
                f"--renamed {text!r}: the flow still has {before!r}",
                code="renamed",
                hint="name it with what it was called before, too, or leave this out",
            )
        if before in names or after in names.values():
            raise UsageError(f"--renamed {text!r}: one of the names was given already", code="renamed")
        names[before] = after
    return Renaming(names)


def _check(path: str, structure: Mapping[str, str], message: str) -> None:
    if path not in structure or not path:
        hint = guess(path, [one for one in structure if one]).strip()
        raise UsageError(message, code="unknown-path", path=path, hint=hint)
