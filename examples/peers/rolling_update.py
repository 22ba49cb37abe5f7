"""An update of a group of hosts at a time; a host that is ill afterwards is rolled back, and ends the update.

The peer: Ansible's rolling updates. It needs `serial`, `max_fail_percentage`, a `block` with `rescue`, and a wait
with `until`, `retries` and `delay`; finished groups are not recorded, so a second start goes over all groups again.

Try it in a directory with a file `hosts/NAME` for each host: `sequent run examples/peers/rolling_update.py:rollout`
"""

from pathlib import Path

from sequent import container, item, outer, param, step

GROUPS = [["canary"], ["web1", "web2"], ["web3", "web4"]]


@container
class rollout:
    """Bring all hosts to a version."""

    version: str = param(default="2.0")

    # One group after the other; what follows a group that failed does not begin.
    @container(repeats=GROUPS)
    class group:
        """One group: all its hosts at once."""

        hosts: list[str] = item()

        @container(repeats=hosts, parallel=0, stop_on_exception=False)
        class each:
            """One host; a file stands for it, with the version that runs there."""

            host: str = item()
            version: str = outer.version

            @step
            def look(self) -> str:
                """The version before: kept, so that a recovery does not take the new one for it."""
                return Path("hosts", self.host).read_text()

            # Install and check are one step, and may take three attempts. Were they two, a recovery would keep the
            # installation as done, though it has been put back.
            @step(requires=look, retries=2, backoff=("0.01s", 1))
            def update(self) -> None:
                """Install the version, and see that the host answers."""
                Path("hosts", self.host).write_text(self.version)
                if Path("hosts", f"{self.host}.ill").exists():
                    raise ConnectionError(f"{self.host} does not answer")

            @step(requires=update.failed, handles=False)
            def put_back(self, before: str = look.result) -> None:
                """Install what there was; the failure remains, and so the update ends with this group."""
                Path("hosts", self.host).write_text(before)
