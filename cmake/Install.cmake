# cmake --install (binary, shared library, headers, scenarios, CMake package) and cpack (a .deb).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(LEDGERLAB_INCLUDE_DIR ${CMAKE_INSTALL_INCLUDEDIR}/ledgerlab)
set(LEDGERLAB_CONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/ledgerlab)

install(TARGETS ledgerlab LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET ledgerlab_cli)
  # Beside its library wherever the two are moved to together.
  file(RELATIVE_PATH to_library ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
  set_target_properties(ledgerlab_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${to_library}")
  install(TARGETS ledgerlab_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

# Includes are relative to the root of the sources, so the tree of headers keeps its shape.
install(DIRECTORY models sim DESTINATION ${LEDGERLAB_INCLUDE_DIR}
  FILES_MATCHING PATTERN "*.hpp" PATTERN "testdata" EXCLUDE)
install(DIRECTORY scenarios/ DESTINATION ${CMAKE_INSTALL_DATADIR}/ledgerlab/scenarios)
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The headers need nothing but the standard library, so the package is one imported target: whoever
# uses it needs none of the -dev packages the library was built with.
configure_package_config_file(cmake/ledgerlabConfig.cmake.in
  ${CMAKE_BINARY_DIR}/generated/ledgerlabConfig.cmake
  INSTALL_DESTINATION ${LEDGERLAB_CONFIG_DIR}
  PATH_VARS LEDGERLAB_INCLUDE_DIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/generated/ledgerlabConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/generated/ledgerlabConfig.cmake
  ${CMAKE_BINARY_DIR}/generated/ledgerlabConfigVersion.cmake
  DESTINATION ${LEDGERLAB_CONFIG_DIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ledgerlab)
set(CPACK_PACKAGE_CONTACT "The ledgerlab developers <ledgerlab@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
  "simulation and conformance testbed for distributed ledger architectures")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
# The libraries to depend on are read from the binary by dpkg-shlibdeps (package dpkg-dev).
find_program(DPKG_SHLIBDEPS dpkg-shlibdeps)
if(DPKG_SHLIBDEPS)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
  set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
endif()
include(CPack)
