"""Wherever a text of the author's is kept, a reference that was formatted into it is refused at its line."""

import functools
import json
import urllib.parse
from pathlib import Path

import attrs
import pytest

import sequent
from sequent import command, container, param, step
from sequent import virtual_resource_pool as vrp
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import DefinitionError

FLOW = """
class flow:
    day: str = param(default="2026")

    @step
    def a(self) -> str: ...

    {}
"""

IN_A_BODY = {
    "an attribute": "path = TEXT  # wrong",
    "an attribute with a type": "path: str = TEXT  # wrong",
    "an attribute in a list": "path = ['x', {'y': (TEXT,)}]  # wrong",
    "a key of an attribute": "path = {TEXT: 1}  # wrong",
    "a set": "path = {TEXT}  # wrong",
    "a record": "path = Record(TEXT)  # wrong",
    "an object": "path = Holder(TEXT)  # wrong",
    "a class in the body": "class Settings:  # wrong\n    path = f'{outer.day}.csv'",
    "the documentation": "__doc__ = TEXT  # wrong",
    "an attribute, over several lines": "path = (  # wrong\n    TEXT\n)",
    "a parameter's default": "name: str = param(\n    default=TEXT,  # wrong\n)",
    "a parameter's help": "name: str = param(default='',\n    help=TEXT,  # wrong\n)",
    "a default": "@step  # wrong\ndef b(self, x=TEXT): ...",
    "a default in a list": "@step  # wrong\ndef b(self, x=[TEXT]): ...",
    "a default in a tuple": "@step  # wrong\ndef b(self, x=(1, TEXT)): ...",
    "a default by name": "@step  # wrong\ndef b(self, *, x=TEXT): ...",
    "args": "b = step(args=(TEXT,))(take)  # wrong",
    "kwargs": "b = step(kwargs={'x': TEXT})(take)  # wrong",
    "a key in kwargs": "b = step(kwargs={'x': {TEXT: 1}})(take)  # wrong",
    "a partial": "b = step(functools.partial(take, TEXT))  # wrong",
    "kwargs of a container": "b = container(kwargs={'region': TEXT})(block)  # wrong",
    "items": "@step(\n    repeats=[TEXT],  # wrong\n)\ndef b(self): ...",
    "items in a record": "@step(\n    repeats=(Record(TEXT),),  # wrong\n)\ndef b(self): ...",
    "delay": "@step(\n    delay=TEXT,  # wrong\n)\ndef b(self): ...",
    "timeout": "@step(\n    timeout=TEXT,  # wrong\n)\ndef b(self): ...",
    "backoff": "@step(retries=1,\n    backoff=(TEXT, 2),  # wrong\n)\ndef b(self): ...",
    "a status": "@step(\n    requires=((a, TEXT),),  # wrong\n)\ndef b(self): ...",
    "a way to run": "@step(\n    task_construct=TEXT,  # wrong\n)\ndef b(self): ...",
    "a value instead": "@step\ndef b(self, x=a.result_or(TEXT)): ...  # wrong",
    "a start": "@step(repeats=[1])\ndef b(self, x=previous(TEXT)): ...  # wrong",
    "what was returned": "@step(requires=a.returned(TEXT))  # wrong\ndef b(self): ...",
    "the name of a secret": "@step\ndef b(self, x=secret(TEXT)): ...  # wrong",
    "a shell": "b = command(\n    shell=TEXT,  # wrong\n)",
    "a path as a word": "b = command('ls', Path(TEXT))  # wrong",
    "bytes as a word": "b = command('ls', TEXT.encode())  # wrong",
    "a variable's name": "b = command('env',\n    env={TEXT: '1'},  # wrong\n)",
    "bytes as input": "b = command('cat',\n    stdin=TEXT.encode(),  # wrong\n)",
    "a pool's name": "pool = Pool(TEXT, 2)  # wrong",
    "a pool of the original's": "pool = vrp.ResourcePool(TEXT, policy={'resource_limit': 2})  # wrong",
}
BY_CALLS = {
    "a flow's name": "sequent.Sequent(\n    name=TEXT,  # wrong\n)",
    "a store": "sequent.Sequent('f',\n    store=TEXT,  # wrong\n)",
    "a store's path": "sequent.Sequent('f',\n    store=Path(TEXT),  # wrong\n)",
    "a run's id": "sequent.Sequent('f',\n    run_id=TEXT,  # wrong\n)",
    "config": "sequent.Sequent('f',\n    config={'workdir': TEXT},  # wrong\n)",
    "config, deep": "sequent.Sequent('f',\n    config={'LOGGING': {'format': ['x', TEXT]}},  # wrong\n)",
    "a key in config": "sequent.Sequent('f',\n    config={TEXT: 1},  # wrong\n)",
    "a file of settings": "sequent.Sequent('f',\n    config=TEXT,  # wrong\n)",
    "a host": "sequent.Sequent('f',\n    host=TEXT,  # wrong\n)",
    "remotes": "sequent.Sequent('f',\n    remotes=[TEXT],  # wrong\n)",
    "a tag": "sequent.Sequent('f', config={},\n    config_tag=TEXT,  # wrong\n)",
    "a step's name": "flow.add_step(TEXT, func=take)  # wrong",
    "a long name": "flow.add_step(TEXT * 9, func=take)  # wrong",
    "args": "flow.add_step('b', func=take, args=[TEXT])  # wrong",
    "kwargs": "flow.add_step('b', func=take, kwargs={'x': [Record(TEXT)]})  # wrong",
    "bytes": "flow.add_step('b', func=take, kwargs={'x': TEXT.encode()})  # wrong",
    "beside a text that has no UTF-8": "flow.add_step('b', func=take, kwargs={'x': [TEXT, '\\udc80']})  # wrong",
    "a step's config": "flow.add_step('b', func=print,\n    config={'task_construct': TEXT},  # wrong\n)",
    "a module": "flow.add_step('b', func=print,\n    import_module=TEXT,  # wrong\n)",
    "a file": "flow.add_step('b', func=print, import_module='x',\n    import_file=TEXT,  # wrong\n)",
    "a store of run()": "body_flow.run(\n    store=TEXT,  # wrong\n)",
    "an id of run()": "body_flow.run(\n    run_id=TEXT,  # wrong\n)",
}
FORMS = {
    "an f-string": lambda one: f"/data/{one}.csv",
    "an f-string with a format": lambda one: f"{one:>10}",
    "an f-string with !r": lambda one: f"{one!r}",
    "an f-string with !a": lambda one: f"{one!a}",
    "%": lambda one: "/data/%s.csv" % one,  # noqa: UP031  one of the ways
    "format": lambda one: "/data/{}.csv".format(one),  # noqa: UP032  one of the ways
    "join": lambda one: "-".join(["x", str(one)]),
    "str": str,
    "repr": repr,
    "a list's text": lambda one: str([one]),
    "a text's text": lambda one: repr(f"<{one}>"),
    "upper case": lambda one: f"/{one}".upper(),
    "JSON": lambda one: json.dumps({"x": str(one)}),
    "a URL": lambda one: "http://x/?q=" + urllib.parse.quote(str(one)),
    "a query": lambda one: urllib.parse.urlencode({"q": str(one)}),
    "a path": lambda one: Path("/data") / f"{one}.csv",
    "a beginning": lambda one: f"/{one}"[:10],
}


@attrs.frozen
class Record:
    text: object


class Holder:
    def __init__(self, text):
        self.text = text


def take(x): ...


@container
class block:
    region: str = param()

    @step
    def load(self): ...


@container
class body_flow:
    @step
    def a(self): ...


NAMES = {
    "Path": Path,
    "functools": functools,
    "Record": Record,
    "Holder": Holder,
    "take": take,
    "block": block,
    "body_flow": body_flow,
    "vrp": vrp,
    "sequent": sequent,
    **{name: getattr(sequent, name) for name in ("Pool", "command", "container", "item", "outer", "param", "step")},
    **{name: getattr(sequent, name) for name in ("previous", "secret")},
}


def execute(text, tmp_path, **names):
    """Run the source of a flow, in a file, so that its lines can be read; give what it is refused."""
    file = tmp_path / "flow_file.py"
    file.write_text(text)
    known = {**vars(sequent), **NAMES, **names}

    def read():
        exec(compile(text, str(file), "exec"), known)  # noqa: S102  the test's own source
        definition_of(known["flow"])

    with pytest.raises(DefinitionError) as caught:
        read()
    error = caught.value
    (error,) = getattr(error, "problems", (error,))
    assert error.place is not None, error
    assert "# wrong" in text.split("\n")[error.place.line - 1], error
    assert error.place.file == str(file)
    assert error.hint
    return error


@pytest.mark.parametrize("text", ["f'{day}.csv'", "f'{day}'"])
@pytest.mark.parametrize("where", IN_A_BODY)
def test_it_is_refused_in_a_class(where, text, tmp_path):
    source = IN_A_BODY[where].replace("TEXT", text).replace("\n", "\n    ")
    error = execute("@container" + FLOW.format(source), tmp_path)
    assert "day" in error.message or "param()" in error.message


@pytest.mark.parametrize("text", ["f'{a.result}.csv'", "f'{a.result}'"])
@pytest.mark.parametrize("where", BY_CALLS)
def test_it_is_refused_in_the_builder(where, text, tmp_path):
    source = "flow = sequent.Sequent('flow')\na = flow.add_step('a', func=print)\n" + BY_CALLS[where]
    error = execute(source.replace("TEXT", text), tmp_path)
    assert error.code == "reference-in-text"
    assert "a string with a.result in it, which is known only while running" in error.message


@pytest.mark.parametrize("form", FORMS)
def test_it_is_found_in_whatever_way_it_was_formatted(form, tmp_path):
    error = execute("@container" + FLOW.format("path = form(a.result)  # wrong"), tmp_path, form=FORMS[form])
    assert error.code == "reference-in-text"
    assert "the attribute 'path' is a string with a" in error.message


def test_where_a_word_may_have_it_it_is_filled_in():
    @container(task_construct="invoke")
    class flow:
        day: str = param(default="2026")

        @step
        def a(self) -> str:
            return "x"

        show = command(
            "sh",
            "-c",
            'echo "$0$1$V"; cat',
            f"{day}",
            f"{a.result}",
            env={"V": f"v{day}"},
            stdin=f"<{day}>",
            result=str,
        )
        result = show

    assert flow.run(store=":memory:").result == "2026xv2026\n<2026>"


def test_texts_that_only_look_alike_are_texts():
    @container(task_construct="invoke")
    class flow:
        mark = "a\u2063b"
        path = "<day #1>"

        @step
        def show(self, x: str = "\u2063") -> str:
            return self.mark + self.path + x

        result = show

    assert flow.run(store=":memory:").result == "a\u2063b<day #1>\u2063"
