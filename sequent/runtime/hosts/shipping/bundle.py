"""Builds the archive for a host: this package, the packages that it needs there, and the flow's own modules."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import io
import os
import sysconfig
import zipfile
from collections.abc import Iterator

from attrs import field, frozen

from sequent.by_fields import ByFields
from sequent.errors import UsageError

PURE, COMPILED = ("sequent", "attr", "attrs"), ("msgspec",)
"""The packages without which neither agent nor worker starts."""
_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages"})
_LARGEST = 64 * 1024**2
_TIME = (1980, 1, 1, 0, 0, 0)


@frozen(eq=False, repr=False)
class Bundle(ByFields):
    """An archive with its digest: equal files make equal archives."""

    data: bytes = field(repr=False)
    digest: str

    @property
    def soabi(self) -> str:
        """The tag of the Python that its compiled packages fit."""
        return str(sysconfig.get_config_var("SOABI") or "")


@functools.cache
def make_bundle(module: str, file: str) -> Bundle:
    """Pack the modules that a host needs for a flow.

    Args:
        module: the name of the flow's module; '': without a flow.
        file: its path.

    Raises:
        UsageError: the flow has too many files of its own, or one that cannot be read.
    """
    files = dict(_flow_files(module, file)) if module else {}
    size = sum(os.path.getsize(path) for path in files.values())
    if size > _LARGEST:
        raise UsageError(
            f"the modules beside {file!r} have {size / 2**20:.0f} MiB, and at most {_LARGEST // 2**20} MiB are sent",
            code="ship",
            hint="put the flow into a package or a directory of its own, or install its modules on the host",
        )
    for package in (*PURE, *COMPILED):
        files.update(_package_files(package, _directory_of(package)))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _TIME)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            archive.writestr(info, _content_of(files[name]))
    data = packed.getvalue()
    return Bundle(data, hashlib.sha256(data).hexdigest())


def _content_of(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise UsageError(
            f"{path!r} cannot be sent with the flow: {error.strerror}",
            code="ship",
            hint="make it readable, or move it out of the directory of the flow's modules",
        ) from error


def _directory_of(package: str) -> str:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise AssertionError(f"{package} is not there")
    return spec.submodule_search_locations[0]


def flow_root(module: str, file: str) -> str:
    """Return the directory below which the files of a flow have the names that they have where they are sent."""
    top, _, rest = module.partition(".")
    directory = os.path.dirname(file)
    if not rest and os.path.basename(file) != "__init__.py":
        return directory
    while os.path.basename(directory) != top and directory != os.path.dirname(directory):
        directory = os.path.dirname(directory)
    return os.path.dirname(directory)


def _flow_files(module: str, file: str) -> Iterator[tuple[str, str]]:
    """Yield the files of the module's package; for a module without one, the modules and packages beside it."""
    top, _, rest = module.partition(".")
    if rest or os.path.basename(file) == "__init__.py":
        yield from _package_files(top, os.path.join(flow_root(module, file), top))
        return
    beside = os.path.dirname(file)
    for name in sorted(os.listdir(beside)):
        path = os.path.join(beside, name)
        if name.endswith(".py") and os.path.isfile(path):
            yield name, path
        elif name.isidentifier() and name not in _SKIPPED and os.path.isfile(os.path.join(path, "__init__.py")):
            yield from _package_files(name, path)


def _package_files(name: str, directory: str) -> Iterator[tuple[str, str]]:
    for path, directories, files in os.walk(directory):
        directories[:] = sorted(each for each in directories if each not in _SKIPPED and not each.startswith("."))
        within = os.path.relpath(path, directory)
        for file in sorted(files):
            # Editors leave links to nowhere, and a pipe would never be read to its end.
            if not file.endswith(".pyc") and os.path.isfile(os.path.join(path, file)):
                yield os.path.normpath(os.path.join(name, within, file)), os.path.join(path, file)
