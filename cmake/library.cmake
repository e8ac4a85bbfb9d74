# The library as imported targets, and the cargo call that makes it.

if(SPECTRAPACK_PREBUILT_DIR)
  get_filename_component(built "${SPECTRAPACK_PREBUILT_DIR}" ABSOLUTE)
  foreach(name ${spectrapack_dev_name} ${spectrapack_archive})
    if(NOT EXISTS "${built}/${name}")
      message(FATAL_ERROR "SPECTRAPACK_PREBUILT_DIR: ${built} has no ${name}.")
    endif()
  endforeach()
else()
  set(built "${SPECTRAPACK_CARGO_TARGET_DIR}/release")
endif()
set(spectrapack_shared_file "${built}/${spectrapack_dev_name}")
set(spectrapack_static_file "${built}/${spectrapack_archive}")

# Cargo writes one file, libspectrapack.so, but programs look for its soname at run time. So the build tree has a
# folder with the three names that an installation has; the links may dangle until cargo has run.
set(spectrapack_stage "${CMAKE_CURRENT_BINARY_DIR}/stage")
file(MAKE_DIRECTORY "${spectrapack_stage}/lib")
file(CREATE_LINK "${spectrapack_shared_file}" "${spectrapack_stage}/lib/${spectrapack_full_name}" SYMBOLIC)
file(CREATE_LINK ${spectrapack_full_name} "${spectrapack_stage}/lib/${spectrapack_soname}" SYMBOLIC)
file(CREATE_LINK ${spectrapack_soname} "${spectrapack_stage}/lib/${spectrapack_dev_name}" SYMBOLIC)

# Headers as installed: our DLPack declarations lie beside spectrapack.h, where `#include <dlpack/dlpack.h>` does not
# find them. On the include path, or in a prefix's include/dlpack, they would hide or overwrite the real header.
foreach(header spectrapack.h spectrapack.hpp)
  configure_file(include/spectrapack/${header} "${spectrapack_stage}/include/spectrapack/${header}" COPYONLY)
endforeach()
configure_file(include/dlpack/dlpack.h "${spectrapack_stage}/include/spectrapack/dlpack/dlpack.h" COPYONLY)

add_library(spectrapack_shared SHARED IMPORTED GLOBAL)
set_target_properties(spectrapack_shared PROPERTIES
  IMPORTED_LOCATION "${spectrapack_stage}/lib/${spectrapack_full_name}"
  IMPORTED_SONAME ${spectrapack_recorded_name})
add_library(spectrapack_static STATIC IMPORTED GLOBAL)
set_target_properties(spectrapack_static PROPERTIES IMPORTED_LOCATION "${spectrapack_static_file}")
target_link_libraries(spectrapack_static INTERFACE ${spectrapack_static_deps})
foreach(kind shared static)
  target_include_directories(spectrapack_${kind} INTERFACE "${spectrapack_stage}/include")
  add_library(spectrapack::${kind} ALIAS spectrapack_${kind})
endforeach()
if(DEFINED BUILD_SHARED_LIBS AND NOT BUILD_SHARED_LIBS)
  add_library(spectrapack::spectrapack ALIAS spectrapack_static)
else()
  add_library(spectrapack::spectrapack ALIAS spectrapack_shared)
endif()

if(NOT SPECTRAPACK_PREBUILT_DIR)
  if(CMAKE_CROSSCOMPILING)
    message(FATAL_ERROR "spectrapack: build for the target with `cargo build --release --target ...` and pass the "
                        "folder of the libraries as SPECTRAPACK_PREBUILT_DIR.")
  endif()
  find_program(SPECTRAPACK_CARGO cargo PATHS "$ENV{CARGO_HOME}/bin" "$ENV{HOME}/.cargo/bin" REQUIRED)
  # An installation needs the library whether or not a target of this build links it.
  set(when_wanted "")
  if(SPECTRAPACK_INSTALL)
    set(when_wanted ALL)
  endif()
  # Cargo itself finds out whether there is anything to do, so the target always runs.
  add_custom_target(spectrapack_cargo ${when_wanted}
    COMMAND "${SPECTRAPACK_CARGO}" build --release --locked --lib
            --manifest-path "${CMAKE_CURRENT_SOURCE_DIR}/Cargo.toml" --target-dir "${SPECTRAPACK_CARGO_TARGET_DIR}"
    BYPRODUCTS "${spectrapack_shared_file}" "${spectrapack_static_file}"
               "${spectrapack_stage}/lib/${spectrapack_full_name}"
    COMMENT "Building spectrapack by cargo"
    USES_TERMINAL VERBATIM)
  add_dependencies(spectrapack_shared spectrapack_cargo)
  add_dependencies(spectrapack_static spectrapack_cargo)
endif()
