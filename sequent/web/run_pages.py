"""The list of runs."""

from __future__ import annotations

from datetime import datetime, time

from starlette.requests import Request
from starlette.responses import Response

from sequent.dashboard.run_query import found_page
from sequent.model.status import RunStatus
from sequent.web.outcome_calendar import MOST_RUNS, first_day, weeks_of
from sequent.web.run_address import read_query
from sequent.web.templates import page
from sequent.web.web_site import site_of


def list_runs(request: Request) -> Response:
    """Show the runs that the address asks for, latest first, and the calendar of outcomes."""
    query = read_query(request.query_params)
    today = datetime.now().astimezone().date()
    with site_of(request).opened() as store:
        found = found_page(store, query)
        since = datetime.combine(first_day(today), time()).astimezone().timestamp()
        past = store.outcomes(since, MOST_RUNS)
    weeks = weeks_of((run for run in past if query.flow in ("", run.flow)), today)
    flows = sorted({run.flow for run in past} | {record.target.flow for record in found.runs})
    return page(
        "runs.html",
        site=site_of(request),
        query=query,
        found=found,
        weeks=weeks,
        flows=flows,
        statuses=[*RunStatus],
        now=datetime.now().astimezone().timestamp(),
    )
