"""The environment variables of Sequent, other than those of the settings of flows."""

from __future__ import annotations

PREFIX = "SEQUENT_"
"""The beginning of all names, and by default of the variables of attempts."""
SECRET_PREFIX = "SEQUENT_SECRET_"  # noqa: S105 - the beginning of names  # nosec B105
"""The beginning of the names of secrets."""
STORE = "SEQUENT_STORE"
"""The store."""
CONFIG, CONFIG_TAG = "SEQUENT_CONFIG", "SEQUENT_CONFIG_TAG"
"""The file of settings, and the key in it under which they are."""

RUN_DIRECTORY = "SEQUENT_RUN_DIRECTORY"
"""The run's directory, set for every program that a run starts."""
RUNS_AROUND = "SEQUENT_RUNS_AROUND"
"""The runs around a step, set for its programs."""
RECOVER_RUN, CONTINUE_RUN = "SEQUENT_RECOVER_RUN", "SEQUENT_CONTINUE_RUN"
"""The run that a script's ``run()`` is to recover, or to continue, instead of starting a new one."""
RECOVER_ASKED = "SEQUENT_RECOVER_ASKED"
"""The directives of that recovery that were given by hand."""
RECOVER_LOOPS = "SEQUENT_RECOVER_LOOPS"
"""The number of passes after which the script's runs are suspended, whatever the script says."""
RECOVER_RAISED = "SEQUENT_RECOVER_RAISED"
"""The file to which the script writes the error that ends it."""

OF_ATTEMPTS = (
    *("STEP_NAME", "STEP_PATH", "STEP_SEQUENCE", "STEP_RECOVERY", "STEP_ATTEMPT"),
    *("RUN_ID", "LOGGER_NAME", "IDEMPOTENCY_KEY", "ATTEMPT_TOKEN"),
)
"""The variables of each attempt, without the prefix of its flow."""
STEP_ITEM, STEP_HOST = "STEP_ITEM", "STEP_HOST"
"""The variables of some attempts, without that prefix."""

NO_SETTINGS = frozenset(
    {CONFIG, CONFIG_TAG, RUN_DIRECTORY, RUNS_AROUND, RECOVER_RUN, CONTINUE_RUN, RECOVER_ASKED, RECOVER_LOOPS}
    | {RECOVER_RAISED, *(PREFIX + name for name in (*OF_ATTEMPTS, STEP_ITEM, STEP_HOST))}
)
"""The variables with the prefix that are not settings of flows; secrets come in addition."""
