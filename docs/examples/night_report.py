"""Make the picture of a report that the documentation shows: a real pull, by the real command, from a local Domo.

The local Domo is slow, asks for a pause, breaks connections and refuses some DataSets, as a night does. Run it with the
extras ``cli``, ``emulator`` and ``fast``, and with Chromium::

    python docs/examples/night_report.py docs/pages/assets/report.png
"""

# ruff: noqa: S603 - both programs are named right here

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa

from domo_async.emulator import Emulator

SUBJECTS = ("Orders", "Customers", "Invoices", "Web sessions", "Stock", "Shipments", "Returns", "Tickets", "Budget")
REGIONS = ("North", "South", "East", "West", "Online")
HEIGHT = 1690


def tables() -> dict[str, pa.Table]:
    """Forty-five DataSets, most of them small, and one that takes longer than all others."""
    chance = random.Random(2026)  # noqa: S311 - these are not secrets
    names = [f"{subject} {region}" for subject in SUBJECTS for region in REGIONS]
    sizes = {name: chance.choice((400, 2_000, 9_000, 30_000)) for name in names}
    sizes["Web sessions Online"] = 400_000
    return {
        name: pa.table(
            {
                "id": range(rows),
                "customer": [f"Customer {number * 7919 % 10_007}" for number in range(rows)],
                "amount": [number * 7919 % 100_003 / 100 for number in range(rows)],
            }
        )
        for name, rows in sizes.items()
    }


def trouble(emulator: Emulator) -> None:
    """What makes a night long."""
    ids = emulator.dataset_ids
    faults = emulator.faults
    faults.add("status", path="/v1/datasets/*/data", status=429, retry_after=4, times=1, after=20)
    faults.add("reset_after", path=f"/v1/datasets/{ids['Invoices West']}/data", bytes=2_000, times=9)
    faults.add("status", path=f"/v1/datasets/{ids['Stock East']}", status=404)
    faults.add("drip", path=f"/v1/datasets/{ids['Web sessions Online']}/data", bytes=60_000, interval=0.04)
    for name in ("Budget North", "Budget East"):
        faults.add("status", path=f"/v1/datasets/{ids[name]}", status=403, message="You are not the owner")
    for number, one in enumerate(ids.values()):
        faults.add("delay", path=f"/v1/datasets/{one}/data", seconds=0.4 + number * 7 % 10 / 5)


def main(picture: Path) -> None:
    """Pull, and photograph the page."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
    with tempfile.TemporaryDirectory() as folder, Emulator(datasets=tables()) as emulator:
        trouble(emulator)
        environment = os.environ | {f"DOMO_{key.upper()}": value for key, value in emulator.connection.items()}
        command = ("domo-async", "pull", "--all", "--to", "lake", "--concurrency", "8", "--report", "report.html")
        subprocess.run(command, cwd=folder, env=environment, check=False)  # fails, as it should
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size=1280,{HEIGHT}")
        small = "--force-device-scale-factor=0.75"
        page = Path(folder, "report.html").as_uri()
        subprocess.run((chromium, *options, small, f"--screenshot={picture.absolute()}", page), check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
