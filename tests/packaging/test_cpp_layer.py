"""spectrapack.hpp: clean in both standards, and right (hpp_test.cpp), also under the sanitizers."""

import os

import pytest
from packaging_kit import ROOT, build_consumer, run

CXX = os.environ.get("CXX", "c++")
STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Werror")


@pytest.mark.parametrize("standard", ["c++17", "c++20"])
def test_header_compiles_alone(prefix, tmp_path, standard):
    source = tmp_path / "alone.cpp"
    source.write_text("#include <spectrapack/spectrapack.hpp>\nint main() { return spectrapack::version() == 0; }\n")
    run(CXX, f"-std={standard}", *STRICT, "-fsyntax-only", f"-I{prefix}/include", source)


@pytest.mark.parametrize("standard", [17, 20])
def test_claims_of_hpp_test_hold(prefix, tmp_path, standard):
    program = build_consumer(
        "hpp", tmp_path, CMAKE_PREFIX_PATH=prefix, SPECTRAPACK_SOURCE=ROOT, CMAKE_CXX_STANDARD=standard
    )
    assert "every claim holds" in run(program)


def test_claims_of_hpp_test_hold_under_the_sanitizers(prefix, tmp_path):
    empty = tmp_path / "empty.cpp"
    empty.write_text("int main() {}\n")
    try:
        run(CXX, "-fsanitize=address,undefined", empty, "-o", tmp_path / "empty")
    except AssertionError:
        pytest.skip("the compiler has no sanitizers")
    program = build_consumer(
        "hpp", tmp_path, CMAKE_PREFIX_PATH=prefix, SPECTRAPACK_SOURCE=ROOT, CMAKE_CXX_STANDARD=17,
        SPECTRAPACK_SANITIZE="address,undefined",
    )
    assert "every claim holds" in run(program)
