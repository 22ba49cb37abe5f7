"""Queries a host with a small program that any Python can run, and reads its answer."""

from __future__ import annotations

import msgspec

WORD = b"\0sequent-probe\0"
"""The beginning of the answer, after any output of a profile."""

# It reads its own source, whose length is in the first line, so that the command stays short and constant.
COMMAND = "-c 'import sys; exec(sys.stdin.read(int(sys.stdin.readline())))'"
"""The words after the interpreter."""

# For any Python since 2.7: one that is too old must be able to report that.
PROGRAM = r"""
import json, os, subprocess, sys, time


def room(home):
    import tempfile
    seen = os.statvfs(home)
    told = {"room": seen.f_bavail * seen.f_frsize, "trouble": "", "executes": True}
    try:
        handle, path = tempfile.mkstemp(prefix=".sequent-", dir=home)
        try:
            os.write(handle, b"#!/bin/sh\nexit 0\n" + b"\n" * 4096)
            os.fsync(handle)
            os.close(handle)
            os.chmod(path, 0o700)
            told["executes"] = subprocess.call([path]) == 0
        except OSError as error:
            if error.errno == 13:
                told["executes"] = False
            else:
                raise
        finally:
            os.unlink(path)
    except OSError as error:
        told["trouble"] = os.strerror(error.errno)
    return told


def found(name):
    places = os.environ.get("PATH", "").split(os.pathsep)
    paths = [name] if os.sep in name else [os.path.join(place, name) for place in places]
    return next((path for path in paths if os.access(path, os.X_OK) and os.path.isfile(path)), "")


def sequent():
    try:
        import sequent
        return str(sequent.__version__ or "?")
    except Exception:
        return ""


def left(seconds):
    # A process that nobody holds: whether it outlives the session is seen by the next one.
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nothing, stream)
            os.write(writer, str(os.getpid()).encode())
            os.closerange(3, 256)
            time.sleep(seconds)
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    return int(os.read(reader, 20))


def is_there(pid):
    try:
        with open("/proc/%d/stat" % pid) as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (IOError, OSError):
        return False


def answer(asked):
    home = os.path.expanduser("~")
    told = {"python": ".".join(map(str, sys.version_info[:3])), "executable": sys.executable or "", "home": home}
    told.update({"now": time.time(), "user": os.environ.get("USER", ""), "sequent": sequent()})
    told["agent"] = found(asked["agent"])
    told["is_root"] = os.getuid() == 0
    told.update(room(home))
    told["pid"] = left(asked["seconds"]) if asked["seconds"] else 0
    told["is_there"] = is_there(asked["pid"]) if asked["pid"] else False
    return told


word = "\0sequent-probe\0" + json.dumps(answer(ASKED)) + "\n"
sys.stdout.write(word)
sys.stdout.flush()
"""


class ProbeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of a host."""

    python: str
    executable: str
    home: str
    user: str
    now: float
    """The host's clock, in seconds since 1970."""
    sequent: str
    """The version of Sequent; '' if that interpreter has none."""
    agent: str
    """The path of the agent's command; '' if it is not found."""
    is_root: bool
    """Whether the user there is root."""
    room: int
    """The bytes that may be written to the home directory."""
    trouble: str
    """The reason why no file can be made there; '' if one can."""
    executes: bool
    """Whether a file there can be executed."""
    pid: int
    """The process that was left there; 0 if there is none."""
    is_there: bool
    """Whether the process in question still runs."""


def program(agent: str, seconds: int, pid: int) -> bytes:
    """Return the input for the interpreter.

    Args:
        agent: the program of the agent whose path is wanted.
        seconds: the seconds for which to leave a process there; 0: leave none.
        pid: a process that was left before; 0: none.
    """
    asked = {"agent": agent, "seconds": seconds, "pid": pid}
    text = f"ASKED = {asked!a}\n{PROGRAM}"
    return f"{len(text)}\n{text}".encode()


def read_answer(said: bytes) -> ProbeAnswer | None:
    """Return the answer in a host's output; None if there is none."""
    _, found, rest = said.partition(WORD)
    line, is_whole, _ = rest.partition(b"\n")
    if not found or not is_whole:
        return None
    try:
        return msgspec.json.decode(line, type=ProbeAnswer)
    except msgspec.MsgspecError:
        return None
