"""The progress callback: fractions, cancelling, exceptions of its own, and Ctrl-C."""

import os
import signal
import sys
import threading

import numpy as np
import pytest
from support import assert_close, sample

import spectrapack as sp

X = sample((256, 4096), "f8")
MATRICES = np.broadcast_to(np.eye(8), (30, 8, 8))
CALLS = {
    "fft": lambda **k: sp.fft.fft(X, **k),
    "fftn": lambda **k: sp.fft.fftn(X, **k),
    "irfft with out": lambda **k: sp.fft.irfft(X, out=np.empty((256, 8190)), **k),
    "eigh": lambda **k: sp.linalg.eigh(MATRICES, **k),
    "eigvalsh": lambda **k: sp.linalg.eigvalsh(MATRICES, **k),
}


@pytest.fixture(autouse=True)
def nothing_is_swallowed(monkeypatch):
    """An exception that ctypes could only print would mean that a callback failed unseen."""
    unseen = []
    monkeypatch.setattr(sys, "unraisablehook", unseen.append)
    yield
    assert unseen == []


@pytest.mark.parametrize("name", CALLS)
def test_fractions_ascend_from_0_to_1_and_results_are_the_same(name):
    fractions = []
    got = CALLS[name](progress=fractions.append)
    assert fractions and all(type(fraction) is float for fraction in fractions)
    assert fractions == sorted(fractions) and fractions[0] >= 0 and fractions[-1] <= 1
    expected = CALLS[name]()
    for a, b in zip(got, expected):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("name", CALLS)
def test_a_true_answer_cancels(name, workers):
    seen = []

    def stop(fraction):
        seen.append(fraction)
        return "enough"

    with pytest.raises(sp.CancelledError, match="progress"):
        CALLS[name](progress=stop, workers=workers)
    assert len(seen) == 1
    assert_close(sp.fft.fft(X[0]), np.fft.fft(X[0]), "f8")


def test_the_callback_is_not_called_again_after_it_asked_to_stop():
    for _ in range(300):
        seen = []
        with pytest.raises(sp.CancelledError):
            sp.fft.fftn(X, progress=lambda fraction: seen.append(fraction) or True, workers=2)
        assert len(seen) == 1


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("error", [KeyError("mine"), SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_an_exception_in_the_callback_comes_out_of_the_call(name, error):
    def fails(fraction):
        raise error

    with pytest.raises(type(error)) as caught:
        CALLS[name](progress=fails)
    assert caught.value is error
    assert "fails" in [entry.name for entry in caught.traceback]


def test_a_callback_may_compute_itself():
    inner = []
    sp.fft.fft(X, progress=lambda fraction: inner.append(sp.fft.fft(X[0], progress=lambda f: None)))
    assert inner and all(np.array_equal(each, sp.fft.fft(X[0])) for each in inner)


def test_the_callback_runs_on_the_calling_thread():
    threads = set()
    sp.fft.fft(X, progress=lambda fraction: threads.add(threading.get_ident()), workers=2)
    assert threads == {threading.get_ident()}


def test_a_signal_within_the_callback_is_a_keyboard_interrupt():
    with pytest.raises(KeyboardInterrupt):
        sp.fft.fft(X, progress=lambda fraction: os.kill(os.getpid(), signal.SIGINT))


def test_ctrl_c_at_any_time_is_a_keyboard_interrupt():
    for attempt in range(15):
        timer = threading.Timer(0.02 + 0.003 * attempt, os.kill, (os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            timer.start()
            while timer.is_alive():
                sp.fft.fft(X, progress=lambda fraction: None)
            timer.join()
        timer.join()
