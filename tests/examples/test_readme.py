"""What the README shows is what happens: its blocks are taken from it and run."""

import re
import shutil
import sys

import numpy as np
import pytest
from conftest import ROOT, run

README = (ROOT / "README.md").read_text()


def block(language, containing=""):
    """The one block of a language, or the one of them that contains a text."""
    found = [text for text in re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S) if containing in text]
    assert len(found) == 1, f"{len(found)} blocks of {language} with {containing!r}"
    return found[0]


def assert_prints_the_bins(output):
    number, bins = r"([+-]\d+\.\d{3})", []
    for k, line in enumerate(output.splitlines()):
        bins.append(complex(*map(float, re.fullmatch(rf"{k}: {number} {number}i", line).groups())))
    np.testing.assert_allclose(bins, np.fft.rfft([1, 2, 3, 4, 4, 3, 2, 1]), atol=0.0006)


@pytest.fixture
def by_pkg_config(app, prefix):
    """Builds the program as the README says, and gives a function that runs it."""
    if not shutil.which("pkg-config"):
        pytest.skip("there is no pkg-config on this machine")
    lib = next(prefix.glob("lib*/**/spectrapack.pc")).parents[1]

    def build_and_run():
        run("sh", "-c", block("sh", "pkg-config"), cwd=app, env={"PKG_CONFIG_PATH": str(lib / "pkgconfig")})
        return run(app / "app", env={"LD_LIBRARY_PATH": str(lib)})

    return build_and_run


@pytest.fixture
def app(tmp_path):
    """A folder of its own with the README's C program."""
    (tmp_path / "app.c").write_text(block("c"))
    return tmp_path


def test_c_program_builds_with_the_pkg_config_line_and_runs(by_pkg_config):
    assert_prints_the_bins(by_pkg_config())


def test_c_program_builds_with_the_cmake_lines_and_runs(app, prefix):
    project = "cmake_minimum_required(VERSION 3.22)\nproject(app C)\nadd_executable(app app.c)\n"
    (app / "CMakeLists.txt").write_text(project + block("cmake"))
    run("cmake", "-G", "Ninja", "-S", app, "-B", app / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", app / "build")
    assert_prints_the_bins(run(app / "build/app"))


def test_c_program_that_fails_says_why(app, by_pkg_config):
    text = (app / "app.c").read_text()
    assert text.count(".ndim = 1") == 1
    (app / "app.c").write_text(text.replace(".ndim = 1", ".ndim = -1"))
    with pytest.raises(AssertionError, match=r"exit status 1\n *in: ndim = -1"):
        by_pkg_config()


def test_python_block_runs():
    run(sys.executable, "-c", block("python"))


def test_links_lead_somewhere():
    """Every relative link of the project's texts names a file, and a heading of it where it names one."""
    texts = [path for path in ROOT.glob("*.md")] + [*ROOT.glob("docs/*.md"), ROOT / "examples/README.md"]
    links = 0
    for text in texts:
        for target in re.findall(r"\]\(([^)\s]+)\)", text.read_text()):
            file, _, heading = target.partition("#")
            path = text.parent / file if file else text
            assert path.exists(), f"{text.name}: {target}"
            if heading:
                slugs = [re.sub(r"[^\w\- ]", "", line).strip().replace(" ", "-").lower()
                         for line in path.read_text().splitlines() if line.startswith("#")]  # fmt: skip
                assert heading in slugs, f"{text.name}: {target}"
            links += 1
    assert links > 5


def test_targets_that_the_texts_name_exist():
    texts = [ROOT / "README.md", ROOT / "examples/README.md", ROOT / "docs/conventions.md"]
    command = re.compile(r"(?:^|`|\$\()make (?:-s )?([a-z][a-z-]*)", re.M)
    named = {name for path in texts for name in command.findall(path.read_text())}
    assert {"demo", "test", "install", "python"} <= named
    assert named <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
