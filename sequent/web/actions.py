"""The actions of people on a run: what follows is shown before, and each is asked for through the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from sequent.errors import NotDataError, UsageError
from sequent.model.commands import typed
from sequent.model.interventions import OF_A_DRIVER, InterventionKind
from sequent.model.json_text import read_json
from sequent.model.scope import split_host
from sequent.runtime.reading.handing_over import effect_of, hand_over
from sequent.web.access import PageRefusal
from sequent.web.one_run import read_run
from sequent.web.one_run_pages import found
from sequent.web.templates import page
from sequent.web.web_site import WebSite, site_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sequent.runtime.ports import Store
    from sequent.runtime.records import RunRecord

_LONGEST = 1 << 20
"""The bytes of a form at most."""


class ActionForm(Struct, frozen=True, kw_only=True):
    """An action, as its form or its address has it."""

    kind: InterventionKind
    place: str = ""
    outcome: str = "success"
    result: str = ""
    why: str = ""

    @property
    def has_place(self) -> bool:
        """Whether it is about a part of the run."""
        return self.kind not in OF_A_DRIVER

    @property
    def effect(self) -> str:
        """What follows, for people."""
        return effect_of(self.kind, self.place or "it", is_no=self.outcome == "failure")

    def further(self) -> dict[str, Any]:
        """Return the other fields of its intervention.

        Raises:
            UsageError: they contradict each other, or the result is not JSON.
        """
        if self.kind not in (InterventionKind.MARK, InterventionKind.APPROVE):
            return {"why": self.why}
        if self.result and self.outcome == "failure":
            raise UsageError("a failure has no result", code="result", hint="leave the result empty, and give a reason")
        if self.result:
            try:
                read_json(self.result, "which")
            except (NotDataError, ValueError) as error:
                text = f"{self.result!r:.100} is not JSON: {error}"
                raise UsageError(text, code="result", hint="write JSON: a string in double quotes") from None
        return {"why": self.why, "outcome": self.outcome, "result": self.result}

    def command(self, run: str) -> str:
        """Return the command that does the same."""
        words = [self.kind.value, run, *([self.place or "PATH"] if self.has_place else [])]
        return typed(*words, *([self.outcome] if self.kind is InterventionKind.MARK else []))


def _read(kind: str, values: Mapping[str, str]) -> ActionForm:
    if kind not in [each.value for each in InterventionKind]:
        raise UsageError(f"{kind!r:.100} is not an action", hint=f"choose one of {', '.join(InterventionKind)}")
    outcome = values.get("outcome", "success")
    return ActionForm(
        kind=InterventionKind(kind),
        place=values.get("place", "").strip(),
        outcome=outcome if outcome == "failure" else "success",
        result=values.get("result", "").strip(),
        why=values.get("why", "").strip(),
    )


def _question(record: RunRecord, form: ActionForm) -> str:
    """Return the question that a form answers; '' if it answers none."""
    path, _ = split_host(form.place.partition("/")[0], record.outline)
    part = record.description.get(path)
    return part.question if part is not None and form.kind is InterventionKind.APPROVE else ""


def _page(site: WebSite, store: Store, record: RunRecord, form: ActionForm, **names: Any) -> Response:
    run, question = read_run(store, record, site.digests), _question(record, form)
    return page("action.html", site=site, run=run, record=record, tab="", form=form, question=question, **names)


def show_action(request: Request) -> Response:
    """Show the form of an action, and what will follow."""
    site = site_of(request)
    form = _read(request.path_params["kind"], dict(request.query_params))
    with site.opened() as store:
        return _page(site, store, found(store, request), form, told="", problem="")


async def act(request: Request) -> Response:
    """Do what a form of this server asks for."""
    site = site_of(request)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST:
            raise UsageError(f"the form is longer than {_LONGEST:,} bytes", hint="leave the result out")
    values = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if not site.access.is_own_form(values.get("token", "")):
        refusal = PageRefusal.FORM
        return page("refusal.html", status=refusal.status, text=refusal.text, may_retry=False)
    if not site.allows_actions:
        text = "This server only reads. Start it with --allow-actions to act."
        return page("refusal.html", status=403, text=text, may_retry=False)
    form = _read(request.path_params["kind"], values)
    return await run_in_threadpool(_handed, request, site, form)


def _handed(request: Request, site: WebSite, form: ActionForm) -> Response:
    told = problem = ""
    with site.opened() as store:
        record = found(store, request)
        try:
            if form.has_place and not form.place:
                raise UsageError("no part of the run is named", hint="name a step, a container or an iteration")
            told = hand_over(store, record, form.kind, place=form.place, **form.further()).told(form.effect)
        except UsageError as error:
            problem = error.advice
        return _page(
            site, store, found(store, request), form, told=told, problem=problem, status=400 if problem else 200
        )
