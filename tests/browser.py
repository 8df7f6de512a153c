"""A real browser for tests of what people look at: Chromium without a window, driven over its DevTools pipe.

Import the fixtures where they are needed: ``from tests.browser import browser, page``. Where there is no Chromium the
tests that use them are skipped. The pipe needs no port, and a browser whose pipe is closed ends, so none is left behind
by a test run that is killed.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["Browser", "Page", "browser", "ink", "page"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-proxy-server"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
    *("--disable-dev-shm-usage", "--mute-audio", "--remote-debugging-pipe"),
)
_PATIENCE = 60.0  # seconds, for machines that are busy with other things


class Browser:
    """One Chromium process."""

    def __init__(self, executable: str, profile: Path) -> None:
        import fcntl  # not everywhere

        reading, its_writing = os.pipe()
        its_reading, writing = os.pipe()
        # Chromium reads from descriptor 3 and writes to descriptor 4. Not every shell knows others of two digits.
        command = 'read_end=$1 write_end=$2; shift 2; exec "$@" 3<"/dev/fd/$read_end" 4>"/dev/fd/$write_end"'
        high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10) for descriptor in (its_reading, its_writing)]
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", command, "sh", *map(str, high), executable, *_FLAGS, f"--user-data-dir={profile}"],
            pass_fds=high,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for descriptor in (its_reading, its_writing, *high):
            os.close(descriptor)
        self._reading, self._writing = reading, writing
        self._buffer = b""
        self._last = 0
        self._events: dict[str, list[dict]] = {}

    def call(self, method: str, session: str | None = None, **parameters: object) -> dict:
        """Call a method of the DevTools protocol and return its result."""
        self._last += 1
        number = self._last
        message = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._writing, data) :]
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def wait(self, session: str, method: str) -> dict:
        """Wait for an event, unless it has come already."""
        while True:
            for event in self.events(session):
                if event["method"] == method:
                    self._events[session].remove(event)
                    return event["params"]
            self._receive()

    def events(self, session: str) -> list[dict]:
        """The events of a page that nobody has waited for."""
        return self._events.setdefault(session, [])

    def close(self) -> None:
        """End the process."""
        os.close(self._writing)
        os.close(self._reading)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _receive(self) -> dict:
        deadline = time.monotonic() + _PATIENCE
        while b"\0" not in self._buffer:
            if not select.select([self._reading], [], [], max(deadline - time.monotonic(), 0))[0]:
                raise TimeoutError(f"Chromium said nothing for {_PATIENCE:g} s")
            piece = os.read(self._reading, 1 << 20)
            if not piece:
                raise RuntimeError("Chromium has ended")
            self._buffer += piece
        text, _, self._buffer = self._buffer.partition(b"\0")
        message = json.loads(text)
        if "method" in message:
            self.events(message.get("sessionId", "")).append(message)
        return message

    @contextmanager
    def page(self) -> Iterator[Page]:
        """A page in a profile of its own."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        try:
            target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
            session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            yield Page(self, session)
        finally:
            self.call("Target.disposeBrowserContext", browserContextId=context)


class Page:
    """One page of a browser."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.show()

    def call(self, method: str, **parameters: object) -> dict:
        """Call a method of the DevTools protocol for this page."""
        return self._browser.call(method, self._session, **parameters)

    def show(self, *, width: int = 1280, height: int = 800, dark: bool = False) -> None:
        """Set the size of the window in CSS pixels, and the colours that the user prefers."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=features)

    def open(self, url: str) -> None:
        """Go to an address and wait until the page has loaded."""
        self._browser.events(self._session).clear()
        result = self.call("Page.navigate", url=url)
        if "errorText" in result:
            raise RuntimeError(f"{url}: {result['errorText']}")
        self.loaded()

    def loaded(self) -> None:
        """Wait until the page that a link leads to has loaded."""
        self._browser.wait(self._session, "Page.loadEventFired")

    def evaluate(self, expression: str) -> object:
        """The value of a JavaScript expression; of a promise what it resolves to."""
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", "it failed"))
        return result["result"].get("value")

    def text(self, selector: str = "body") -> str:
        """The text that an element shows, as a reader sees it."""
        return str(self.evaluate(f"document.querySelector({json.dumps(selector)}).innerText"))

    def until(self, expression: str) -> None:
        """Wait until a JavaScript expression is true; it is looked at whenever the document changes."""
        self.evaluate(
            f"""new Promise((resolve, reject) => {{
                const look = () => {{ if ({expression}) {{ observer.disconnect(); resolve(true); }} }};
                const observer = new MutationObserver(look);
                observer.observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
                setTimeout(() => reject(new Error("not true after a while: " + {json.dumps(expression)})), 20000);
                look();
            }})"""
        )

    def press(self, key: str) -> None:
        """Press and release a key, such as ``Tab`` or ``Enter``."""
        codes = {"Tab": 9, "Enter": 13}
        more = {"text": "\r"} if key == "Enter" else {}
        parameters = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key], **more}
        self.call("Input.dispatchKeyEvent", type="keyDown", **parameters)
        self.call("Input.dispatchKeyEvent", type="keyUp", **parameters)

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        root = "document.documentElement"
        return int(str(self.evaluate(f"Math.max({root}.scrollWidth - {root}.clientWidth, 0)")))

    def screenshot(self, path: Path | None = None) -> bytes:
        """The window as PNG, which is also written to `path`."""
        png = base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        if path is not None:
            path.write_bytes(png)
        return png

    @property
    def problems(self) -> list[str]:
        """Errors of scripts, of loading, and of what the page forbids itself, since it was opened."""
        found = []
        for event in self._browser.events(self._session):
            parameters = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(str(parameters["exceptionDetails"].get("exception", {}).get("description")))
            elif event["method"] == "Log.entryAdded" and parameters["entry"]["level"] in {"error", "warning"}:
                found.append(parameters["entry"]["text"])
        return found


def ink(png: bytes) -> float:
    """The share of a picture's bytes that differ from what is beside them: 0 for a blank one."""
    data, place = b"", 8
    while place < len(png):
        size, kind = struct.unpack_from(">I4s", png, place)
        if kind == b"IDAT":
            data += png[place + 8 : place + 8 + size]
        place += size + 12
    # PNG stores the differences between neighbours.
    differences = zlib.decompress(data)
    return 1 - differences.count(0) / len(differences)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser for all tests of this process."""
    if sys.platform == "win32":
        pytest.skip("the DevTools pipe is driven on POSIX systems only")
    executable = next(filter(None, map(shutil.which, _NAMES)), None)
    if executable is None:
        pytest.skip(f"there is no Chromium here; looked for {', '.join(_NAMES)}")
    running = Browser(executable, tmp_path_factory.mktemp("chromium"))
    yield running
    running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of 1280 by 800 pixels in a profile of its own."""
    with browser.page() as page:
        yield page
