"""``python -m sequent.runtime.host_agent``: where the command ``sequent-agent`` is not on the path of a login shell."""

from sequent.runtime.host_agent.program import main

main()
