from contextlib import closing

from sequent.runtime.store import open_store
from sequent.view.run_facts import facts_of
from tests.contracts.plans import create


def test_the_failures_of_containers_are_read_once_and_only_if_they_are_asked_for(tmp_path, monkeypatch):
    with closing(open_store(str(tmp_path / "store.db"))) as store:
        read, container_problems = [], type(store).container_problems
        monkeypatch.setattr(
            type(store), "container_problems", lambda *given: read.append(given[1].id) or container_problems(*given)
        )
        facts = facts_of(store, create(store, "one").record)
        assert read == []
        assert (facts.container_problems, facts.container_problems) == ([], [])
        assert read == ["one"]
