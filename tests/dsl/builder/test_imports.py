"""``import_module`` and ``import_file`` of a step, as the original had them."""

from __future__ import annotations

import json
import os

import pytest

from sequent.dsl.builder.blocks import Sequent
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import DefinitionError
from sequent.model.work import ModuleImport


def work() -> None: ...


def replaced() -> None: ...


first = replaced


def replaced() -> None: ...


def imports_of(**options):
    flow = Sequent("flow")
    flow.add_step("a", func=options.pop("func", json.dumps), args=(1,) if "func" not in options else (), **options)
    return definition_of(flow).spec.root.children[0].work.imports


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({}, ()),
        ({"import_module": None, "import_file": None}, ()),
        ({"import_module": "acme.jobs"}, (ModuleImport("acme.jobs"),)),
        ({"import_module": ["acme.jobs", "acme.more"]}, (ModuleImport("acme.jobs"), ModuleImport("acme.more"))),
        ({"import_module": "jobs", "import_file": "lib/jobs.py"}, (ModuleImport("jobs", "lib/jobs.py"),)),
    ],
)
def test_modules_are_named_alone_or_together_and_with_the_file_that_they_are_in(given, read):
    assert imports_of(**given) == read


@pytest.mark.parametrize("given", [["acme", 5], [""], {"acme": 1}])
def test_a_list_that_names_no_modules_is_refused(given):
    with pytest.raises(DefinitionError, match="'import_module' is ") as caught:
        imports_of(import_module=given)
    assert "a module's dotted name, or a list" in caught.value.hint


def test_a_function_that_its_module_has_by_another_object_is_refused_at_the_line():
    def add():
        flow = Sequent("flow")
        flow.add_step("a", func=first, import_module=__name__)

    with pytest.raises(DefinitionError, match=f"'{__name__}.replaced' is not the object passed") as caught:
        add()
    assert caught.value.place is not None
    assert caught.value.place.file == __file__
    assert caught.value.place.line == add.__code__.co_firstlineno + 2


def test_a_function_that_is_found_by_its_name_is_accepted():
    flow = Sequent("flow")
    flow.add_step("a", func=work, import_module=__name__)
    flow.add_step("b", func=os.getcwd, import_module=["os", "posix"])
    assert definition_of(flow)
