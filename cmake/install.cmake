# Install rules: headers, libraries, CMake package, pkg-config file. Nothing installed knows the prefix: it may move.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(DIRECTORY "${spectrapack_stage}/include/spectrapack" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(SPECTRAPACK_INSTALL_PLAIN)
  set(spectrapack_full_name ${spectrapack_soname}) # the CMake package below leads to it
  # The linker follows this line where it looks for -lspectrapack.
  file(WRITE "${spectrapack_stage}/plain/${spectrapack_dev_name}" "INPUT(${spectrapack_soname})\n")
  install(FILES "${spectrapack_stage}/plain/${spectrapack_dev_name}" DESTINATION ${CMAKE_INSTALL_LIBDIR})
else()
  install(FILES # links, which install() keeps as links
    "${spectrapack_stage}/lib/${spectrapack_soname}" "${spectrapack_stage}/lib/${spectrapack_dev_name}"
    DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(FILES "${spectrapack_static_file}" DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
install(PROGRAMS "${spectrapack_shared_file}" DESTINATION ${CMAKE_INSTALL_LIBDIR} RENAME ${spectrapack_full_name})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/spectrapack)
configure_package_config_file(cmake/spectrapackConfig.cmake.in "${spectrapack_stage}/spectrapackConfig.cmake"
  INSTALL_DESTINATION ${package_dir}
  PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file("${spectrapack_stage}/spectrapackConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${spectrapack_stage}/spectrapackConfig.cmake" "${spectrapack_stage}/spectrapackConfigVersion.cmake"
  DESTINATION ${package_dir})

# pkg-config replaces pcfiledir by the folder of the file. A library folder outside the prefix pins the prefix.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" up "${up}")
  set(pc_prefix "\${pcfiledir}/${up}")
endif()
foreach(dir LIBDIR INCLUDEDIR)
  set(pc_${dir} "\${prefix}")
  cmake_path(APPEND pc_${dir} "${CMAKE_INSTALL_${dir}}") # an absolute one stands as it is
endforeach()
list(TRANSFORM spectrapack_static_deps PREPEND "-l" OUTPUT_VARIABLE pc_static)
list(JOIN pc_static " " pc_static)
configure_file(cmake/spectrapack.pc.in "${spectrapack_stage}/spectrapack.pc" @ONLY)
install(FILES "${spectrapack_stage}/spectrapack.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
