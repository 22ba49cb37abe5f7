"""Describes other hosts: in lines for people, in documents for machines."""

from __future__ import annotations

from sequent.cli.output import json_output
from sequent.cli.output.error_text import as_text
from sequent.cli.output.text import Paint, duration, safe, size
from sequent.runtime.hosts.checking import HostReport
from sequent.runtime.hosts.key_confirmation import ShownKey
from sequent.runtime.hosts.probe import ProbeAnswer

_SKEW = 1.0
"""Seconds below which two clocks agree."""


def report_lines(report: HostReport, paint: Paint) -> list[str]:
    """Return the findings of a check, for people."""
    verdict = paint.alarm("✗") if report.problems else paint.strong("✓")
    lines = [f"{verdict} {paint.strong(safe(report.host))}"]
    if report.transport:
        lines.append(f"  {'transport':<10}{report.transport}: {safe(report.reason)}")
    if report.seconds is not None:
        address = f"{safe(report.address)}, " if report.address else ""
        lines.append(f"  {'reached':<10}{address}in {duration(report.seconds)}")
    answer = report.answer
    if answer is not None:
        clock = "as here" if abs(report.skew) < _SKEW else f"{report.skew:+.0f} s"
        rows = {
            "Python": f"{safe(answer.python)}, {safe(answer.executable)}",
            "Sequent": _sequent_text(report, answer),
            "clock": clock,
            "home": f"{safe(answer.home)}, {size(answer.room)} left",
            "logout": {True: "processes stay", False: "processes are ended", None: "not seen"}[report.stays],
        }
        lines += [f"  {name:<10}{text}" for name, text in rows.items()]
    lines += [f"  {paint.strong('warning:')} {safe(text)}" for text in report.warnings]
    for problem in report.problems:
        lines.append(f"  {'stage':<10}{problem.stage}")
        lines += [f"  {line}" for line in as_text(problem, paint).split("\n")]
    return lines


def _sequent_text(report: HostReport, answer: ProbeAnswer) -> str:
    """The Sequent of a host, and the place of its agent."""
    if report.is_shipped:
        return "travels there with each run"
    return f"{safe(answer.sequent) or 'none'}, {safe(answer.agent) or 'no agent'}"


def report_document(report: HostReport) -> json_output.Document:
    """The same, for machines."""
    answer = report.answer
    return {
        "name": report.host,
        "transport": report.transport or None,
        "reason": report.reason or None,
        "address": report.address or None,
        "seconds": report.seconds,
        "python": None if answer is None else answer.python,
        "executable": None if answer is None else answer.executable,
        "sequent": None if answer is None else answer.sequent or None,
        "agent": None if answer is None else answer.agent or None,
        "skew": None if answer is None else report.skew,
        "home": None if answer is None else answer.home,
        "room": None if answer is None else answer.room,
        "stays": report.stays,
        "warnings": list(report.warnings),
        "problems": [json_output.error_document(problem) for problem in report.problems],
    }


def key_document(shown: ShownKey, *, is_added: bool) -> json_output.Document:
    """A key that a host shows."""
    return {
        "address": shown.where,
        "name": shown.name,
        "type": shown.key.type,
        "fingerprint": shown.key.fingerprint,
        "file": shown.file,
        "added": is_added,
    }
