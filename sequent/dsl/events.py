"""Events: requirements that are used in others."""

from __future__ import annotations

from functools import partial

from sequent.dsl.requirements import Requirement, is_empty, read_requirement
from sequent.dsl.source_lines import Site, option_place, read_at
from sequent.errors import DefinitionError


def read_event(requires: object, require: object, site: Site) -> Requirement:
    """Return the requirement given to ``add_event``, by either name.

    Raises:
        DefinitionError: it is given twice, is not a requirement, or requires nothing.
    """
    given = [(word, value) for word, value in (("requires", requires), ("require", require)) if not _is_nothing(value)]
    if len(given) > 1:
        raise _error("an event is given 'requires' and 'require', which mean the same", "give one of them", site)
    if not given:
        raise _error("an event requires nothing", "give it (step, STATUS) pairs", site)
    word, value = given[0]
    event = read_at(site, word, partial(read_requirement, value))
    if event is None:
        raise AssertionError(value)
    return event


def _is_nothing(value: object) -> bool:
    return value is None or is_empty(value)


def _error(message: str, hint: str, site: Site) -> DefinitionError:
    return DefinitionError(message, code="requirement", hint=hint, place=option_place(site, "requires"))
