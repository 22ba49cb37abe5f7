"""Where nothing but the store is set, it is found without reading settings, and is the same."""

from __future__ import annotations

import pytest

from sequent.errors import DefinitionError
from sequent.settings.configuration import configuration
from sequent.settings.store_alone import has_settings, store_alone


@pytest.mark.parametrize("typed", [None, "a.db", "~/a.db", "$PLACE/a.db", ":memory:"])
@pytest.mark.parametrize("named", [None, "b.db", "$PLACE/b.db"])
def test_the_store_is_that_of_the_settings(tmp_path, monkeypatch, typed, named):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLACE", "/srv")
    environment = {"SEQUENT_STORE": named} if named else {}
    monkeypatch.delenv("SEQUENT_STORE", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert not has_settings(environment, str(tmp_path))
    assert store_alone(typed, environment) == configuration({"store": typed}).store


def test_a_variable_that_is_not_set_is_an_error(tmp_path):
    with pytest.raises(DefinitionError, match="NOT_SET"):
        store_alone("$NOT_SET/a.db", {})


@pytest.mark.parametrize(
    "environment", [{"SEQUENT_MAX_CONCURRENT": "4"}, {"SEQUENT_MISSPELT": "1"}, {"SEQUENT_CONFIG": "c.toml"}]
)
def test_another_variable_is_a_setting(tmp_path, environment):
    assert has_settings(environment, str(tmp_path))


@pytest.mark.parametrize("environment", [{"SEQUENT_SECRET_X": "1"}, {"SEQUENT_RUN_ID": "r1"}, {"SEQUENT_FLOW": ""}])
def test_secrets_and_variables_of_attempts_are_none(tmp_path, environment):
    assert not has_settings(environment, str(tmp_path))


def test_a_file_is_a_setting(tmp_path):
    (tmp_path / "sequent.toml").write_text("max_concurrent = 3\n")
    assert has_settings({}, str(tmp_path))
