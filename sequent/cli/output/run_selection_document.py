"""Writes the selected part of a run as JSON."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from sequent.cli.output import json_output, story_output, why_document
from sequent.cli.output.run_selection import MOST_SHOWN, RunSelection
from sequent.cli.output.run_text import expected_end_of
from sequent.view.next_command import next_commands


def run_selection_document(selection: RunSelection, *, has_attempts: bool) -> json_output.Document:
    """Return the selected part of a run, with its attempts one by one if ``has_attempts``."""
    store, record, states = selection.store, selection.record, selection.states
    failures, questions, interventions = selection.failures, selection.questions, store.interventions(record)
    document = json_output.run_document(record, states.due)
    document["worked"] = round(states.worked, 6)
    document["expected_end"] = json_output.expected_document(expected_end_of(store, record, time.time()))
    document["steps"] = {path: json_output.counts_document(numbers) for path, numbers in selection.steps}
    document["active"] = [json_output.active_document(attempt) for attempt in selection.active]
    document["waits"] = [json_output.wait_document(wait) for wait in selection.waits]
    document["waiting"] = [why_document.reason_document(why) for why in selection.waiting()]
    document["questions"] = [
        json_output.question_document(each, record.description[each.path].question) for each in questions
    ]
    document["failed"] = len(failures)
    document["failures"] = [json_output.attempt_document(failure) for failure in failures[:MOST_SHOWN]]
    document["failed_containers"] = [json_output.failure_document(it) for it in selection.failed_containers]
    document["interventions"] = [json_output.intervention_document(asked) for asked in interventions]
    document["next"] = next_commands(record, questions, interventions)
    document["story"] = [*_story(selection)]
    if has_attempts:
        document["attempts"] = [json_output.attempt_document(attempt) for attempt in selection.attempts]
    return document


def _story(selection: RunSelection) -> Iterator[Mapping[str, object]]:
    for left in selection.left:
        moment, directory = json_output.moment(left.part.at), selection.store.directory(selection.record)
        yield story_output.left_document(left, moment, directory)
