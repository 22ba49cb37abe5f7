"""Whether what a store says of code is believed."""

from __future__ import annotations

import os

import pytest

from sequent.cli.runs.store_trust import check_script, open_to_others, trusted_flow
from sequent.errors import UsageError
from sequent.model.commands import option, with_store
from sequent.settings.configuration import configuration
from tests.cli.plans import OneRun, a_record


def test_a_store_of_ones_own_says_where_the_flow_is(own_file):
    assert open_to_others(str(own_file), os.geteuid()) == ""


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_store_that_others_may_write_is_not_believed(own_file, mode):
    own_file.chmod(mode)
    assert f"mode {mode:04o}" in open_to_others(str(own_file), os.geteuid())


def test_a_store_of_another_user_is_not_believed(own_file):
    assert "another user" in open_to_others(str(own_file), os.geteuid() + 1)


def test_the_file_behind_a_link_is_what_counts(own_file, tmp_path):
    link = tmp_path / "link.db"
    link.symlink_to(own_file)
    own_file.chmod(0o666)
    assert "0666" in open_to_others(str(link), os.geteuid())


@pytest.mark.parametrize(
    ("name", "reason"), [("/nowhere/store.db", "not your file"), ("postgresql://host/db", "other users may write")]
)
def test_what_is_no_file_is_not_believed(name, reason):
    assert reason in open_to_others(name, os.geteuid())


def test_who_is_not_believed_is_told_what_to_type_for_that_very_store(own_file):
    own_file.chmod(0o666)
    with with_store(option("store", str(own_file))), pytest.raises(UsageError) as caught:
        trusted_flow(OneRun(a_record(), str(own_file)), a_record(), configuration(), "continue")
    assert f"sequent continue r00412 --flow module:flow --store {own_file}" in caught.value.hint


def test_the_flow_that_is_set_is_believed_instead(own_file):
    own_file.chmod(0o666)
    settings = configuration({"flow": "flows:nightly"})
    store = OneRun(a_record(), str(own_file))
    assert trusted_flow(store, a_record(), settings, "recover") == "flows:nightly"
    own_file.chmod(0o600)
    assert trusted_flow(store, a_record(), settings, "recover") is None


def test_a_script_is_not_run_as_others_may_have_written_and_how_to_run_it_is_told(own_file):
    store = OneRun(a_record(), str(own_file))
    check_script(store, a_record(), "SEQUENT_RECOVER_RUN")
    own_file.chmod(0o666)
    with pytest.raises(UsageError) as caught:
        check_script(store, a_record(), "SEQUENT_RECOVER_RUN")
    assert f"SEQUENT_STORE={own_file} SEQUENT_RECOVER_RUN=r00412 python SCRIPT" in caught.value.hint
    assert "--flow" not in caught.value.hint
