"""Defines ``host``, which confirms the keys of other hosts, and checks whether steps could run there."""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import TYPE_CHECKING, Literal

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions
from sequent.cli.output import json_output
from sequent.cli.output.host_text import key_document, report_document, report_lines
from sequent.cli.output.terminal import out, say
from sequent.cli.output.text import Paint, safe
from sequent.cli.runs.host_remains import list_remains
from sequent.dsl.options.hosts import is_here
from sequent.errors import HostError, HostStage, UsageError
from sequent.model.spec import FlowConfig
from sequent.runtime.hosts.checking import HostReport, check_host
from sequent.runtime.hosts.key_confirmation import ShownKey, add_key, shown_keys

if TYPE_CHECKING:
    from typing import Annotated

    from cyclopts import Parameter

UNREACHABLE = 4
"""The exit code where steps cannot run on one of the hosts."""
_TIMEOUT = 20.0
_LONGEST = 3600
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_MOST = 16
"""Hosts that are checked at a time."""
Action = Literal["add", "check", "ls", "clean"]


def _check_seconds(_: object, seconds: float) -> None:
    if not 0 < seconds <= _LONGEST:
        raise ValueError(f"give seconds: more than 0, at most {_LONGEST}")


def host(
    action: Annotated[
        Action, Parameter(help="Confirm keys, check whether steps could run there, list or remove what runs have left.")
    ],
    /,
    *hosts: Annotated[str, Parameter(help="Names as steps give them; by default all of the configuration.")],
    fingerprint: Annotated[
        str | None, Parameter(help="For add: the key that the host must show, as SHA256:...")
    ] = None,
    yes: Annotated[
        bool, Parameter(negative="", show_default=False, help="For add: do not ask; needs --fingerprint.")
    ] = False,
    timeout: Annotated[float, Parameter(validator=_check_seconds, help="Seconds for a connection.")] = _TIMEOUT,
    options: GlobalOptions = DEFAULTS,
) -> int:
    """Confirm the keys of other hosts, check whether steps could run there, list or remove what runs have left."""
    config = options.settings().config_of()
    if action == "add" and len(hosts) != 1:
        raise UsageError(f"host add needs one host, got {len(hosts)}", hint="sequent host add NAME")
    if action != "add" and (fingerprint is not None or yes):
        raise UsageError("--fingerprint and --yes belong to host add", hint=f"sequent host {action} HOST...")
    names = hosts or tuple(config.hosts)
    if not names:
        raise UsageError("no host is given, and the configuration has none", hint=f"sequent host {action} HOST...")
    for name in names:
        if not name:
            raise UsageError("the name of a host is empty", hint=f"sequent host {action} HOST...")
        if is_here(name, config.hosts):
            raise UsageError(
                f"{name!r} is this machine, where steps run without a connection", hint="name another host"
            )
    if action == "add":
        return _add(config, names[0], options, fingerprint, is_sure=yes)
    if action == "check":
        return _check(config, names, options, timeout)
    return list_remains(config, names, options, timeout, cleans=action == "clean")


def _add(config: FlowConfig, name: str, options: GlobalOptions, fingerprint: str | None, *, is_sure: bool) -> int:
    if is_sure and not fingerprint:
        raise UsageError(
            "--yes needs the fingerprint that the host must show",
            hint=f"ask its administrator, then: sequent host add {name} --yes --fingerprint SHA256:...",
        )
    if fingerprint is not None and not _FINGERPRINT.fullmatch(fingerprint):
        raise UsageError(
            f"{fingerprint!r} is not a fingerprint: SHA256: and 43 letters, digits, '+' or '/'",
            hint="on the host: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
        )
    shown = shown_keys(config.host(name))
    added = [key for key in shown if _is_confirmed(name, key, fingerprint, is_sure=is_sure)]
    for key in added:
        add_key(key)
    if options.json:
        json_output.write({"host": name, "keys": [key_document(key, is_added=key in added) for key in shown]})
        return 0
    for key in shown:
        done = "is added to" if key in added else "is known already, in"
        out(f"{safe(key.where)}: the {safe(str(key.key))} {done} {safe(key.file)}")
    return 0


def _is_confirmed(name: str, shown: ShownKey, fingerprint: str | None, *, is_sure: bool) -> bool:
    """Whether a key is to be added; it is not, if it is known already.

    Raises:
        HostError: it is another one than it should be, or nobody confirms it.
    """
    if fingerprint is not None and shown.key.fingerprint != fingerprint:
        raise _key_error(
            f"possible attack: {shown.where} shows the {shown.key}, not {fingerprint}",
            name,
            "host-key-differs",
            "ask its administrator; nothing was added",
        )
    if shown.is_known or is_sure:
        return not shown.is_known
    if not sys.stdin.isatty():
        raise UsageError(
            f"{shown.where} shows the {shown.key}, and nobody is there to confirm it",
            hint=f"ask its administrator, then: sequent host add {name} --yes --fingerprint SHA256:...",
        )
    say(f"{safe(shown.where)} shows the {safe(str(shown.key))}.")
    kind = shown.key.kind.lower()
    say(f"Compare it with the host's own, there: ssh-keygen -lf /etc/ssh/ssh_host_{kind}_key.pub")
    say(f"Add it to {safe(shown.file)}? Type yes:")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise _key_error(f"the {shown.key} was not confirmed", name, "host-key-refused", "nothing was added")
    return True


def _key_error(problem: str, name: str, code: str, hint: str) -> HostError:
    return HostError(problem, host=name, stage=HostStage.HOST_KEY, code=code, hint=hint)


def _check(config: FlowConfig, names: tuple[str, ...], options: GlobalOptions, timeout: float) -> int:
    done: list[HostReport] = []
    with ThreadPoolExecutor(min(len(names), _MOST)) as threads:
        for report in threads.map(check_host, map(config.host, names), repeat(timeout)):
            done.append(report)
            if not options.json:
                out("\n".join(report_lines(report, Paint.of(sys.stdout))))
    if options.json:
        json_output.write({"hosts": [report_document(report) for report in done]})
    return UNREACHABLE if any(report.problems for report in done) else 0
