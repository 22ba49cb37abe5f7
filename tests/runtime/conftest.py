"""Workers that are driven directly, for tests that have a flow and no driver."""

import pytest

from tests.runtime.driving import forked


@pytest.fixture(scope="module")
def driving(request, tmp_path_factory):
    """Workers of the module's flow."""
    with forked(request.module.flow, tmp_path_factory.mktemp("run")) as found:
        yield found
