# cmake --install: the binary, the shared library, the scenarios.
include(GNUInstallDirs)
install(TARGETS ledgerlab LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY scenarios/ DESTINATION ${CMAKE_INSTALL_DATADIR}/ledgerlab/scenarios)
