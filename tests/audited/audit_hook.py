"""An audit hook that objects where a driver or a command unpickles, imports, evaluates or opens what a store says.

Names that tests plant in stores contain ``PLANTED``. The hook is installed by ``tests/conftest.py`` in the process of
the tests, and by ``sitecustomize.py`` in processes that they start. It imports
nothing that a file of an author may hide.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

PLANTED = "planted_evil"
LOG = "AUDIT_LOG"
"""The variable with the file to which processes add the objections, a line each."""
SITE = os.path.dirname(os.path.abspath(__file__))
_PACKAGE = os.path.join(os.path.dirname(os.path.dirname(SITE)), "sequent") + os.sep
_WORKER = os.path.join(_PACKAGE, "runtime", "worker") + os.sep
_UNPICKLED = "pickle.find_class"
_CODE = frozenset(
    {"import", "compile", "exec", "open", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "ctypes.dlopen"}
)


class ObjectionError(BaseException):
    """A driver or a command did what a store says. It is no ``Exception``, so that nothing takes it for a failure."""


class Hook:
    """The hook of this process; Python never removes one."""

    def __init__(self) -> None:
        self.objections: list[str] = []
        self.looks_for_planted = False
        """Whether commands run in this process now, so that planted names are those of a store."""
        self._is_busy = False

    def install(self) -> None:
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event != _UNPICKLED and not (self.looks_for_planted and event in _CODE):
            return
        if self._is_busy:
            return
        self._is_busy = True
        try:
            objection = self._objection(event, arguments)
        finally:
            self._is_busy = False
        if objection:
            self._object(objection)

    def _objection(self, event: str, arguments: tuple[object, ...]) -> str:
        if event != _UNPICKLED:
            return next((f"{event} {text:.200}" for text in map(_text, arguments) if PLANTED in text), "")
        files = list(_files())
        is_ours = any(file.startswith(_PACKAGE) for file in files)
        is_worker = any(file.startswith(_WORKER) for file in files)
        return f"{event} {arguments!r:.200}" if is_ours and not is_worker else ""

    def _object(self, objection: str) -> None:
        self.objections.append(objection)
        path = os.environ.get(LOG)
        if path:
            line = f"{' '.join(sys.orig_argv)[-200:]}: {objection}\n".replace("\0", "")
            file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.write(file, line.encode("utf-8", "backslashreplace"))
            os.close(file)
        raise ObjectionError(objection)


def _text(argument: object) -> str:
    if isinstance(argument, bytes):
        return argument.decode("utf-8", "replace")
    if isinstance(argument, list | tuple):
        return " ".join(map(_text, argument))
    code = getattr(argument, "co_filename", None)
    return f"{code} {argument}" if code else str(argument)


def _files() -> Generator[str]:
    frame = sys._getframe(1)
    while frame is not None:
        yield frame.f_code.co_filename
        frame = frame.f_back


hook = Hook()
