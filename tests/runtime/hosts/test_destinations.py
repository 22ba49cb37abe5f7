"""Destinations are read as OpenSSH reads them, and nothing else is one."""

from __future__ import annotations

import pytest

from sequent.errors import HostError
from sequent.model.hosts import HostSettings
from sequent.runtime.hosts.transports.destinations import Destination, check_destination, jumps_of

HOST = HostSettings(name="db1", address=("db1",))

FORMS = {
    "db1": Destination("db1"),
    "ada@db1": Destination("db1", "ada"),
    "ada@corp@db1": Destination("db1", "ada@corp"),
    "::1": Destination("::1"),
    "ada@fe80::1%eth0": Destination("fe80::1%eth0", "ada"),
    "[::1]": Destination("::1"),
    "ssh://db1": Destination("db1"),
    "ssh://ada@db1:2222/": Destination("db1", "ada", "2222"),
    "ssh://ada@[::1]:2222": Destination("::1", "ada", "2222"),
}


@pytest.mark.parametrize("text", FORMS)
def test_a_destination_is_read(text):
    assert check_destination(HOST, text) == FORMS[text]


@pytest.mark.parametrize(
    "text", ["", "-v", "-v@db1", "ada@", "ada@-v", "a b", "a\nb", "a|b", "`a`", "ssh://", "ssh://a:b", "a'"]
)
def test_nothing_else_is_a_destination(text):
    with pytest.raises(HostError) as caught:
        check_destination(HOST, text)
    assert repr(text) in caught.value.message or caught.value.code == "host-destination"


def test_jump_hosts_stand_in_the_order_of_the_way():
    assert jumps_of(HOST, "ada@one:2222,[::1]:22,ssh://two:33") == (
        Destination("one", "ada", "2222"),
        Destination("::1", "", "22"),
        Destination("two", "", "33"),
    )


def test_the_words_for_ssh_have_an_address_of_ipv6_apart_from_its_port():
    assert Destination("::1", "ada", "22").words == ["-l", "ada", "-p", "22", "--", "::1"]
    assert str(Destination("::1", "ada", "22")) == "ssh://ada@[::1]:22"
