"""Makes the head and the tables of one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.text import Text

from sequent.model.status import Status
from sequent.runtime.records import Pending
from sequent.tui.cells import block, line, moment, numbers, status
from sequent.tui.row_table import Rows
from sequent.tui.run_content import RunContent
from sequent.view.expected_end import expected_text
from sequent.view.failure_groups import FailureGroup
from sequent.view.intervention_lines import intervention_lines
from sequent.view.next_command import next_command, plan_command
from sequent.view.run_result import RunResult
from sequent.view.text import ASKED, DELAYED, RETRY, counted, duration, in_order, nothing_text, readable, task_name

MOST_STEPS = 300
MOST_WAITS = 20
_REQUESTS = 20


def head(content: RunContent, now: float) -> Text:
    """Return the facts about a run, and the command that resumes it."""
    return Text("\n").join(_head(content, now))


def _head(content: RunContent, now: float) -> Iterator[Text]:
    run, record = content.run, content.run.record
    yield Text.assemble(line(record.target.flow, "bold"), "  ", status(record.status.value), "  ", line(record.id))
    facts = [f"started {moment(record.created)}"]
    if record.ended is not None:
        facts.append(f"took {duration(record.ended - record.created)}")
    elif record.owner is not None:
        facts.append(f"running for {duration(now - record.created)}")
    if record.recovery:
        facts.append(f"recovery {record.recovery}")
    if record.owner is not None:
        owner = record.owner
        facts.append(f"driven by process {owner.pid} of {owner.user} on {owner.host}")
    if record.origin is not None:
        facts.append(f"started by {record.origin.run} {record.origin.path}")
    yield line(", ".join(facts))
    if expected := run.digest.expected_end:
        yield line(expected_text(expected, now, moment))
    if record.params:
        yield line("  ".join(f"{name}={readable(value):.80}" for name, value in record.params.items()))
    yield Text.assemble(
        "tasks: ", numbers(run.numbers) if run.numbers else nothing_text(has_ended=record.ended is not None)
    )
    if record.reason:
        yield block(record.reason)
    if run.digest.result is not None:
        yield line(f"result: {_told(run.digest.result)}")
    if command := next_command(record):
        plan = plan_command(record)
        yield Text.assemble("run the rest, and keep all successes: ", line(command, "bold"))
        if plan:
            yield Text.assemble("show its plan, without running anything: ", line(plan, "bold"))


def _told(result: RunResult) -> str:
    if not result.columns:
        return f"{result.text:.200}"
    return f"{counted(len(result.rows), 'row')}{' or more' if result.is_cut else ''} of {', '.join(result.columns)}"


def failure_rows(content: RunContent) -> Rows:
    """Return a row for each group of failures; its key is the task that failed first."""
    return {
        task_name(group.first.located, group.first.sequence): [
            status("failure"),
            line(group.tasks[0] if group.count == 1 else group.path or "the flow"),
            line(f"{group.count:,} tasks" if group.count > 1 else group.items),
            line(_error(group)),
        ]
        for group in content.failures.groups
    }


def _error(group: FailureGroup) -> str:
    problem = group.first.problem
    message = problem.message.partition("\n")[0]
    place = f"  ({problem.file}:{problem.line})" if problem.file else ""
    return f"{problem.type}{': ' if message else ''}{message:.300}{place}"


def present_rows(content: RunContent, now: float) -> Rows:
    """Return a row for each task that is executed or waits for a time or an answer; its key is the task."""
    rows: dict[str, list[Text]] = {}
    for each in content.active:
        since = f"since {moment(each.started)}, for {duration(now - each.started)}"
        name = task_name(each.located, each.sequence)
        rows[name] = [status("active"), line(name), Text(_attempt(each.attempt)), Text(since)]
    questions = content.run.summary.questions
    for wait in content.run.summary.waits[:MOST_WAITS]:
        name = task_name(wait.located, wait.sequence)
        is_question = wait in questions
        word = ASKED if is_question else RETRY if wait.attempt else DELAYED
        told = _until(wait, is_question=is_question)
        if why := content.reasons.why.get(name, ""):
            told = f"{told}: {why}" if told else why
        rows[name] = [status(word), line(name), Text(_attempt(wait.attempt)), line(told)]
    return rows


def _attempt(number: int) -> str:
    return f"attempt {number}" if number > 1 else ""


def _until(wait: Pending, *, is_question: bool) -> str:
    return "" if is_question and not wait.has_limit else f"until {moment(wait.due)}"


def step_rows(content: RunContent) -> Rows:
    """Return a row for each step with the numbers of its tasks; its key is the step."""
    return {path: [line(path), _numbers(content, path)] for path in content.run.steps[:MOST_STEPS]}


def _numbers(content: RunContent, path: str) -> Text:
    run, record = content.run, content.run.record
    begun, unrun = run.digest.standings.get(path, {}), record.unrun.get(path, {})
    counts = Counter(begun)
    counts.update({each: n for each, n in unrun.items() if each is not Status.READY or record.owner is not None})
    told = numbers(in_order(counts))
    why = content.reasons.why.get(path, "")
    if not why and not begun and not unrun:
        why = "not begun"
    return Text("  ").join(part for part in (told, line(why, "dim")) if part)


def request_rows(content: RunContent) -> Rows:
    """Return a row for each of the last requests of people, and for why it was refused."""
    asked = content.run.summary.interventions[-_REQUESTS:]
    return {str(at): [line(each.strip())] for at, each in enumerate(intervention_lines(asked, moment))}
