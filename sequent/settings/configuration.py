"""Merges the settings, in this order: command line, environment, the flow itself, file, default."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve, field, fields, frozen

from sequent.by_fields import ByFields
from sequent.errors import Place
from sequent.model.hosts import host_text
from sequent.model.run_target import is_file
from sequent.model.spec import Definition, FlowConfig, FlowSpec
from sequent.model.variables import CONFIG, CONFIG_TAG
from sequent.settings.databases import DEFAULT
from sequent.settings.environment import read_environment, variable_of
from sequent.settings.file_lookup import find_file
from sequent.settings.files import SettingsFile, read_file
from sequent.settings.keywords import LOGGING_KEYS, Settings
from sequent.settings.mistakes import setting_error
from sequent.settings.original_keys import told_of
from sequent.settings.paths import expanded, path_from

BESIDE = ("store", "flow")
"""The settings of commands rather than of a flow: the store, and the default target."""
WITHOUT_EFFECT = "(without effect)"
_DEFAULTS = FlowConfig()


@frozen(eq=False, repr=False)
class SettingOrigin(ByFields):
    """The source of a value."""

    layer: str
    """``command line``, ``environment``, ``flow``, ``file`` or ``default``."""
    name: str = ""
    """The option or the variable."""
    place: Place | None = None
    """The line of a flow or of a file."""

    def __str__(self) -> str:
        return str(self.place or self.name or self.layer)


@frozen(eq=False, repr=False)
class Entry(ByFields):
    """One value, and its source."""

    key: str
    value: object
    origin: SettingOrigin


@frozen(eq=False, repr=False)
class _Layer(ByFields):
    """The settings of one source."""

    settings: Settings = field(factory=Settings)
    others: Mapping[str, str] = field(factory=dict[str, str])
    """The store and the target."""
    origins: Mapping[str, SettingOrigin] = field(factory=dict[str, SettingOrigin])
    """The source of each value, by its name in ``FlowConfig``, ``store``, ``flow`` or ``DATABASES.name``."""


@frozen(eq=False, repr=False)
class Configuration(ByFields):
    """The settings from outside the flow."""

    path: str
    """The file that was read; '' if there is none."""
    options: _Layer
    environment: _Layer
    file: _Layer

    @property
    def store(self) -> str | None:
        """The store in the settings, as a path or URL; None for the user's own."""
        return self.store_of()

    def store_of(self, given: str = "", by_default: str = "") -> str | None:
        """Return the store of a flow, as a path or URL; None for the user's own.

        Args:
            given: the store that was typed, or given to the flow; '' if there is none.
            by_default: the default store in the flow's own configuration, used if nothing else names one.
        """
        if given:
            return self.location(given)
        for layer in (self.options, self.environment):
            if "store" in layer.others:
                return self.location(layer.others["store"])
        named = by_default or self._entry_of_store()[0]
        return None if named is None else self.location(named)

    @property
    def flow(self) -> str | None:
        """The target in the settings: ``module:flow``, or ``path/file.py:flow``."""
        named = next((layer.others["flow"] for layer in self._layers if "flow" in layer.others), None)
        return None if named is None else expanded(named, "'flow'")

    def variables(self) -> dict[str, str]:
        """Return the settings of the command line, as variables for another process."""
        said = self.options.settings.values.items()
        return {variable_of(LOGGING_KEYS.get(name, name)): str(value) for name, value in said}

    def location(self, store: str) -> str:
        """Return the path or URL of a store that may be a name in ``DATABASES``.

        Raises:
            DefinitionError: a variable in it is not set.
        """
        for layer in (self.environment, self.file):
            if store in layer.settings.databases:
                return layer.settings.databases[store]
        return expanded(store, "'store'")

    def applied_to(self, definition: Definition) -> Definition:
        """Return a definition with its final settings.

        The flow's own settings override the file; the environment and the command line override them.
        """
        spec = definition.spec
        config = self.config_of(spec)
        told = tuple(f"{self.path}: {text}" for text in told_of(self.file.settings.idle))
        return evolve(definition, spec=evolve(spec, config=config, warnings=(*spec.warnings, *told)))

    def config_of(self, spec: FlowSpec | None = None) -> FlowConfig:
        """Return the final settings of a flow; of none in particular, if none is given."""
        return FlowConfig(**{name: value for name, value, _ in self._settings(spec)})

    def entries(self, spec: FlowSpec | None = None) -> Iterator[Entry]:
        """Yield each value with its source; with the values of a flow, if one is given."""
        yield Entry("store", *self._entry_of_store())
        layer = next((layer for layer in self._layers if "flow" in layer.others), None)
        yield Entry(
            "flow", layer and layer.others["flow"], layer.origins["flow"] if layer else SettingOrigin("default")
        )
        for name, value, origin in self._settings(spec):
            if name == "hosts":
                yield from {entry.key: entry for entry in self._host_entries(spec)}.values()
                continue
            yield Entry(name if name == "logdir" else LOGGING_KEYS.get(name, name), value, origin)
        databases = {name: layer for layer in reversed(self._layers) for name in layer.settings.databases}
        for name, layer in databases.items():
            yield Entry(f"DATABASES.{name}", layer.settings.databases[name], layer.origins[f"DATABASES.{name}"])
        for key, place in self.file.settings.idle.items():
            yield Entry(key, WITHOUT_EFFECT, SettingOrigin("file", place=place))

    @property
    def _layers(self) -> tuple[_Layer, ...]:
        return (self.options, self.environment, self.file)

    def _entry_of_store(self) -> tuple[str | None, SettingOrigin]:
        """Return the store in the settings and its source; else the default of ``DATABASES``."""
        for layer in self._layers:
            if "store" in layer.others:
                return layer.others["store"], layer.origins["store"]
        for layer in self._layers:
            if DEFAULT in layer.settings.databases:
                return layer.settings.databases[DEFAULT], layer.origins[f"DATABASES.{DEFAULT}"]
        return None, SettingOrigin("default")

    def _hosts(self, flow: _Layer) -> Iterator[tuple[str, Any, SettingOrigin]]:
        """Yield the hosts that the flow and the file name; the flow's settings override the file's."""
        layers = [layer for layer in (flow, self.file) if "hosts" in layer.settings.values]
        if layers:
            hosts = {name: one for layer in reversed(layers) for name, one in layer.settings.values["hosts"].items()}
            yield "hosts", hosts, layers[0].origins["hosts"]

    def _host_entries(self, spec: FlowSpec | None) -> Iterator[Entry]:
        for layer in reversed((_flow_layer(spec), self.file)):
            for host, said in layer.settings.values.get("hosts", {}).items():
                origin = layer.origins.get(f"HOSTS.{host}", layer.origins["hosts"])
                yield Entry(f"HOSTS.{host}", host_text(said), origin)

    def _settings(self, spec: FlowSpec | None) -> Iterator[tuple[str, Any, SettingOrigin]]:
        flow = _flow_layer(spec)
        for name in (attribute.name for attribute in fields(FlowConfig)):
            if name == "hosts":
                yield from self._hosts(flow)
                continue
            for layer in (self.options, self.environment, flow, self.file):
                if name in layer.settings.values:
                    yield name, layer.settings.values[name], layer.origins[name]
                    break
            else:
                yield name, getattr(_DEFAULTS, name), SettingOrigin("default")


def configuration(
    options: Mapping[str, Any] | None = None, *, file: str | None = None, tag: str | None = None
) -> Configuration:
    """Return the settings that apply to flows in this process, here and now.

    Args:
        options: the options of the command line, by the names of ``FlowConfig``, ``store`` and ``flow``.
        file: the file; None: the one that ``SEQUENT_CONFIG`` names, else the nearest.
        tag: the key in it under which they are; None: the one that ``SEQUENT_CONFIG_TAG`` names.

    Raises:
        UsageError: a file cannot be read, or a variable is unknown or invalid.
        DefinitionError: a setting is unknown, or its value is invalid.
    """
    named = file or os.environ.get(CONFIG) or find_file(os.getcwd())
    tag = tag or os.environ.get(CONFIG_TAG) or ""
    read = None if named is None else read_file(named, tag)
    return Configuration(
        path="" if read is None else read.path,
        options=_options_layer({key: value for key, value in (options or {}).items() if value is not None}),
        environment=_environment_layer(),
        file=_Layer() if read is None else _file_layer(read),
    )


def _options_layer(said: Mapping[str, Any]) -> _Layer:
    others = {key: str(said[key]) for key in BESIDE if key in said}
    values = {key: value for key, value in said.items() if key not in others}
    return _Layer(Settings(values), others, {key: SettingOrigin("command line", _option_of(key)) for key in said})


def _option_of(key: str) -> str:
    return {"flow": "TARGET", "logging_level": "--log-level"}.get(key, f"--{key.replace('_', '-')}")


def _environment_layer() -> _Layer:
    settings, others = read_environment(os.environ, BESIDE)
    variables = {name: place.file for name, place in settings.places.items()}
    variables |= {key: variable_of(key) for key in others}
    variables |= {key: variable_of(key) for key in _database_keys(settings)}
    return _Layer(
        settings, others, {name: SettingOrigin("environment", variable) for name, variable in variables.items()}
    )


def _flow_layer(spec: FlowSpec | None) -> _Layer:
    if spec is None:
        return _Layer()
    values = {name: getattr(spec.config, name) for name in spec.config_places if "." not in name}
    origins = {name: SettingOrigin("flow", place=place) for name, place in spec.config_places.items()}
    return _Layer(Settings(values), origins=origins)


def _file_layer(file: SettingsFile) -> _Layer:
    settings = file.settings(BESIDE)
    others = {key: expanded(_text(file, key), repr(key), file.place(key)) for key in BESIDE if key in file.table}
    if "store" in others and others["store"] not in settings.databases:
        others["store"] = path_from(file.directory, others["store"])
    if is_file(others.get("flow", "")):
        others["flow"] = path_from(file.directory, others["flow"])
    places = dict(settings.places) | {key: file.place(key) for key in (*others, *_database_keys(settings))}
    return _Layer(settings, others, {name: SettingOrigin("file", place=place) for name, place in places.items()})


def _database_keys(settings: Settings) -> list[str]:
    return [f"DATABASES.{name}" for name in settings.databases]


def _text(file: SettingsFile, key: str) -> str:
    value = file.table[key]
    if not isinstance(value, str) or not value:
        example = "a path, ':memory:', or a name in DATABASES" if key == "store" else "module:flow"
        raise setting_error(f"{key!r} is {value!r:.100}", file.place(key), f"give a string: {example}")
    return value
