"""A person at Open WebUI's page, played by Playwright in Chromium; it runs in Open WebUI's environment.

    python with_chromium.py ADDRESS FOLDER CHECKS

CHECKS is JSON: for each check its name, the model, and the models that the list must show. Or it has what the person
writes, patterns of what the page must show then and texts that it must not show, the text behind which the person
stops the reply, and whether the person adds a picture. A line for each check goes out: its name, and what was wrong. A
picture of the page lies in the folder.
"""

import json
import re
import struct
import sys
import zlib
from importlib import import_module
from pathlib import Path
from typing import Any

PROGRAM = "/usr/bin/chromium"
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Without these, Chromium asks servers of its maker's at its start."""
PATIENCE = 30_000
"""Milliseconds for anything that must appear on the page."""


def main(address: str, folder: Path, checks: list[dict[str, Any]]) -> None:
    """Make all checks in one browser."""
    playwright = import_module("playwright.sync_api")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=PROGRAM, args=OPTIONS)
        try:
            page = browser.new_page(viewport={"width": 1200, "height": 800})
            page.set_default_timeout(PATIENCE)
            page.goto(address)
            page.get_by_text("Okay, Let's Go!").click()
            for check in checks:
                try:
                    make(page, address, folder, check)
                    problem = ""
                except (playwright.Error, AssertionError) as error:
                    problem = str(error).strip().splitlines()[0]
                page.screenshot(path=folder / f"{check['name'].replace(' ', '-')}.png")
                sys.stdout.write(json.dumps([check["name"], problem]) + "\n")
                sys.stdout.flush()
        finally:
            browser.close()


def make(page: Any, address: str, folder: Path, check: dict[str, Any]) -> None:
    """Make one check in a new chat."""
    page.goto(f"{address}/?models={check['model']}")
    entry = page.locator("#chat-input")
    entry.wait_for()
    page.locator("#model-selector-model-button", has_text=check["model"]).wait_for()
    if check.get("lists"):
        page.locator("#model-selector-model-button").click()
        for name in check["lists"]:
            page.get_by_role("option", name=name).first.wait_for()
        return
    if check.get("picture"):
        page.locator("input[type=file]").first.set_input_files(picture(folder))
        page.locator("#message-input-container img").first.wait_for()
    entry.click()
    page.keyboard.type(check["writes"])
    page.keyboard.press("Enter")
    if check.get("stops"):
        page.get_by_text(check["stops"]).first.wait_for()
        page.get_by_role("button", name="Stop").click()
    for pattern in check["shows"]:
        page.locator("#chat-container").get_by_text(re.compile(pattern)).first.wait_for()
    for text in check.get("hides", ()):
        assert text not in page.locator("#chat-container").inner_text(), f"the page shows {text}"


def picture(folder: Path) -> Path:
    """A red square, as PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = 64
    rows = (b"\0" + b"\xff\0\0" * size) * size
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0))
    file = folder / "square.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return file


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3]))
