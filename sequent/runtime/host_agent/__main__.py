"""``python -m sequent.runtime.host_agent``: for hosts whose login shell does not find the command ``sequent-agent``."""

from sequent.runtime.host_agent.program import main

main()
