"""Orders and reports as the messages that driver and worker exchange."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, cast

from sequent.model.outcome import LogSpan, Problem
from sequent.model.references import CompoundForm
from sequent.model.status import Verdict
from sequent.runtime.orders import (
    AttemptBegan,
    AttemptEnded,
    AttemptOrder,
    Composed,
    Cut,
    DrawBroke,
    DrawnReport,
    DrawOrder,
    Given,
    ItemFound,
    RepeatFound,
    Report,
    Spooled,
    WorkerSetup,
)
from sequent.runtime.packets import BadMessageError, Message
from sequent.runtime.target import Target
from sequent.runtime.untrusted import count, data_text, number, seconds_of, text


class Word(StrEnum):
    """What a message between driver and worker is."""

    ATTEMPT = "a"
    DRAW = "d"
    FORGET = "f"
    LOADED = "l"
    UNLOADABLE = "u"
    BEGAN = "b"
    ENDED = "e"
    REPEAT = "r"
    ITEM = "i"
    BROKE = "x"
    IDLE = "w"
    ASK = "q"
    LEAVING = "z"


def write_order(order: AttemptOrder) -> Message:
    """An attempt's order, for a worker."""
    return [
        Word.ATTEMPT,
        order.frame,
        order.node,
        order.attempt,
        order.token,
        order.path,
        order.sequence,
        order.recovery,
        [_write_given(value) for value in order.inputs],
        order.makers,
        [(name, _write_given(value)) for name, value in order.attributes],
        order.item,
        order.settings,
        order.announces,
        order.wants_verdict,
    ]


def read_order(message: Message) -> AttemptOrder:
    """The order that ``write_order`` wrote."""
    _, frame, node, attempt, token, path, sequence, recovery, inputs, makers, attributes, *rest = cast(
        "list[Any]", message
    )
    item, settings, announces, wants_verdict = rest
    return AttemptOrder(
        frame=frame,
        node=node,
        attempt=attempt,
        token=token,
        path=path,
        sequence=sequence,
        recovery=recovery,
        inputs=tuple(map(_read_given, inputs)) if inputs else (),
        makers=tuple(makers),
        attributes=_read_attributes(attributes) if attributes else (),
        item=item,
        settings=settings,
        announces=announces,
        wants_verdict=wants_verdict,
    )


def key_of(message: Message) -> tuple[int, int]:
    """Of an order: its frame and its node, which no other has that is under way."""
    _, frame, node, *_ = cast("list[Any]", message)
    return frame, node


def write_draw(order: DrawOrder) -> Message:
    """A draw's order, for a worker."""
    attributes = [(name, _write_given(value)) for name, value in order.attributes]
    return [Word.DRAW, order.frame, order.node, order.number, order.path, order.skip, attributes]


def read_draw(message: Message) -> DrawOrder:
    """The order that ``write_draw`` wrote."""
    _, frame, node, number, path, skip, attributes = cast("list[Any]", message)
    return DrawOrder(
        frame=frame, node=node, number=number, path=path, skip=skip, attributes=_read_attributes(attributes)
    )


def _write_given(value: Given) -> object:
    """A value in an order: its text as it is, a file or a part as what they consist of."""
    match value:
        case str():
            return value
        case Spooled(path):
            return {"file": path}
        case Cut(whole, keys):
            return {"whole": _write_given(whole), "keys": keys}
        case Composed(form, parts, keys):
            return {"form": form, "parts": [_write_given(part) for part in parts], "keys": keys}


def _read_given(written: Any) -> Any:
    match written:
        case {"file": path}:
            return Spooled(path)
        case {"whole": whole, "keys": keys}:
            return Cut(_read_given(whole), tuple(keys))
        case {"form": form, "parts": parts, "keys": keys}:
            return Composed(CompoundForm(form), tuple(_read_given(part) for part in parts), tuple(keys))
        case text:
            return text


def _read_attributes(written: list[Any]) -> tuple[tuple[str, Given], ...]:
    return tuple((name, _read_given(value)) for name, value in written)


def write_report(report: Report) -> Message:
    """What a worker has to report, for the driver."""
    match report:
        case AttemptEnded():
            problem, log = report.problem, report.log
            return [
                Word.ENDED,
                report.frame,
                report.node,
                report.attempt,
                report.result,
                report.verdict.value,
                write_problem(problem) if problem is not None else None,
                [log.segment, log.offset, log.length, log.dropped] if log is not None else None,
                round(report.seconds, 6),
            ]
        case AttemptBegan(frame, node, attempt):
            return [Word.BEGAN, frame, node, attempt]
        case RepeatFound(frame, node, items, digest):
            return [Word.REPEAT, frame, node, items, digest]
        case ItemFound(frame, node, number, item):
            return [Word.ITEM, frame, node, number, item]
        case DrawBroke(frame, node, problem):
            return [Word.BROKE, frame, node, write_problem(problem)]
        case _:
            raise AssertionError(f"a worker never reports {report!r}")


def read_report(message: Message) -> AttemptBegan | AttemptEnded | DrawnReport:
    """The report that ``write_report`` wrote, each of its fields looked at: a step may have written it.

    Raises:
        BadMessageError: it is no report.
    """
    match cast("list[Any]", message):
        case [Word.ENDED, frame, node, attempt, result, verdict, problem, log, seconds]:
            return AttemptEnded(
                count(frame),
                count(node),
                count(attempt),
                None if result is None else data_text(result),
                _read_verdict(verdict),
                None if problem is None else read_problem(problem),
                None if log is None else _read_span(log),
                seconds_of(seconds),
            )
        case [Word.BEGAN, frame, node, attempt]:
            return AttemptBegan(count(frame), count(node), count(attempt))
        case [Word.REPEAT, frame, node, items, digest]:
            return RepeatFound(count(frame), count(node), None if items is None else data_text(items), text(digest))
        case [Word.ITEM, frame, node, number, item]:
            return ItemFound(count(frame), count(node), count(number), None if item is None else data_text(item))
        case [Word.BROKE, frame, node, problem]:
            return DrawBroke(count(frame), count(node), read_problem(problem))
        case _:
            raise BadMessageError("it is no report")


_VERDICTS = {verdict.value: verdict for verdict in Verdict}


def _read_verdict(written: object) -> Verdict:
    verdict = _VERDICTS.get(written) if isinstance(written, int) else None
    if verdict is None:
        raise BadMessageError("it has no verdict")
    return verdict


def _read_span(written: object) -> LogSpan:
    match cast("list[Any]", written):
        case [segment, offset, length, dropped]:
            return LogSpan(segment=text(segment), offset=count(offset), length=count(length), dropped=count(dropped))
        case _:
            raise BadMessageError("it has no span of a log")


def write_problem(problem: Problem) -> Message:
    """Why something failed, as part of a message."""
    return [
        problem.type,
        problem.message,
        problem.traceback,
        problem.file,
        problem.line,
        problem.exit_code,
        problem.signal,
        problem.types,
    ]


def read_problem(written: object) -> Problem:
    """The problem that ``write_problem`` wrote.

    Raises:
        BadMessageError: it is none.
    """
    match cast("list[Any]", written):
        case [kind, message, traceback, file, line, exit_code, signal, [*types]]:
            return Problem(
                type=text(kind),
                message=text(message),
                traceback=text(traceback),
                file=text(file),
                line=count(line),
                exit_code=None if exit_code is None else number(exit_code),
                signal=None if signal is None else number(signal),
                types=tuple(map(text, types)),
            )
        case _:
            raise BadMessageError("it has no problem")


def write_setup(setup: WorkerSetup) -> dict[str, object]:
    """What workers are told once, for the agent, which hands it on."""
    target = setup.target
    return {
        "run_id": setup.run_id,
        "directory": setup.directory,
        "logging_level": setup.logging_level,
        "logging_formats": setup.logging_formats,
        "logging_datefmt": setup.logging_datefmt,
        "envvar_prefix": setup.envvar_prefix,
        "sys_path": setup.sys_path,
        "around": setup.around,
        "store_options": setup.store_options,
        "target": {
            "flow": target.flow,
            "file": target.file,
            "module": target.module,
            "attribute": target.attribute,
            "is_script": target.is_script,
            "argv": target.argv,
            "cwd": target.cwd,
        },
    }


def read_setup(tree: dict[str, Any]) -> WorkerSetup:
    """The setup that ``write_setup`` wrote."""
    target = dict(tree["target"])
    target["argv"] = tuple(target["argv"])
    return WorkerSetup(
        run_id=tree["run_id"],
        directory=tree["directory"],
        logging_level=tree["logging_level"],
        logging_formats=tuple((level, text) for level, text in tree["logging_formats"]),
        logging_datefmt=tree["logging_datefmt"],
        envvar_prefix=tree["envvar_prefix"],
        sys_path=tuple(tree["sys_path"]),
        around=tree["around"],
        store_options=tree["store_options"],
        target=Target(**target),
    )
