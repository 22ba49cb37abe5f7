"""The ledger is read as far as it is written."""

from __future__ import annotations

from sequent import container, step
from tests.faults import ledger


@container
class noting:
    @step
    def work(self) -> None:
        ledger.note("start")
        ledger.note("end")


def test_no_part_of_a_line_is_an_entry(tmp_path, monkeypatch):
    path = tmp_path / "ledger"
    monkeypatch.setenv(ledger.LEDGER, str(path))
    assert noting.run(store=tmp_path / "store.db").status == "success"
    whole = path.read_bytes()
    first, second = ledger.read(path)
    assert (first.event, second.event) == ("start", "end")
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert ledger.read(path) in ([], [first], [first, second])
        # The process was killed there, and another one goes on.
        path.write_bytes(whole[:length] + whole[len(whole) // 2 :])
        assert ledger.read(path)[-1] == second
