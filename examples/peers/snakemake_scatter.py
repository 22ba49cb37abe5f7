"""A text that is split into files, each counted by a command, and the counts put together by another.

The peer: Snakemake's scatter and gather. It needs a `scattergather` section, wildcards in the names of files of three
rules, and the names written once more in `rule all`; the rules to run follow from files and their times.

Try it in a directory with a `book.txt`: `sequent run examples/peers/snakemake_scatter.py:words`
"""

from pathlib import Path

from sequent import command, container, item, param


@container
class words:
    """How often each word occurs."""

    book: Path = param(default=Path("book.txt"), help="the text")
    parts: int = param(default=3, help="into how many files to split it")

    # What it prints is its result: the names of the files, a line each.
    scatter = command(
        book,
        parts,
        shell='mkdir -p parts; rm -f parts/*; split -n "l/$2" "$1" parts/part-; ls parts/part-*',
        result=list[str],
    )

    # One command for each file. Data comes as "$1", so that no name of a file is read as code.
    count = command(
        item(),
        repeats=scatter.result,
        parallel=0,
        shell='tr -sc "[:alpha:]" "\\n" < "$1" | LC_ALL=C sort > "$1.words"; echo "$1.words"',
        result=str,
    )

    # A list among the words is as many words.
    gather = command(
        "counts.txt",
        count.result,
        shell='to=$1; shift; LC_ALL=C sort -m -- "$@" | uniq -c > "$to.part"; mv "$to.part" "$to"; cat "$to"',
        result=list[str],
    )

    result = gather
