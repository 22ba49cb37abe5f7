"""The environment variables by which steps, their commands and their child programs learn where they are."""

from __future__ import annotations

from sequent.runtime.context import LOGGER, Context

_LONGEST = 32_000


def variables_of(context: Context, item: str | None, prefix: str) -> dict[str, str]:
    """The variables of one attempt.

    Args:
        context: where the attempt is.
        item: the wire text of its item; None outside of repeats.
        prefix: what their names begin with.
    """
    variables = {
        "STEP_NAME": context.name,
        "STEP_PATH": context.path,
        "STEP_SEQUENCE": context.sequence,
        "STEP_RECOVERY": str(context.recovery),
        "STEP_ATTEMPT": str(context.attempt),
        "RUN_ID": context.run_id,
        "LOGGER_NAME": LOGGER,
        "IDEMPOTENCY_KEY": context.idempotency_key,
        "ATTEMPT_TOKEN": context.token,
    }
    if item is not None:
        text = context.item if isinstance(context.item, str) else item
        # A variable cannot hold NUL, nor much: the item itself is in context().
        if "\0" not in text and len(text) < _LONGEST:
            variables["STEP_ITEM"] = text
    return {prefix + name: value for name, value in variables.items()}
