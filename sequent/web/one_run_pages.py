"""The pages of one run: its overview, its tasks, and its comparison with earlier runs."""

from __future__ import annotations

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sequent.dashboard.one_run import OneRun, read_run
from sequent.dashboard.reasons import reasons_of
from sequent.dashboard.run_remainder import read_remainder
from sequent.errors import UsageError
from sequent.html.band_svg import band_svg
from sequent.html.rendering import markup
from sequent.html.report import MOST_DRAWN
from sequent.html.timeline_svg import timeline_svg
from sequent.model.scope import split_host
from sequent.model.status import RunStatus, Status
from sequent.pictures.states import States
from sequent.pictures.svg import notice_of, svg
from sequent.view.earlier_runs import earlier_runs
from sequent.view.failure_origins import with_origins
from sequent.view.next_command import next_command, plan_command
from sequent.view.run_facts import facts_of
from sequent.view.run_picture import run_picture, states_of
from sequent.view.step_spans import StepSpan, step_spans, usual_span
from sequent.web.iteration_chips import TaskPicker
from sequent.web.story_pages import first_left
from sequent.web.task_query import TaskQuery, read_task_query
from sequent.web.templates import page
from sequent.web.web_site import found, opened_run, site_of

_TASKS = 100
"""Tasks on a page."""


def show_run(request: Request) -> Response:
    """Show a run: its failures, its flow, its timeline, and what is going on."""
    site = site_of(request)
    with site.opened() as store:
        record = found(store, request)
        if record.id != request.path_params["run"]:
            return RedirectResponse(f"/runs/{record.id}", status_code=303)
        if record.status is RunStatus.DAMAGED:
            raise UsageError(record.reason, code="damaged-run")
        run = read_run(store, record, site.digests)
        states = states_of(run.summary)
        flow, note = _drawing(run, states)
        failures = with_origins(facts_of(store, record), run.failures)
        return page(
            "run.html",
            site=site,
            run=run,
            record=record,
            tab="overview",
            states=states,
            flow=flow,
            flow_note=note,
            timeline=markup(timeline_svg(run.digest.timeline, is_running=record.owner is not None)),
            failures=failures,
            next_command=next_command(record),
            plan_command=plan_command(record),
            reasons=reasons_of(store, run, failures),
            left=first_left(store, record),
        )


def _drawing(run: OneRun, states: States) -> tuple[object, str]:
    """Return the drawing of the flow, and a note on it; or '', and the reason why there is none."""
    try:
        picture = run_picture(run.summary)
    except UsageError as error:
        return "", error.message
    drawn = svg(picture, states, has_style=False, most=MOST_DRAWN)
    return markup(drawn), notice_of(picture, MOST_DRAWN)


def show_remainder(request: Request) -> Response:
    """Show what is left of a run, and the fate of its tasks in a recovery, as far as the store says."""
    site = site_of(request)
    with site.opened() as store:
        record = found(store, request)
        run = read_run(store, record, site.digests)
        return page(
            "remainder.html",
            site=site,
            run=run,
            record=record,
            tab="remainder",
            left=read_remainder(store, run),
            next_command=next_command(record),
            plan_command=plan_command(record),
        )


def list_tasks(request: Request) -> Response:
    """Show tasks of a step that have begun, chosen by their iterations and their status."""
    site, query = site_of(request), read_task_query(request.query_params)
    with opened_run(request) as (store, run):
        record = run.record
        query = query if query.path else _opened(query, run)
        path, host = split_host(query.path, record.outline)
        if path not in run.steps:
            raise UsageError(f"run {record.id!r} has no step {query.path!r:.100}", hint="choose one of its list")
        if host and not query.around:
            # The copies of the flow's only iteration.
            query = replace(query, around=(1,))
        tasks = store.tasks(record)
        levels = tasks.levels(query.path)
        found_tasks = tasks.tasks(query.path, query.around, query.status, query.after, _TASKS)
        return page(
            "tasks.html",
            site=site,
            run=run,
            record=record,
            tab="tasks",
            query=query,
            path=path,
            levels=levels,
            rows=[row for row in TaskPicker(tasks, record, query).rows() if row.chips],
            found=found_tasks,
            statuses=[*Status],
        )


def _opened(query: TaskQuery, run: OneRun) -> TaskQuery:
    """Choose a step, as none is chosen: the failures of the one with the most, or else the first of the flow."""
    failed = next((group.path for group in run.failures.groups if group.path in run.steps), "")
    if failed:
        return replace(query, path=failed, status=query.status or Status.FAILURE)
    return replace(query, path=next(iter(run.steps), ""))


def compare_run(request: Request) -> Response:
    """Show how long the steps of a run took, beside earlier runs of its flow."""
    site = site_of(request)
    with opened_run(request) as (store, run):
        record = run.record
        earlier = [each for each in earlier_runs(store, record) if each.status is RunStatus.SUCCESS]
        pieces = [site.digests.of(store, each).pieces for each in earlier]
        whole = StepSpan(
            path="",
            seconds=(run.now if record.ended is None else record.ended) - record.created,
            usual=usual_span(each.ended - each.created for each in earlier if each.ended is not None),
            is_active=record.owner is not None,
        )
        spans = [whole, *step_spans(run.steps, run.digest.pieces, pieces, is_driven=record.owner is not None)]
        return page(
            "compare.html",
            site=site,
            run=run,
            record=record,
            tab="compare",
            earlier=earlier,
            spans=spans,
            bands={each.path: markup(band_svg(each.seconds, each.usual)) for each in spans},
        )
