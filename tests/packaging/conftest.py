import pytest
from packaging_kit import BUILT, ROOT, configure, run


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """The build folder of the project itself, with the library as cargo has built it before."""
    build = tmp_path_factory.mktemp("project")
    configure(ROOT, build, SPECTRAPACK_PREBUILT_DIR=BUILT)
    run("cmake", "--build", build)
    return build


@pytest.fixture(scope="session")
def prefix(project, tmp_path_factory):
    """An installation that all tests share; they must not change it."""
    prefix = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", project, "--prefix", prefix)
    return prefix
