# What the files are called and what the static library needs. Names are relative to the library folder.
set(spectrapack_abi ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}) # as build.rs has it
set(spectrapack_archive libspectrapack.a)
if(APPLE)
  set(spectrapack_dev_name libspectrapack.dylib)
  set(spectrapack_soname libspectrapack.${spectrapack_abi}.dylib)
  set(spectrapack_full_name libspectrapack.${PROJECT_VERSION}.dylib)
  set(spectrapack_recorded_name @rpath/${spectrapack_soname}) # what a program that links the library remembers
  set(spectrapack_static_deps System c m)
elseif(UNIX)
  set(spectrapack_dev_name libspectrapack.so)
  set(spectrapack_soname libspectrapack.so.${spectrapack_abi})
  set(spectrapack_full_name libspectrapack.so.${PROJECT_VERSION})
  set(spectrapack_recorded_name ${spectrapack_soname})
  # From `cargo rustc --release --crate-type staticlib -- --print native-static-libs`.
  set(spectrapack_static_deps gcc_s util rt pthread m dl c)
else()
  message(FATAL_ERROR "spectrapack: the CMake package does not know ${CMAKE_SYSTEM_NAME} yet.")
endif()

# For archives that hold no links, such as a wheel: one file under the name that programs remember, and no archive.
option(SPECTRAPACK_INSTALL_PLAIN "Install the shared library as one file, without links and without the archive" OFF)
