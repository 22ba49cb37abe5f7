"""The notes and artifacts that an attempt leaves, checked as they are left."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable

from sequent.errors import UsageError
from sequent.model.story import (
    LARGEST_ARTIFACT,
    LARGEST_NOTE,
    LARGEST_TOTAL,
    LONGEST_TITLE,
    MOST_PARTS,
    Artifact,
    Note,
    StoryPart,
)
from sequent.runtime.artifact_files import keep_artifact, media_type, total_size
from sequent.runtime.worker.secrets import Secrets


class AttemptStory:
    """The notes and artifacts of one attempt; they are kept together with the attempt's outcome.

    Args:
        directory: the run's directory, for the files of artifacts.
        host: the host of the worker, if no note or artifact from there reaches the driver; else ''.
        secrets: those that the attempt has taken, which are masked.
        now: the clock.
    """

    def __init__(self, directory: str, host: str, secrets: Secrets, now: Callable[[], float] = time.time) -> None:
        self._directory = directory
        self._host = host
        self._secrets = secrets
        self._now = now
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._parts: list[StoryPart] | None = []

    def note(self, text: str) -> None:
        """Leave a note.

        Raises:
            UsageError: it is not a text, or a limit is reached.
        """
        if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]  any step may call it
            raise UsageError(f"a note is a str, not {type(text).__name__}", code="note", hint="format it as Markdown")
        shown = printable(self._secrets.hidden(text))
        size = len(shown.encode())
        if size > LARGEST_NOTE:
            raise UsageError(
                f"the note has {size:,} bytes, and at most {LARGEST_NOTE:,} are kept",
                code="too-large",
                hint="write it to a file, and leave that: context().artifact(path)",
            )
        self._add(Note(at=self._now(), text=shown))

    def artifact(self, path: str | os.PathLike[str], title: str) -> None:
        """Leave a copy of a file.

        Raises:
            UsageError: it is not a file, its title is not a text, it contains a secret, or a limit is reached.
            OSError: there is no room for it.
        """
        if not isinstance(title, str):  # pyright: ignore[reportUnnecessaryIsInstance]  any step may call it
            raise UsageError(f"a title is a str, not {type(title).__name__}", code="artifact", hint="give it as text")
        self._refuse_more()
        place: str = os.fspath(path)
        data, name = _read(place), os.path.basename(place)
        self._secrets.check_artifact(data)
        with self._lock:
            total = total_size(self._directory) + len(data)
            if total > LARGEST_TOTAL:
                raise UsageError(
                    f"the artifacts of the run would have {total:,} bytes, and at most {LARGEST_TOTAL:,} are kept",
                    code="too-large",
                    hint="leave fewer or smaller ones, or keep them elsewhere and note where",
                )
        artifact = Artifact(
            at=self._now(),
            title=one_line(self._secrets.hidden(title) or name),
            name=one_line(self._secrets.hidden(name)),
            media=media_type(data),
            size=len(data),
            digest=keep_artifact(self._directory, data),
        )
        self._add(artifact)

    def _add(self, part: StoryPart) -> None:
        with self._lock:
            self._refuse_more()
            if self._parts is not None:
                self._parts.append(part)

    def _refuse_more(self) -> None:
        if self._host:
            raise UsageError(
                f"notes and artifacts of a step on host {self._host!r} are not kept",
                code="note",
                hint="its driver is older than Sequent there: install the same version; or print the note into the log",
            )
        if self._parts is None or os.getpid() != self._pid:
            where = "after its attempt has ended" if self._parts is None else "in a process that the step has started"
            raise UsageError(f"nothing can be left {where}", code="note", hint="let the step itself leave it")
        if len(self._parts) >= MOST_PARTS:
            raise UsageError(
                f"the attempt has left {MOST_PARTS} notes and artifacts, and no more are kept",
                code="too-many",
                hint="join several into one",
            )

    def end(self) -> tuple[StoryPart, ...]:
        """Return the notes and artifacts; no more are accepted."""
        with self._lock:
            parts, self._parts = self._parts or (), None
        return tuple(parts)


def _read(path: str) -> bytes:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise UsageError(f"the artifact {path!r} cannot be read: {error.strerror}", code="artifact") from None
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise UsageError(f"the artifact {path!r} is not a file", code="artifact", hint="name a file")
    with open(file, "rb") as stream:
        data = stream.read(LARGEST_ARTIFACT + 1)
    if len(data) > LARGEST_ARTIFACT:
        raise UsageError(
            f"the artifact {path!r} has more than {LARGEST_ARTIFACT:,} bytes, and no more are kept",
            code="too-large",
            hint="keep it elsewhere, and note where",
        )
    return data


def one_line(text: str) -> str:
    """Return a text as one short line."""
    plain = " ".join(printable(text).split())
    return plain if len(plain) <= LONGEST_TITLE else f"{plain[: LONGEST_TITLE - 3]}..."


def printable(text: str) -> str:
    """Return a text that every database can hold."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
