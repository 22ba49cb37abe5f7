"""What stands between a store and its server: encryption that is checked, and a pooler."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from selectors import DefaultSelector
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sequent.errors import BusyError, StoreError
from sequent.model.status import RunStatus
from sequent.runtime.pruning import PruneRule
from sequent.runtime.rows import Batch, RunEnd
from sequent.runtime.store import open_store
from tests.children import Child
from tests.contracts.plans import TASK_A, attempted, create, each, repeated
from tests.contracts.test_sharing import ask, release, using
from tests.patience import wait_until
from tests.ports import free_port
from tests.postgres import USER, Cluster


@pytest.fixture
def name(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return cluster.new_database()


# -- encryption -------------------------------------------------------------------------------------


class Authority:
    """Signs certificates."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._signed(self._name, self._key, None)

    def certify(self, host: str) -> tuple[bytes, bytes]:
        """A certificate of a host, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        text = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return self._signed(subject, key, host), text

    def _signed(self, subject: x509.Name, key: Any, host: str | None) -> bytes:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        builder = builder.add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
        if host is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def authority(cluster: Cluster, tmp_path: Path) -> Iterator[Path]:
    """The certificate of the authority that has certified the server as ``localhost``."""
    made = Authority("ours")
    owner = os.stat(cluster.data)
    for file, text in zip(("server.crt", "server.key"), made.certify("localhost"), strict=True):
        path = cluster.data / file
        path.write_bytes(text)
        path.chmod(0o600)
        os.chown(path, owner.st_uid, owner.st_gid)
    cluster.execute("ALTER SYSTEM SET ssl = on")
    cluster.reload()
    (tmp_path / "ours.crt").write_bytes(made.certificate)
    (tmp_path / "other.crt").write_bytes(Authority("other").certificate)
    yield tmp_path / "ours.crt"
    cluster.execute("ALTER SYSTEM RESET ssl")
    cluster.reload()


def verified(cluster: Cluster, name: str, host: str, authority: Path) -> str:
    return cluster.url(name, sslmode="verify-full", sslrootcert=str(authority)).replace("127.0.0.1", host)


def test_a_server_that_is_certified_is_trusted_and_no_other(cluster: Cluster, name: str, authority: Path) -> None:
    with closing(open_store(verified(cluster, name, "localhost", authority))) as store:
        attempted(create(store), TASK_A, result="1")
        used = "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = '{}' AND ssl"
        assert cluster.execute(used.format(name)) == [(True,)]
    for host, file, said in (
        ("localhost", "other.crt", "certificate verify failed"),
        ("127.0.0.1", "ours.crt", "does not match host name"),
        ("localhost", "none.crt", "does not exist"),
    ):
        with pytest.raises(StoreError, match=said) as caught:
            open_store(verified(cluster, name, host, authority.with_name(file)))
        assert "sslrootcert" in caught.value.hint


# -- PgBouncer --------------------------------------------------------------------------------------


@pytest.fixture(params=["transaction", "session"])
def pooled(request: Any, cluster: Cluster, tmp_path: Path, name: str) -> Iterator[str]:
    """The address of the database behind a pooler."""
    port = free_port()
    directory = cluster.directory / f"bouncer-{port}"
    directory.mkdir()
    settings = directory / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n* = host=127.0.0.1 port={cluster.port} user={USER}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"pool_mode = {request.param}\ndefault_pool_size = 8\n"
    )
    words = [shutil.which("pgbouncer", path=f"/usr/sbin:{os.environ['PATH']}") or "pgbouncer", "-q", str(settings)]
    if os.geteuid() == 0:
        user = pwd.getpwnam(USER)
        os.chown(directory, user.pw_uid, user.pw_gid)
        words = ["runuser", "-u", USER, "--", *words]
    with (directory / "log").open("wb") as log:
        process = Child(words, cwd="/", stdout=log, stderr=log)
    url = cluster.url(name).replace(f":{cluster.port}/", f":{port}/")
    wait_until(lambda: answers(port) or process.poll() is not None)
    assert process.poll() is None, (directory / "log").read_text()
    yield url
    process.terminate()
    process.wait()


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_a_store_behind_a_pooler_has_all_that_it_has_without(cluster: Cluster, pooled: str, name: str) -> None:
    large = '"' + "x" * 3_000_000 + '"'
    with closing(open_store(pooled)) as store, closing(open_store(pooled)) as other, DefaultSelector() as selector:
        run, second = using(store), using(other)
        woken: list[None] = []
        run.watch(selector, lambda: woken.append(None))
        assert run._own.connection.is_pooled  # type: ignore[attr-defined]
        # What is set there stays for others.
        assert store._session.ask("SHOW jit") == cluster.execute("SHOW jit")
        repeated(run, 1, 2)
        attempted(run, TASK_A, result=large)
        for number in range(1, 40):
            attempted(run, each(number), result="1")
        assert run.result(TASK_A) == large
        assert len(list(store.attempts(run.record))) == 40
        assert ask(run, 3)
        assert not ask(second, 2)
        release(run)
        assert ask(second, 2)
        run.commit(Batch(end=RunEnd(RunStatus.FAILURE, {})))
        other.wake(run.record)
        wait_until(lambda: [key.data() for key, _ in selector.select(0.1)])
        run.close()
        with pytest.raises(BusyError, match="is driven by process"):
            store.take(second.record.id)
        taken = other.take(run.record.id)
        assert taken.result(TASK_A) == large
        taken.commit(Batch(end=RunEnd(RunStatus.SUCCESS, {})))
        taken.close()
        assert list(store.problems()) == []
        assert len(store.prune(PruneRule(keep=0)).runs) == 1
    prepared = "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND query LIKE 'LISTEN%'"
    assert cluster.execute(prepared.format(name)) == [(0,)]
