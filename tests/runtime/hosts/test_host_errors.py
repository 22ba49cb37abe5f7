"""The hints about hosts name the file of the SSH configuration that is used."""

from __future__ import annotations

import pytest

from sequent.errors import HostError
from sequent.model.hosts import HostSettings
from sequent.runtime.hosts.transports.destinations import check_destination
from sequent.runtime.hosts.transports.host_errors import Denial, HostErrors


def no_destination(errors: HostErrors) -> HostError:
    with pytest.raises(HostError) as caught:
        check_destination(errors.settings, "-v@db1")
    return caught.value


@pytest.mark.parametrize(
    "make",
    [
        no_destination,
        lambda errors: errors.name_unknown("db1", "not found"),
        lambda errors: errors.denied((), Denial()),
        lambda errors: errors.denied((), Denial(is_partial=True)),
        lambda errors: errors.denied((), Denial(has_too_many=True)),
    ],
)
def test_a_hint_names_the_file_that_the_flow_names_or_else_the_users_own(make):
    own = HostSettings(name="db1", address=("db1",))
    other = HostSettings(name="db1", address=("db1",), ssh_config="/srv/flows/ssh")
    assert "~/.ssh/config" in make(HostErrors(own, "db1")).hint
    hint = make(HostErrors(other, "db1")).hint
    assert "/srv/flows/ssh" in hint
    assert "~/.ssh/config" not in hint


def test_a_command_to_type_names_the_file_as_well():
    other = HostSettings(name="db1", address=("db1",), ssh_config="/srv/my flows/ssh")
    errors = HostErrors(other, "db1")
    assert "ssh-copy-id -F '/srv/my flows/ssh' db1;" in errors.denied((), Denial()).hint
    assert errors.by_hand("true") == "ssh -F '/srv/my flows/ssh' db1 true"
