"""Processes are ended for certain, whatever they ignore, and whoever ends them sleeps meanwhile."""

from __future__ import annotations

import subprocess

from sequent.runtime.processes import process_trees
from tests.children import Child
from tests.descriptors import few_descriptors

STUBBORN = ["bash", "-c", 'trap "" TERM; echo; exec sleep 100']


def test_who_ends_more_processes_than_it_has_descriptors_for_sleeps_until_their_grace_is_over():
    children = [Child(STUBBORN, stdout=subprocess.PIPE) for _ in range(9)]
    for child in children:
        assert child.stdout is not None
        child.stdout.readline()
    looks = 0

    def find() -> list[process_trees.Process]:
        nonlocal looks
        looks += 1
        return [
            process for process in (process_trees.process_at(child.pid) for child in children) if process is not None
        ]

    with few_descriptors(4):
        assert process_trees.end_all(find, 0.3) == 9
    for child in children:
        child.communicate()
    assert looks < 30
