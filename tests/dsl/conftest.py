"""What the tests of the language share: a mistake is blamed on the line that makes it."""

import linecache

import pytest

from sequent.errors import DefinitionError, InvalidFlowError


@pytest.fixture
def blamed():
    """Check that a function's mistake is told with these texts, at its line marked ``# wrong``."""

    def check(write, *texts):
        with pytest.raises(DefinitionError) as caught:
            write()
        error = caught.value
        if isinstance(error, InvalidFlowError):
            (error,) = error.problems
        assert error.place is not None, error
        line = linecache.getline(error.place.file, error.place.line)
        assert "# wrong" in line, f"blamed {line!r} for: {error}"
        for text in texts:
            assert text in str(error)
        assert "\n  hint: " in str(error)
        return error

    return check
