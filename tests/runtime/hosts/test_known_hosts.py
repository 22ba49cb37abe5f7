"""Files of known hosts are read as OpenSSH reads them, as far as they are read at all."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequent.runtime.hosts.transports.known_hosts import key_of, known_line, read_known_hosts

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFvnmbCQ5rCRMV3Q5rJxTDjFJZT3IHSk0vWwh5lJ3i2M"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1W8dTMzFcPkRPqmy6Jk6lRzXK7pB3BfdW9NTwrjHQl"


def read(tmp_path, text, name="db1"):
    file = tmp_path / "known_hosts"
    file.write_text(text)
    return read_known_hosts((str(file),), name)


def test_a_key_is_found_by_any_of_its_names_with_its_line(tmp_path):
    known = read(tmp_path, f"# a comment\n\nother {OTHER}\nalias,DB1 {KEY} with a comment\n")
    assert [str(each.place) for each in known.keys] == [f"{tmp_path}/known_hosts:4"]
    assert known.has(key_of(f"db1 {KEY}"))
    assert not known.has(key_of(f"db1 {OTHER}"))
    assert known.doubts == ()


def test_files_that_are_not_there_know_nobody(tmp_path):
    known = read_known_hosts((str(tmp_path / "one"), str(tmp_path / "two")), "db1")
    assert (known.keys, known.doubts) == ((), ())


def test_a_name_with_a_port_is_another_name(tmp_path):
    assert read(tmp_path, f"[db1]:2222 {KEY}\n").keys == ()
    assert len(read(tmp_path, f"[db1]:2222 {KEY}\n", "[db1]:2222").keys) == 1


@pytest.mark.parametrize("is_hashed", [True, False])
def test_a_line_that_is_written_is_found_again_also_by_openssh(tmp_path, is_hashed):
    key = key_of(f"x {KEY}")
    for name in ("db1", "[db1]:2222", "[::1]:22022"):
        line = known_line(name, key, is_hashed=is_hashed)
        assert read(tmp_path, line, name).has(key)
        assert found_by_openssh(tmp_path / "known_hosts", name) == [KEY]
        assert read(tmp_path, line, "db2").keys == ()


def found_by_openssh(file, name):
    shown = subprocess.run(["ssh-keygen", "-F", name, "-f", file], capture_output=True, text=True, check=False)
    lines = [line for line in shown.stdout.splitlines() if line and not line.startswith("#")]
    return [" ".join(line.split()[1:3]) for line in lines]


names = st.sampled_from(["db1", "db2", "DB1", "[db1]:22022", "10.0.0.1"])
patterns = st.sampled_from(["*", "d?1", "db*", "!db1", "!db*", "10.0.0.*", "[*]:22022", "?b?"])
hosts = st.lists(names | patterns, min_size=1, max_size=3).map(",".join)
lines = st.tuples(hosts, st.sampled_from([KEY, OTHER])).map(lambda pair: f"{pair[0]} {pair[1]}")


@given(st.lists(lines, max_size=5), st.booleans(), names)
def test_what_is_certain_is_what_openssh_finds(tmp_path_factory, texts, is_hashed, name):
    file = tmp_path_factory.mktemp("known") / "known_hosts"
    file.write_text("".join(f"{text}\n" for text in texts))
    if is_hashed:
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=False, capture_output=True)
    known = read_known_hosts((str(file),), name)
    if not known.doubts:
        found = found_by_openssh(file, name)
        assert sorted(found) == sorted(text(each.key) for each in known.keys)


def text(key):
    return next(one for one in (KEY, OTHER) if key_of(f"x {one}") == key)


def test_a_fingerprint_is_that_of_openssh(tmp_path):
    (tmp_path / "key.pub").write_text(f"{KEY}\n")
    shown = subprocess.run(["ssh-keygen", "-lf", tmp_path / "key.pub"], capture_output=True, text=True, check=True)
    assert shown.stdout.split()[1] == key_of(f"x {KEY}").fingerprint
    assert str(key_of(f"x {KEY}")).startswith("ED25519 key SHA256:")
