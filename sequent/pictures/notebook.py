"""Shows flows and outcomes as HTML, for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from inspect import cleandoc
from reprlib import Repr

from sequent.compiler import describe
from sequent.dsl.containers.flow_run import values_of
from sequent.dsl.references.literals import decoded
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import SequentError
from sequent.model.commands import option, resuming_call, resuming_command, with_store
from sequent.model.outcome import Failure, Failures, Outcome
from sequent.model.spec import ParamSpec
from sequent.model.status import RunStatus, Status
from sequent.pictures.picture import picture_of
from sequent.pictures.states import Standing
from sequent.pictures.style import page_style, plain
from sequent.pictures.svg import dot_elements, svg

_MOST_BOXES = 300
"""The maximum number of boxes: a notebook is stored with all that it shows."""
_MOST_FAILURES = 10
_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 200
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = 10
_DOTS = {
    RunStatus.SUCCESS: Status.SUCCESS,
    RunStatus.FAILURE: Status.FAILURE,
    RunStatus.RUNNING: Status.ACTIVE,
    RunStatus.STOPPED: Status.CANCELLED,
}


def html_of(thing: object) -> str | None:
    """Return a flow or outcome as HTML; None for a part of a flow, whose ``repr`` says as much."""
    if isinstance(thing, Outcome):
        return _page(_outcome(thing))
    if isinstance(thing, Failure):
        return _page(_failures([thing], 1))
    if isinstance(thing, Failures):
        return _page(_failures(thing, thing.total))
    try:
        definition = definition_of(thing)
        picture = picture_of(definition.spec.name, describe(definition.spec))
    except SequentError as error:
        if error.code == "not-a-flow":
            return None
        return _page([f'<p class="failure">{plain(line)}</p>' for line in str(error).splitlines()])
    doc = cleandoc(getattr(definition.bodies.get(()), "__doc__", None) or "")
    drawn = svg(picture, is_in_notebook=True, most=_MOST_BOXES)
    params = _params(definition.spec.params, values_of(thing))
    return _page([*([f"<p>{plain(doc)}</p>"] if doc else []), drawn, *params])


def _page(parts: Iterable[str]) -> str:
    return "\n".join(['<div class="sequent-shown">', f"<style>{page_style()}</style>", *parts, "</div>"])


def _params(params: Sequence[ParamSpec], values: Mapping[str, object]) -> Iterator[str]:
    """Yield the parameters, with the values that some were given."""
    if params:
        given = "<th>value</th>" if values else ""
        yield f"<table><tr><th>parameter</th><th>type</th>{given}<th>default</th><th></th></tr>"
        for param in params:
            default = "" if param.default is None else _SHORT.repr(decoded(param.default))
            value = _SHORT.repr(values[param.name]) if param.name in values else ""
            cells = (f"<code>{plain(param.name)}</code>", plain(param.type), *([plain(value)] if values else []))
            cells += (plain(default), plain(param.help))
            yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
        yield "</table>"


def _outcome(outcome: Outcome) -> Iterator[str]:
    again = f", recovery {outcome.recovery}" if outcome.recovery else ""
    numbers = Standing(outcome.counts)
    counts = f": {numbers.text}" if numbers.status is not None else ""
    status = outcome.status.value
    run = f"run <code>{plain(outcome.run_id)}</code>{again}{plain(counts)}"
    yield f"<p>{_dot(outcome.status)} <b>{status}</b> {run}</p>"
    if outcome.reason:
        yield f"<p>{plain(outcome.reason)}</p>"
    if outcome.result is not None:
        yield f"<p>result <code>{plain(_SHORT.repr(outcome.result))}</code></p>"
    yield from _failures(outcome.failures, outcome.failed)
    if call := resuming_call(outcome.status):
        store = "" if outcome.store == ":memory:" else option("store", outcome.store)
        with with_store(store):
            command = resuming_command(outcome.status, outcome.run_id)
        shell = f"; where the flow is in a file, also <code>{plain(command)}</code>"
        yield f"<p>to resume it, call <code>{call}</code> of the flow{shell if store else ''}</p>"


def _failures(failures: Sequence[Failure], total: int) -> Iterator[str]:
    for failure in failures[:_MOST_FAILURES]:
        yield from _failure(failure)
    more = max(total, len(failures)) - _MOST_FAILURES
    if more > 0:
        yield f"<p>and {more:,} more failure{'' if more == 1 else 's'}</p>"


def _dot(status: RunStatus) -> str:
    found = _DOTS.get(status)
    standing = Standing({} if found is None else {found: 1})
    return (
        f'<svg class="sequent-sign {plain(found.value if found else "")}" width="14" height="14" aria-hidden="true">'
        f"{''.join(dot_elements(standing, 7, 7))}</svg>"
    )


def _failure(failure: Failure) -> Iterator[str]:
    problem = failure.problem
    where = f" ({problem.file}:{problem.line})" if problem.file else ""
    attempt = f", attempt {failure.attempt}" if failure.attempt > 1 else ""
    told = f"{failure.path}/{failure.sequence}{attempt}: {problem.type}: {problem.message}{where}"
    if problem.traceback:
        yield f'<details><summary class="failure">{plain(told)}</summary>'
        yield f"<pre>{plain(problem.traceback)}</pre></details>"
    else:
        yield f'<p class="failure">{plain(told)}</p>'
