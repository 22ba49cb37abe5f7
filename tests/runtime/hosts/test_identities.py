"""Of a private key is said what keeps it from being used, without its passphrase."""

from __future__ import annotations

import subprocess

import pytest

from sequent.runtime.hosts.transports.identities import read_key_text

FORMS = [("ed25519", []), ("rsa", []), ("ecdsa", []), ("rsa", ["-m", "PEM"]), ("ecdsa", ["-m", "PKCS8"])]


@pytest.mark.parametrize(("kind", "form"), FORMS)
@pytest.mark.parametrize("passphrase", ["", "secret"])
def test_a_passphrase_is_noticed_in_every_form_of_a_key(tmp_path, kind, form, passphrase):
    file = tmp_path / "key"
    words = ["ssh-keygen", "-q", "-t", kind, "-b", "256" if kind == "ecdsa" else "2048", "-N", passphrase]
    subprocess.run([*words, "-f", file, *form], check=True)
    found = read_key_text(file.read_text())
    assert found.is_encrypted == bool(passphrase)
    if not form:
        assert found.type == file.with_suffix(".pub").read_text().split()[0]


def test_a_text_that_is_no_key_is_not_locked():
    for text in ("", "nothing", "-----BEGIN OPENSSH PRIVATE KEY-----\n!!!\n-----END OPENSSH PRIVATE KEY-----\n"):
        assert not read_key_text(text).is_encrypted
