"""The library as other projects meet it: installed, moved, as a subdirectory, by pkg-config."""

import os
import re
import shutil

import pytest
from packaging_kit import (
    ABI, BUILT, HERE, ROOT, SONAME, VERSION, assert_runs, build_consumer, configure, link_tree, needed, run,
)

INSTALLED = {
    "include/spectrapack/spectrapack.h",
    "include/spectrapack/spectrapack.hpp",
    "include/spectrapack/dlpack/dlpack.h",
    f"lib/libspectrapack.so.{VERSION}",
    f"lib/{SONAME}",
    "lib/libspectrapack.so",
    "lib/libspectrapack.a",
    "lib/cmake/spectrapack/spectrapackConfig.cmake",
    "lib/cmake/spectrapack/spectrapackConfigVersion.cmake",
    "lib/pkgconfig/spectrapack.pc",
}
STATIC_DEPS = "-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc"

pkg_config = shutil.which("pkg-config")
needs_pkg_config = pytest.mark.skipif(not pkg_config, reason="there is no pkg-config on this machine")


def files_under(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def compile_by_pkg_config(prefix, tmp_path, *options):
    env = {"PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    flags = run(pkg_config, *options, "--cflags", "--libs", "spectrapack", env=env).split()
    program = tmp_path / "consumer"
    run(os.environ.get("CC", "cc"), HERE / "consumer.c", "-o", program, *flags, "-lm", f"-Wl,-rpath,{prefix}/lib")
    return program


def test_install_puts_down_exactly_the_documented_files(prefix):
    assert files_under(prefix) == INSTALLED
    assert os.readlink(prefix / "lib/libspectrapack.so") == SONAME
    assert os.readlink(prefix / "lib" / SONAME) == f"libspectrapack.so.{VERSION}"


def test_destdir_is_put_before_the_prefix(project, tmp_path):
    run("cmake", "--install", project, "--prefix", "/opt/spectrapack", env={"DESTDIR": str(tmp_path)})
    assert files_under(tmp_path) == {f"opt/spectrapack/{name}" for name in INSTALLED}
    assert os.readlink(tmp_path / "opt/spectrapack/lib" / SONAME) == f"libspectrapack.so.{VERSION}"


def test_soname_is_major_and_minor(prefix):
    dynamic = run("readelf", "-d", prefix / "lib/libspectrapack.so")
    assert re.search(r"\(SONAME\).*\[(.*)\]", dynamic).group(1) == SONAME


def test_find_package_gives_the_shared_library(prefix, tmp_path):
    program = build_consumer("find_package", tmp_path, CMAKE_PREFIX_PATH=prefix)
    assert_runs(program)
    assert SONAME in needed(program)


@pytest.mark.parametrize("component", ["shared", "static"])
def test_a_component_chooses_the_library(prefix, tmp_path, component):
    other_default = {"shared": "OFF", "static": "ON"}[component]
    program = build_consumer(
        "find_package", tmp_path, CMAKE_PREFIX_PATH=prefix, COMPONENTS=component, BUILD_SHARED_LIBS=other_default
    )
    assert_runs(program)
    assert (SONAME in needed(program)) == (component == "shared")


def test_without_components_build_shared_libs_chooses(prefix, tmp_path):
    program = build_consumer("find_package", tmp_path, CMAKE_PREFIX_PATH=prefix, BUILD_SHARED_LIBS="OFF")
    assert_runs(program)
    assert SONAME not in needed(program)


def test_a_moved_prefix_works(project, tmp_path):
    before, after = tmp_path / "before", tmp_path / "somewhere" / "else"
    run("cmake", "--install", project, "--prefix", before)
    after.parent.mkdir()
    before.rename(after)
    program = build_consumer("find_package", tmp_path, CMAKE_PREFIX_PATH=after)
    assert_runs(program)
    assert str(after) in run("ldd", program)


def test_installed_text_names_no_folder_of_the_build(prefix, project):
    for path in prefix.rglob("*"):
        if path.suffix in (".cmake", ".pc", ".h", ".hpp"):
            text = path.read_text()
            assert not [folder for folder in (prefix, project, ROOT, BUILT) if str(folder) in text], path


def test_versions_of_the_same_minor_are_accepted_and_others_refused(prefix, tmp_path):
    shutil.copytree(HERE / "consumer_versions", tmp_path / "versions")
    major, minor, patch = map(int, VERSION.split("."))
    answers = {
        f"{major}.{minor}": 1,
        VERSION: 1,
        f"{major}.{minor}.{patch + 1}": 0,
        f"{major}.{minor + 1}": 0,
        f"{major}.{minor - 1}": 0,
        f"{major + 1}.0": 0,
    }
    said = configure(
        tmp_path / "versions", tmp_path / "build", CMAKE_PREFIX_PATH=prefix, VERSIONS=";".join(answers)
    )
    assert dict(re.findall(r"version (\S+): (\d)", said)) == {v: str(found) for v, found in answers.items()}


@pytest.mark.parametrize("gone", ["static", "shared"])
def test_a_component_that_is_not_installed_is_refused(prefix, tmp_path, gone):
    pattern = {"static": "*.a", "shared": "*.so*"}[gone]
    part = link_tree(prefix, tmp_path / "part", pattern)
    shutil.copytree(HERE / "consumer_versions", tmp_path / "versions")
    said = configure(
        tmp_path / "versions", tmp_path / "build", CMAKE_PREFIX_PATH=part, COMPONENTS="shared;static;unknown",
        VERSIONS=ABI,
    )
    for component in ("shared", "static"):
        assert f"component {component}: {int(component != gone)}" in said
    assert "component unknown: 0" in said
    assert f"version {ABI}: 1" in said  # who asks for neither takes what there is


def test_add_subdirectory_gives_both_libraries_and_leaves_the_parent_alone(tmp_path):
    program = build_consumer(
        "add_subdirectory", tmp_path, SPECTRAPACK_SOURCE=ROOT, SPECTRAPACK_PREBUILT_DIR=BUILT
    )
    assert_runs(program)
    assert SONAME in needed(program)
    static = program.with_name("consumer_static")
    assert_runs(static)
    assert SONAME not in needed(static)
    cache = (program.parent / "CMakeCache.txt").read_text()
    assert "BUILD_SHARED_LIBS" not in cache
    assert "SPECTRAPACK_INSTALL:BOOL=OFF" in cache


def test_add_subdirectory_builds_the_library_by_cargo(tmp_path):
    if BUILT.name != "release":
        pytest.skip(f"{BUILT} is not a release folder of cargo's, so cargo would build everything anew")
    program = build_consumer(
        "add_subdirectory", tmp_path, SPECTRAPACK_SOURCE=ROOT, SPECTRAPACK_CARGO_TARGET_DIR=BUILT.parent
    )
    assert_runs(program)
    assert_runs(program.with_name("consumer_static"))


@pytest.mark.parametrize("shared", ["ON", "OFF"])
def test_fetch_content_with_source_dir(tmp_path, shared):
    program = build_consumer(
        "fetch_content", tmp_path, SPECTRAPACK_SOURCE=ROOT, SPECTRAPACK_PREBUILT_DIR=BUILT, BUILD_SHARED_LIBS=shared
    )
    assert_runs(program)
    assert (SONAME in needed(program)) == (shared == "ON")


def test_a_prebuilt_folder_without_libraries_is_named(tmp_path):
    with pytest.raises(AssertionError, match=r"has no\s+libspectrapack.so"):
        configure(ROOT, tmp_path / "build", SPECTRAPACK_PREBUILT_DIR=tmp_path)


@needs_pkg_config
def test_pkg_config_links_the_shared_library(prefix, tmp_path):
    program = compile_by_pkg_config(prefix, tmp_path)
    assert_runs(program)
    assert SONAME in needed(program)


@needs_pkg_config
def test_pkg_config_static_links_the_archive_of_a_moved_prefix(prefix, tmp_path):
    moved = link_tree(prefix, tmp_path / "moved", "*.so*")
    program = compile_by_pkg_config(moved, tmp_path, "--static")
    assert_runs(program)
    assert SONAME not in needed(program)


def test_pkg_config_file_leads_to_what_is_installed(prefix):
    folder = prefix / "lib/pkgconfig"
    fields = dict(re.findall(r"^(\w[\w.]*)[=:] *(.*)$", (folder / "spectrapack.pc").read_text(), re.M))
    variables = {"pcfiledir": str(folder)}
    for name in ("prefix", "libdir", "includedir"):
        variables[name] = re.sub(r"\$\{(\w+)\}", lambda m: variables[m[1]], fields[name])
    assert os.path.isfile(f"{variables['libdir']}/libspectrapack.so")
    assert os.path.isfile(f"{variables['includedir']}/spectrapack/spectrapack.h")
    assert fields["Version"] == VERSION
    assert fields["Libs"] == "-L${libdir} -lspectrapack"
    assert fields["Libs.private"] == STATIC_DEPS
    assert fields["Cflags"] == "-I${includedir}"


def test_a_real_dlpack_header_wins_over_ours_wherever_it_is_on_the_path(prefix, tmp_path):
    real = tmp_path / "real/dlpack/dlpack.h"
    real.parent.mkdir(parents=True)
    real.write_text((ROOT / "include/dlpack/dlpack.h").read_text() + "\n#define THE_REAL_ONE 1\n")
    source = tmp_path / "which.c"
    source.write_text("#include <spectrapack/spectrapack.h>\n#if !THE_REAL_ONE\n#error ours\n#endif\n")
    run("cc", "-fsyntax-only", f"-I{prefix}/include", f"-I{tmp_path}/real", source)


def test_c_and_cpp_examples_run_against_the_installed_package(prefix, tmp_path):
    build = tmp_path / "build"
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    configure(tmp_path / "examples", build, CMAKE_PREFIX_PATH=prefix, CMAKE_BUILD_TYPE="Release")
    run("cmake", "--build", build)
    for program in ("pipeline_c", "pipeline_cpp"):
        said = run(build / program)
        for number in ("0.000967", "3.999033", "4133.6"):
            assert number in said, said
