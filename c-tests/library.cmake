# The library in SPECTRAPACK_PREBUILT_DIR as spectrapack::spectrapack. Programs look for its soname at run time, while
# cargo writes libspectrapack.so alone, so a folder of links has both names.
file(STRINGS "${root}/include/spectrapack/spectrapack.h" lines REGEX "^#define SPK_VERSION_(MAJOR|MINOR) ")
string(REGEX REPLACE ".*MAJOR ([0-9]+).*MINOR ([0-9]+).*" "\\1.\\2" abi "${lines}")
get_filename_component(built "${SPECTRAPACK_PREBUILT_DIR}/libspectrapack.so" ABSOLUTE BASE_DIR "${root}")
if(NOT EXISTS "${built}")
  message(FATAL_ERROR "SPECTRAPACK_PREBUILT_DIR: there is no ${built}.")
endif()
set(links "${CMAKE_CURRENT_BINARY_DIR}/lib")
file(MAKE_DIRECTORY "${links}")
foreach(name libspectrapack.so libspectrapack.so.${abi})
  file(CREATE_LINK "${built}" "${links}/${name}" SYMBOLIC)
endforeach()
add_library(spectrapack::spectrapack SHARED IMPORTED)
set_target_properties(spectrapack::spectrapack PROPERTIES
  IMPORTED_LOCATION "${links}/libspectrapack.so" IMPORTED_SONAME libspectrapack.so.${abi})
