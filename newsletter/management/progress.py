"""How far a long command has come: a bar in a terminal, a line now and then elsewhere."""

import time
from types import TracebackType
from typing import Any

from tqdm import tqdm

_LINE_SECONDS = 5.0


class Progress:
    """Used by ``with``; told by `reached` how many of the whole are done."""

    def __init__(self, stream: Any, *, total: int, unit: str) -> None:
        self._stream, self._total, self._unit = stream, total, unit
        self._next_line = time.monotonic() + _LINE_SECONDS
        self._bar: tqdm[Any] | None = None
        if stream.isatty():
            self._bar = tqdm(total=total, unit=f" {unit}", unit_scale=True, leave=False)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def reached(self, done: int) -> None:
        if self._bar is not None:
            self._bar.update(done - self._bar.n)
        elif time.monotonic() >= self._next_line:
            self._stream.write(f"{done:,} of {self._total:,} {self._unit}")
            self._next_line = time.monotonic() + _LINE_SECONDS
