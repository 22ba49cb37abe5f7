"""Workers that are driven directly, for tests that have a flow and no driver; and a run with values, in any store."""

from collections.abc import Iterator

import pytest

from sequent.model.run_target import Target
from sequent.runtime.driver.values import Values
from sequent.runtime.ports import DrivenRun
from sequent.runtime.rows import Batch, FrameKey, FrameOpening
from sequent.runtime.store import open_store
from tests.runtime.driving import forked
from tests.runtime.valued import PLAN, ROOT
from tests.runtime.worlds import close_worlds


@pytest.fixture(autouse=True)
def close_stores() -> Iterator[None]:
    """Leave no directory of a store in memory behind."""
    yield
    close_worlds()


@pytest.fixture(scope="module")
def driving(request, tmp_path_factory):
    """Workers of the module's flow."""
    with forked(request.module.flow, tmp_path_factory.mktemp("run")) as found:
        yield found


@pytest.fixture(params=["sqlite", "memory"])
def run(request, tmp_path) -> Iterator[DrivenRun]:
    store = open_store(str(tmp_path / "store.db") if request.param == "sqlite" else ":memory:")
    made = store.create(Target(flow="values"), PLAN, None, {})
    made.commit(Batch(frames=[FrameOpening(FrameKey(0, ROOT, 1), 1)]))
    yield made
    made.close()
    store.close()


@pytest.fixture
def found(run):
    return Values(PLAN, run)
