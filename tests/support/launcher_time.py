"""How long it takes until the launcher is seen: the figures of docs/benchmark.md.

python -m tests.support.launcher_time
"""

import tempfile
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from tests.support.agent_beside import AgentBeside
from tests.support.requires import CHROMIUM
from tests.support.web_program import WebProgram

LOADS: Final = 30
NETWORKS: Final = {"none between": None, "150 ms a request, 1.6 Mbit/s": (150, 200_000)}
"""What is added to the way: milliseconds, and bytes a second."""
NOTED: Final = "window.Parley = [['on', 'ready', () => { window.seen = performance.now(); }]];"


def loaded(browser: Browser, url: str, network: tuple[int, int] | None) -> float:
    """Load a page with an empty cache; the milliseconds until the launcher was drawn."""
    with browser.new_context() as context:
        page = context.new_page()
        page.add_init_script(NOTED)
        if network is not None:
            latency, rate = network
            rates = {"downloadThroughput": rate, "uploadThroughput": rate}
            session = context.new_cdp_session(page)
            session.send("Network.enable")
            emulated = {"offline": False, "latency": latency, **rates}
            session.send("Network.emulateNetworkConditions", emulated)
        page.goto(url)
        page.locator(".launch").wait_for()
        return float(page.evaluate("window.seen"))


def main() -> None:
    """Measure, and print a row for each network."""
    with (
        tempfile.TemporaryDirectory() as folder,
        WebProgram(Path(folder)) as program,
        AgentBeside(program.address),
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--headless", "--no-sandbox"]
        ) as browser,
    ):
        for name, network in NETWORKS.items():
            loaded(browser, program.url, network)
            times = [loaded(browser, program.url, network) for _ in range(LOADS)]
            print(f"| {name} | {median(times):.0f} ms | {quantiles(times, n=20)[-1]:.0f} ms |")


if __name__ == "__main__":
    main()
