"""describe, and the cache of engines."""

import threading

import numpy as np
import pytest
import torch
from support import assert_close, sample

import spectrapack as sp

TRANSFORMS = [prefix + form for prefix in ("", "i", "r", "ir", "h", "ih") for form in ("fft", "fft2", "fftn")]
TRANSFORMS += [prefix + name + form for prefix in ("", "i") for name in ("dct", "dst") for form in ("", "n")]


@pytest.fixture(autouse=True)
def cache():
    """Each test has the cache to itself, and leaves it as it was."""
    sp.fft.cache_limit(64, 64 << 20)
    sp.fft.cache_clear()
    yield
    sp.fft.cache_limit(64, 64 << 20)


def test_the_cache_tells_what_it_holds():
    assert sp.fft.cache_info() == (0, 0, 64, 64 << 20)
    sp.fft.fft(np.ones(1000, "c16"))
    first = sp.fft.cache_info()
    assert first.entries == 1 and first.bytes >= 16 * 1000
    sp.fft.fft(np.ones((3, 1000), "c16"))
    assert sp.fft.cache_info() == first
    sp.fft.ifft(np.ones(1000, "c16"))
    sp.fft.dct(np.ones(500))
    assert sp.fft.cache_info().entries == 3 and sp.fft.cache_info().bytes > first.bytes
    sp.fft.cache_clear()
    assert sp.fft.cache_info() == (0, 0, 64, 64 << 20)


def test_the_cache_keeps_to_its_limits():
    for n in range(1, 200):
        sp.fft.fft(np.ones(n, "c16"))
    assert sp.fft.cache_info().entries == 64
    sp.fft.cache_limit(entries=3)
    assert sp.fft.cache_info()[:1] + sp.fft.cache_info()[2:] == (3, 3, 64 << 20)
    sp.fft.cache_limit(entries=64, bytes=20_000)
    for n in (512, 1024, 2048):
        sp.fft.fft(np.ones(n, "c16"))
        assert sp.fft.cache_info().bytes <= 20_000
    assert sp.fft.cache_info().entries == 1, "2048 points, which take more than the limit, are not kept"


@pytest.mark.parametrize("limit", [{"entries": 0}, {"bytes": 0}])
def test_without_a_cache_the_results_are_the_same(limit):
    x = sample((4, 30), "f8")
    expected = sp.fft.rfft2(x)
    sp.fft.cache_limit(**limit)
    assert sp.fft.cache_info()[:2] == (0, 0)
    assert np.array_equal(sp.fft.rfft2(x), expected)
    assert sp.fft.cache_info()[:2] == (0, 0)


def test_clearing_while_others_transform_changes_nothing():
    x = sample((20, 331), "c16")
    expected, wrong = np.fft.fft(x), []

    def work():
        for _ in range(50):
            if not np.allclose(sp.fft.fft(x), expected):
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(3)]
    [thread.start() for thread in threads]
    while any(thread.is_alive() for thread in threads):
        sp.fft.cache_clear()
        sp.fft.cache_limit(entries=1)
    assert not wrong


@pytest.mark.parametrize("call, error", [
    (lambda: sp.fft.cache_limit(entries=-1), ValueError), (lambda: sp.fft.cache_limit(bytes=2**63), ValueError),
    (lambda: sp.fft.cache_limit(1.5), TypeError),
])  # fmt: skip
def test_limits_that_are_none_are_refused(call, error):
    with pytest.raises(error):
        call()
    assert sp.fft.cache_info() == (0, 0, 64, 64 << 20)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_every_transform_is_described_with_all_its_passes(name):
    x = np.ones((4, 6, 10), "f4")
    words = sp.fft.describe(x, name).splitlines()
    passes = {"2": 2, "n": 3}.get(name[-1], 1)
    assert len(words) == passes + 2 and [line[:2] for line in words[1:-1]] == [f"{i + 1}." for i in range(passes)]
    assert words[0].startswith("float32 to ")
    out = getattr(sp.fft, name)(x)
    assert words[0].startswith(f"float32 to {out.dtype}: ")
    assert f"{out.nbytes} written" in words[-2]
    assert words[-1].endswith("bytes touched")


def test_a_description_follows_the_arguments():
    x = torch.ones(4, 6, dtype=torch.bfloat16)
    words = sp.fft.describe(x, "fft", 8, axis=0, norm="ortho")
    assert "bfloat16 to complex64" in words and "axis 0: 6 lines of 8 (4 of them read, the others 0)" in words
    assert "sine transform of type 3, orthogonal" in sp.fft.describe(x, "idstn", 2, axes=(1,), orthogonalize=True)
    assert "temporary" in sp.fft.describe(x, "irfft2", s=(3, 9))
    assert_close(sp.fft.fft(np.ones(3)), np.fft.fft(np.ones(3)), "f8")


@pytest.mark.parametrize("call, error", [
    (lambda: sp.fft.describe(np.ones(3), "fftfreq"), ValueError), (lambda: sp.fft.describe(np.ones(3), 3), ValueError),
    (lambda: sp.fft.describe(np.ones(3), "fft", axis=1), sp.AxisError),
    (lambda: sp.fft.describe(np.ones(3, "c8"), "rfft"), TypeError),
    (lambda: sp.fft.describe(np.ones(3), "fft", wrong=1), TypeError),
    (lambda: sp.fft.describe([1.0], "fft"), TypeError), (lambda: sp.fft.describe(np.ones(1), "dct", 1), ValueError),
])  # fmt: skip
def test_what_cannot_be_described_is_refused_as_it_would_be(call, error):
    with pytest.raises(error):
        call()
