"""Steps and containers that are the same under another name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from attrs import evolve

from sequent.errors import UsageError
from sequent.model.description import NAMES_A_PART, Description, KeptDescription, Part, ValueSource, distinct
from sequent.model.references import dotted
from sequent.model.requirements import Atom, Requirement, join
from sequent.model.wording import guess


class Renaming(NamedTuple):
    """The present names of a run's steps and containers, by their old names."""

    names: Mapping[str, str]

    def path(self, old: str) -> str:
        """Return the present path for an old one, renamed itself or by a container around it: the innermost counts."""
        for end in range(len(parts := old.split(".")), 0, -1):
            around = ".".join(parts[:end])
            if around in self.names:
                return ".".join((self.names[around], *parts[end:]))
        return old

    def compared(self, old: KeptDescription, new: Description) -> tuple[KeptDescription, KeptDescription]:
        """Return the flow's old and new description, both under the present names and in the form of the old one."""
        parts = {path: part for path, part in old.items() if isinstance(part, Part)}
        if len(parts) == len(old):
            return self.description(parts), new
        # Only runs of earlier versions were kept as sentences.
        from sequent.compiler.old_descriptions import sentences_of

        # Sentences cannot be renamed, so sentences of the new description are made with the old names.
        sentences = sentences_of(Renaming({after: before for before, after in self.names.items()}).description(new))
        return {self.path(path): one for path, one in old.items()}, {
            self.path(path): one for path, one in sentences.items()
        }

    def description(self, parts: Description) -> Description:
        """Return a description in which every name is the present one."""
        if not self.names:
            return parts
        return {self.path(path): self._part(path, part) for path, part in parts.items()}

    def _part(self, path: str, part: Part) -> Part:
        until = part.options.get("until")
        inner = {"until": self._child(path, until)} if isinstance(until, str) else {}
        sources = {name: self._value(value) for name, value in part.options.items() if isinstance(value, ValueSource)}
        return evolve(
            part,
            requires=None if part.requires is None else self._requirement(part.requires),
            repeats=None if part.repeats is None else self._value(part.repeats),
            takes=distinct(map(self._value, part.takes)),
            options={**part.options, **inner, **sources},
            result=part.result and self._child(path, part.result),
        )

    def _child(self, path: str, name: str) -> str:
        return self.path(f"{path}.{name}".lstrip(".")).rpartition(".")[2]

    def _requirement(self, requirement: Requirement) -> Requirement | None:
        if isinstance(requirement, Atom):
            return evolve(requirement, target=tuple(self.path(dotted(requirement.path)).split(".")))
        return join(filter(None, map(self._requirement, requirement.parts)), type(requirement))

    def _value(self, source: ValueSource) -> ValueSource:
        name = self.path(source.name) if source.kind in NAMES_A_PART else source.name
        return evolve(source, name=name, parts=tuple(map(self._value, source.parts)))


SAME_NAMES = Renaming(MappingProxyType({}))


def read_renaming(typed: tuple[str, ...], old: KeptDescription, new: Description) -> Renaming:
    """Read the typed renamings: ``OLD=NEW``, once for each.

    Raises:
        UsageError: the run has no such old name, the flow has no such new name, or the flow still has the old one.
    """
    names: dict[str, str] = {}
    for text in typed:
        before, equals, after = (part.strip() for part in text.partition("="))
        if not (equals and before and after):
            raise UsageError(
                f"--renamed {text!r} is not OLD=NEW", code="renamed", hint="write --renamed OLD=NEW, once for each"
            )
        if before not in old and after not in new and before in new and after in old:
            raise UsageError(
                f"--renamed {text!r}: {after!r} is the old name, and {before!r} the new one",
                code="renamed",
                hint=f"turn them round: --renamed {after}={before}",
            )
        _check(before, old, f"--renamed {text!r}: the run has no step or container {before!r}")
        _check(after, new, f"--renamed {text!r}: the flow has no step or container {after!r}")
        if before in new and before not in {one.rpartition("=")[2].strip() for one in typed}:
            raise UsageError(
                f"--renamed {text!r}: the flow still has {before!r}",
                code="renamed",
                hint="give --renamed for that one as well, or leave this out",
            )
        if before in names or after in names.values():
            raise UsageError(f"--renamed {text!r}: one of the names is given twice", code="renamed")
        names[before] = after
    return Renaming(names)


def _check(path: str, parts: KeptDescription, message: str) -> None:
    if path not in parts or not path:
        hint = guess(path, [one for one in parts if one]).strip()
        raise UsageError(message, code="unknown-path", path=path, hint=hint)
