"""Which step or container is written at a line: read from the source, where an error came before there was a path."""

import linecache

import pytest

from sequent.dsl.source_lines import path_at
from sequent.errors import Place

SOURCE = """\
from sequent import step, container, command, param, item  # nothing
import sequent
db = sequent.Pool("db", 0)  # nothing
loose = step(work)  # nothing
@container  # nothing
class flow:
    day: str = param()  # nothing
    load = step(  # load
        retries="x",  # load
    )(work)
    send: object = sequent.command("true")  # send
    @step(
        delay=1,  # fetch
    )
    async def fetch(self, x=1): ...  # fetch
    for n in range(3):  # nothing
        @step
        def again(self): ...  # again
    if True:
        pass
    else:
        other = step()(work)  # other
    @container(
        repeats=5,  # block
    )
    class block:
        region: str = item()  # block
        @container
        class inner:
            deep = container(kwargs={})(shared)  # block.inner.deep
            result = deep  # block.inner
def make():
    flow = Sequent()  # nothing
    @container
    class made:
        work = command("ls")  # work
    return made
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "flow.py"
    path.write_text(SOURCE)
    return str(path)


@pytest.mark.parametrize(
    ("line", "path"),
    [
        (number, line.partition("# ")[2].replace("nothing", ""))
        for number, line in enumerate(SOURCE.split("\n"), 1)
        if "# " in line
    ],
)
def test_a_line_is_in_the_step_or_container_that_it_defines(file, line, path):
    assert path_at(Place(file, line)) == path


def test_a_line_that_cannot_be_read_is_in_none(file, tmp_path):
    assert path_at(Place(file, 1000)) == ""
    assert path_at(Place(str(tmp_path / "missing.py"), 3)) == ""
    broken = tmp_path / "broken.py"
    broken.write_text("class a(:\n")
    linecache.checkcache()
    assert path_at(Place(str(broken), 1)) == ""
