"""A progress bar on a terminal, a line per tenth elsewhere; and Ctrl-C that waits for a good moment."""

from __future__ import annotations

import shutil
import signal
import sys
import time


class Progress:
    """Tells on stderr how far the work is, and raises KeyboardInterrupt from `at` once Ctrl-C was pressed.

    Waiting for `at` keeps the interrupt out of foreign code. A second Ctrl-C does not wait.
    """

    def __init__(self, title: str) -> None:
        self.title, self.label = title, ""
        self._tty = sys.stderr.isatty()
        self._begin = time.monotonic()
        self._drawn = self._begin - 1
        self._tenth = 0
        self._stopped = False

    def __enter__(self) -> Progress:
        self._before = signal.signal(signal.SIGINT, self._stop)
        return self

    def __exit__(self, *exception: object) -> None:
        signal.signal(signal.SIGINT, self._before)
        self._clear()

    def _clear(self) -> None:
        if self._tty:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def say(self, text: str) -> None:
        """A line of its own."""
        self._clear()
        print(f"{self.title}: {text}", file=sys.stderr, flush=True)

    def _stop(self, *signal_and_frame: object) -> None:
        if self._stopped:
            raise KeyboardInterrupt
        self._stopped = True

    def at(self, part: float) -> None:
        """`part` of the work, between 0 and 1, is done."""
        if self._stopped:
            raise KeyboardInterrupt
        now = time.monotonic()
        if not self._tty:
            if int(part * 10) > self._tenth:
                self._tenth = int(part * 10)
                self.say(f"{self._tenth * 10} %, {now - self._begin:.0f} s")
        elif now - self._drawn > 0.1 or part >= 1:
            self._drawn = now
            width = max(10, min(40, shutil.get_terminal_size().columns - 60))
            eighths = int(part * width * 8)
            bar = "█" * (eighths // 8) + (" ▏▎▍▌▋▊▉"[eighths % 8] if eighths < width * 8 else "")
            left = f"{(now - self._begin) * (1 - part) / part:3.0f} s left" if part > 0.05 else ""
            line = f"\r\033[K{self.title} ▕{bar:<{width}}▏ {part:4.0%}  {self.label:<22} {left}"
            print(line, end="", file=sys.stderr, flush=True)
