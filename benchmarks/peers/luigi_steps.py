"""luigi: each task writes a file under another name and renames it; the files are the state."""

from __future__ import annotations

import sys
import time

import luigi


class Link(luigi.Task):
    number = luigi.IntParameter()

    def requires(self):
        return Link(self.number - 1) if self.number else []

    def output(self):
        return luigi.LocalTarget(f"link-{self.number}")

    def run(self):
        with self.output().open("w") as file:
            file.write(str(self.number))


class Leaf(luigi.Task):
    number = luigi.IntParameter()

    def output(self):
        return luigi.LocalTarget(f"leaf-{self.number}")

    def run(self):
        with self.output().open("w") as file:
            file.write(str(self.number))


if __name__ == "__main__":
    shape, count = sys.argv[1], int(sys.argv[2])
    tasks = [Link(count - 1)] if shape == "chain" else [Leaf(number) for number in range(count)]
    sys.setrecursionlimit(max(1000, 10 * count))
    began = time.perf_counter()
    # More than one worker is what makes luigi run tasks in processes.
    assert luigi.build(tasks, workers=2, local_scheduler=True, log_level="ERROR")
    print(time.perf_counter() - began)
