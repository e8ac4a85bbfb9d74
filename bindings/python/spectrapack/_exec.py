"""Calls into the C surface with their resources: threads and a progress callback."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Generator
from ctypes import CFUNCTYPE, byref, c_double, c_int32, c_void_p, cast, py_object, sizeof
from types import GeneratorType
from typing import Any

from ._errors import check
from ._lib import lib, spk_exec
from ._tensor import Tensor

Progress = Callable[[float], Any]

# One native function for every call: `user` is the generator below, and `fraction` is sent into it. A generator waits
# inside its `try`, so that a Ctrl-C which Python notices on entering the callback is caught as well.
_SEND = CFUNCTYPE(c_int32, py_object, c_double)(GeneratorType.send)
_SEND_ADDRESS = cast(_SEND, c_void_p).value


def _watch(progress: Progress, caught: list[BaseException]) -> Generator[int, float, None]:
    """Hands each fraction that is sent to `progress`, and yields 1 when the computation shall stop."""
    fraction: float | None = None
    stop = 0
    try:
        while True:
            fraction = yield stop
            stop = 1 if progress(fraction) else 0
            fraction = None
    except BaseException as error:
        if fraction is None and isinstance(error, GeneratorExit):
            return  # the call is over
        caught.append(error)
    yield 1


def _threads(workers: int | None) -> int:
    """spk_exec.threads for `workers`: None is the global setting, negative numbers count back from all cores."""
    if workers is None:
        return 0
    number = operator.index(workers)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = number if number > 0 else cores + 1 + number
    if number == 0 or not 0 < threads < 2**31:
        raise ValueError(f"workers: {workers} is neither a number of threads nor one of -1 to -{cores}")
    return threads


def call(
    function: Any, tensor: Tensor, desc: Any, workers: int | None, progress: Progress | None, *outputs: Any
) -> None:
    """function(tensor, desc, exec, *outputs); whatever `progress` raises is raised again afterwards."""
    if workers is None and progress is None:
        check(function(tensor._dl, byref(desc), None, *outputs))
        return
    resources = spk_exec(struct_size=sizeof(spk_exec), threads=_threads(workers))
    caught: list[BaseException] = []
    if progress is not None:
        if not callable(progress):
            raise TypeError(f"progress: {progress!r} is not callable")
        watch = _watch(progress, caught)
        next(watch)
        resources.progress, resources.user = _SEND_ADDRESS, id(watch)
    status = function(tensor._dl, byref(desc), byref(resources), *outputs)
    if caught:
        raise caught[0]
    check(status)


def call_new(
    function: Any,
    tensor: Tensor,
    desc: Any,
    workers: int | None,
    progress: Progress | None,
    count: int = 1,
    unwanted: int = 0,
) -> list[Tensor]:
    """As `call`, for functions that make their results: the first `count` are wanted, the `unwanted` others are not."""
    slots = [c_void_p() for _ in range(count)]
    try:
        call(function, tensor, desc, workers, progress, *map(byref, slots), *(None,) * unwanted)
    except BaseException:
        for slot in slots:
            lib.spk_tensor_release(slot)
        raise
    return [Tensor._adopt(slot) for slot in slots]
