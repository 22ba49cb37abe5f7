"""Modules that a step names: imported once, and told with the author's line where they cannot be."""

from __future__ import annotations

import sys

import pytest

from sequent.errors import DefinitionError, UsageError
from sequent.model.work import ModuleImport
from sequent.runtime.loading.modules import import_once


@pytest.fixture
def names(tmp_path, monkeypatch):
    """A directory in which modules are found, and afterwards no trace of them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_module_is_imported_by_its_name_and_once(names):
    (names / "counted.py").write_text("import sys\nsys.counted = getattr(sys, 'counted', 0) + 1\n")
    try:
        import_once(ModuleImport("counted"))
        import_once(ModuleImport("counted"))
        assert sys.counted == 1
    finally:
        del sys.counted


def test_a_file_is_loaded_as_the_module_that_is_named_with_it(names):
    (names / "some.plugin.py").write_text("VALUE = 7\n")
    import_once(ModuleImport("acme_plugin", "some.plugin.py"))
    assert sys.modules["acme_plugin"].VALUE == 7
    import_once(ModuleImport("acme_plugin", str(names / "some.plugin.py")))


def test_a_file_under_a_name_that_is_taken_is_refused(names):
    (names / "one.py").write_text("")
    with pytest.raises(UsageError, match=r"the module 'json' is loaded from .*json.*not from 'one.py'"):
        import_once(ModuleImport("json", "one.py"))


def test_a_file_that_is_missing_is_named_with_the_directory(names):
    with pytest.raises(UsageError, match=f"file not found: 'gone.py' in '{names}'"):
        import_once(ModuleImport("gone", "gone.py"))


def test_a_module_that_is_missing_or_fails_is_told_with_its_line(names):
    with pytest.raises(DefinitionError, match="module not found: 'nowhere_at_all'"):
        import_once(ModuleImport("nowhere_at_all"))
    (names / "broken.py").write_text("x = 1\n1 / 0\n")
    with pytest.raises(DefinitionError, match="division by zero") as caught:
        import_once(ModuleImport("broken", "broken.py"))
    assert caught.value.place == (str(names / "broken.py"), 2)
    assert "broken" not in sys.modules
