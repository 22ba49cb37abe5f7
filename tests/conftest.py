"""What all tests share: how long and how randomly hypothesis searches."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests import postgres, sshd

# Under several workers on few processors a single example may be slow for no reason of its own.
_patient = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("dev", max_examples=50, **_patient)
settings.register_profile("ci", max_examples=100, derandomize=True, **_patient)
settings.register_profile("nightly", max_examples=1_000, **_patient)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


@pytest.fixture(scope="session")
def ssh_hosts():
    """Two machines that are reached by SSH; a test that changes one of them puts it right."""
    with sshd.ssh_hosts() as hosts:
        yield hosts


@pytest.fixture(scope="session")
def cluster():
    """A server of PostgreSQL of these tests alone; a test that stops it starts it again."""
    with postgres.cluster() as made:
        yield made
