"""One function for the arrays of every library: NumPy, PyTorch, JAX, and whatever else keeps to the array API standard.

    python normalize.py

`normalize` makes all frequencies of signals equally loud and keeps their phases, as seismologists do before they
compare two records. It names no library: arithmetic is that of the array that it is given, and `spectrapack.fft` takes
and returns that kind. The exit status is 0 only when every library's result is what it should be.
"""

import sys

import numpy as np

import spectrapack


def namespace(x):
    """The functions of the array API standard for an array; PyTorch has them, but its tensors do not say so."""
    if hasattr(x, "__array_namespace__"):
        return x.__array_namespace__()
    return sys.modules[type(x).__module__.partition(".")[0]]


def normalize(x):
    """Signals along the last axis whose frequencies all have the modulus 1; what is absent or below rounding is 0."""
    xp = namespace(x)
    spectrum = spectrapack.fft.rfft(x, norm="ortho")
    loudness = xp.abs(spectrum)
    floor = 100 * xp.finfo(loudness.dtype).eps * xp.max(loudness)
    heard = loudness > floor
    spectrum = xp.where(heard, spectrum / xp.where(heard, loudness, floor + 1), xp.zeros_like(spectrum))
    return spectrapack.fft.irfft(spectrum, x.shape[-1], norm="ortho")


def libraries():
    """Of each library that is there, its name and how it makes an array of a NumPy array."""
    import jax
    import torch

    yield "NumPy", np.asarray
    yield "PyTorch", torch.asarray
    yield "JAX", jax.numpy.asarray


def records(channels=4, n=1000):
    """Chirps that start at different times, in noise that grows towards low frequencies; one channel is silent."""
    rng = np.random.default_rng(0)
    t = np.arange(n) / n
    delayed = t - 0.1 * np.arange(channels)[:, None]
    x = np.where(delayed > 0, np.sin(2 * np.pi * (20 + 60 * delayed) * delayed), 0)
    x = x + 0.1 * np.cumsum(rng.standard_normal((channels, n)), axis=-1)
    x[-1] = 0
    return x.astype("float32")


def main():
    x = records()
    expected = np.fft.rfft(x.astype("float64"), norm="ortho")
    expected[:-1] /= np.abs(expected[:-1])
    print(f"normalize() of {x.shape[0]} float32 signals of {x.shape[1]} samples")
    for name, make in libraries():
        given = make(x)
        result = normalize(given)
        spectrum = np.fft.rfft(np.asarray(result).astype("float64"), norm="ortho")
        error = np.abs(spectrum - expected).max()
        kind = f"{type(result).__module__.partition('.')[0]}.{type(result).__name__}"
        print(f"   {name:<8} {kind:<18} {str(result.dtype):<14} off the definition by {error:.1e}")
        if not (type(result) is type(given) and result.shape == given.shape and error < 2e-4):
            sys.exit(f"not so: {name} gives signals of its own kind whose frequencies all have the modulus 1")
    print("all as it should be")


if __name__ == "__main__":
    main()
