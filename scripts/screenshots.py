"""Takes the pictures of page and terminal in the documentation: `python scripts/screenshots.py` (it needs Chromium).

The flights example is run with a failure, and looked at in both schemes, on a phone, and in a terminal.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from sequent.runtime.store import open_store
from sequent.tui.run_source import RunSource
from sequent.tui.top_app import TopApp

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs/pictures"
WIDE, PHONE = (1280, 800), (390, 844)
SHOTS = {
    "page-runs.png": ("/", WIDE, "light"),
    "page-run.png": ("/runs/flights4", WIDE, "light"),
    "page-run-dark.png": ("/runs/flights4", WIDE, "dark"),
    "page-run-phone.png": ("/runs/flights4", PHONE, "light"),
    "page-tasks.png": ("/runs/flights4/tasks?path=months.airports.join&at=1.2.*", WIDE, "light"),
    "page-left.png": ("/runs/flights4/remainder", WIDE, "light"),
    "page-compare.png": ("/runs/flights4/compare", WIDE, "light"),
    "page-log.png": ("/runs/flights4/log", WIDE, "dark"),
}
"""Each picture: its page, the size of the window, and the scheme of colours."""

SCREENS = {
    "top-runs.png": (),
    "top-run.png": ("enter",),
}
"""Each picture of the terminal: the keys that lead to it."""
CELLS = (110, 30)


def sequent(*words: str) -> list[str]:
    """Return a command of Sequent."""
    return [sys.executable, "-m", "sequent", *words]


@contextmanager
def served(directory: str) -> Iterator[str]:
    """Run the flow in that directory, serve its pages, and give their address."""
    environment = {**os.environ, "SEQUENT_STORE": f"{directory}/runs.db"}
    # The pages show where the flow is.
    shutil.copytree(ROOT / "examples/flights", directory, dirs_exist_ok=True)
    for number in range(1, 5):
        words = ("--run-id", f"flights{number}", "--last-month", "4", *(["--fail"] if number == 4 else []))
        subprocess.run(sequent("run", "flow.py:delays", "-q", *words), cwd=directory, env=environment, check=False)
        shutil.rmtree(f"{directory}/flights-out")
    server = subprocess.Popen(
        sequent("ui", "--no-open"), cwd=directory, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None  # noqa: S101
        yield server.stdout.readline().strip()
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate()


def screens(store: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the SVG of each picture of the terminal."""

    async def drawn(keys: tuple[str, ...]) -> str:
        app = TopApp(RunSource(opened=lambda: closing(open_store(store, makes=False)), store_name=store))
        async with app.run_test(size=CELLS) as pilot:
            for key in (*keys, ""):
                await app.workers.wait_for_complete()
                await pilot.pause()
                if key:
                    await pilot.press(key)
            await app.workers.wait_for_complete()
            await pilot.pause()
            return app.export_screenshot(title="sequent top")

    for name, keys in SCREENS.items():
        # The font would be fetched from another machine.
        yield name, re.sub(r"@font-face {.*?}", "", asyncio.run(drawn(keys)), flags=re.DOTALL)


def photograph(chromium: Browser, name: str, svg: str) -> None:
    """Write the picture of an SVG."""
    tab = chromium.new_page(viewport={"width": 1400, "height": 900})
    tab.set_content(svg)
    tab.locator("svg").screenshot(path=PICTURES / name, omit_background=True)
    tab.close()


def main() -> None:
    """Take all pictures."""
    with tempfile.TemporaryDirectory(prefix="flights-") as directory, served(directory) as address:
        # playwright has a loop of its own.
        terminal = [*screens(f"{directory}/runs.db")]
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for name, (path, (width, height), scheme) in SHOTS.items():
                context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
                tab = context.new_page()
                tab.goto(address)
                tab.goto(f"{address.partition('/?')[0]}{path}")
                tab.screenshot(path=PICTURES / name, full_page=True)
                context.close()
            for name, svg in terminal:
                photograph(chromium, name, svg)
            chromium.close()


if __name__ == "__main__":
    main()
