"""Programs as steps: arguments, standard input, exit codes and output.

Try it: `sequent run examples/commands.py:inventory`
"""

from datetime import date
from pathlib import Path

from sequent import command, container, param, step


@container
class inventory:
    """Count the words of a text, with programs that every system has."""

    day: date = param(default=date(2026, 11, 24))
    text: str = param(default="to be or not to be\n")

    # One word, one argument: nothing is split, and there is no shell. `result=str` is the output.
    folder = command("mktemp", "--directory", "--tmpdir", f"inventory-{day:%Y%m%d}-XXXXXX", result=str)

    # A text on standard input, and the output as a list of lines.
    words = command("tr", "-s", " ", "\n", stdin=text, result=list[str])

    # An exit code other than 0 that is not a failure: grep exits with 1 if it finds nothing.
    numbers = command("grep", "--only-matching", "[0-9]\\+", stdin=text, success=(0, 1), result=list[str])

    @step
    def write(self, folder: str = folder.result, words: list[str] = words.result) -> Path:
        """A step in Python between the commands."""
        path = Path(folder) / "words.txt"
        path.write_text("".join(f"{word}\n" for word in sorted(words)))
        return path

    # The result of an earlier step is an argument. `env=` adds to the environment.
    counted = command("uniq", "--count", "--", write.result, env={"LC_ALL": "C"}, result=list[str])

    @step
    def show(self, lines: list[str] = counted.result, numbers: list[str] = numbers.result) -> dict[str, int]:
        """Return the words, with the number of times that they occur."""
        print(f"{len(numbers)} numbers")
        return {word: int(number) for number, word in (line.split() for line in lines)}

    # Remove the folder, whatever happened.
    clean_up = command("rm", "--recursive", "--force", "--", folder.result, requires=show.done)

    result = show
