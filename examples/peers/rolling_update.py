"""An update of a group of hosts at a time; a group that is not healthy afterwards is put back and ends the update.

The peer: Ansible's rolling updates. It needs `serial`, `max_fail_percentage`, a `block` with `rescue`, and a wait
with `until`, `retries` and `delay`; what was done is not kept, so a second start goes over all groups again.

Try it in a directory with a file `hosts/NAME` for each host: `sequent run examples/peers/rolling_update.py:rollout`
"""

from pathlib import Path

from sequent import container, context, item, outer, param, step

GROUPS = [["canary"], ["web1", "web2"], ["web3", "web4"]]


def host_file(host: str) -> Path:
    """Stands for the host: it has the version that runs there, and "ill" if it does not answer."""
    return Path("hosts", host)


@container
class rollout:
    """Bring all hosts to a version."""

    version: str = param(default="2.0")

    # One group after the other; what follows a group that failed does not begin.
    @container(repeats=GROUPS)
    class group:
        """One group: all its hosts at once."""

        hosts: list[str] = item()
        version: str = outer.version

        @step(repeats=hosts, parallel=0)
        def update(self, host: str = item()) -> str:
            """Install the version. Gives the one before, which the scratch directory knows after a failure too."""
            before = context().scratch / "before"
            if not before.exists():
                before.write_text(host_file(host).read_text())
            host_file(host).write_text(self.version)
            return before.read_text()

        # A host may need a moment: three looks in all.
        @step(requires=update, repeats=hosts, parallel=0, retries=2, backoff=("0.01s", 1))
        def healthy(self, host: str = item()) -> None:
            """See that it answers."""
            if Path("hosts", f"{host}.ill").exists():
                raise ConnectionError(f"{host} does not answer")

        @step(requires=healthy.failed, handles=False)
        def put_back(self, before: list[str] = update.result) -> None:
            """Put the whole group back; its failure remains, and so the update ends."""
            for host, version in zip(self.hosts, before, strict=True):
                host_file(host).write_text(version)
