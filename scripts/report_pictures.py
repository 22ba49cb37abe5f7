"""Takes the pictures of reports in the documentation, in Chromium: `python scripts/report_pictures.py`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs/pictures"
SHOTS = {
    "report.png": (1180, 1130, "light"),
    "report-dark.png": (1180, 1130, "dark"),
    "report-phone.png": (390, 844, "light"),
}
"""Each picture: the width and height of its window, and the colours."""


def reported(directory: Path) -> Path:
    """Return the report of a run of the flights example that has failed after two others have succeeded."""
    environment = os.environ | {"SEQUENT_STORE": str(directory / "runs.db"), "PYTHONWARNINGS": "ignore"}
    program = [sys.executable, "-m", "sequent"]
    shutil.copytree(ROOT / "examples/flights", directory, dirs_exist_ok=True)
    target = ["run", "flow.py:delays", "--last-month", "6", "--quiet"]
    for more in ([], [], ["--fail"]):
        shutil.rmtree(directory / "flights-out", ignore_errors=True)
        subprocess.run([*program, *target, *more], cwd=directory, env=environment, capture_output=True, check=False)
    file = directory / "report.html"
    subprocess.run([*program, "report", "-o", str(file)], cwd=directory, env=environment, check=True)
    return file


def take(browser: Browser, page: Path, picture: Path, width: int, height: int, scheme: str) -> None:
    """Take a picture of the first screen of a page, as a reader without scripts sees it."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=False,
        locale="en-GB",
        timezone_id="UTC",
    )
    opened = context.new_page()
    opened.goto(page.as_uri())
    opened.screenshot(path=picture)
    context.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="flights-") as made, sync_playwright() as playwright:
        report = reported(Path(made))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (width, height, scheme) in SHOTS.items():
            take(browser, report, PICTURES / name, width, height, scheme)
        browser.close()
