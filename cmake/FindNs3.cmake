# Debian's own CMake package of ns-3 asks for more than libns3-dev brings, so headers and libraries
# are looked for one by one. Defines Ns3_FOUND, Ns3_VERSION and the target Ns3::internet.
find_path(Ns3_INCLUDE_DIR ns3/simulator.h)
set(Ns3_parts core network internet point-to-point traffic-control)
set(Ns3_libraries "")
foreach(part ${Ns3_parts})
  find_library(Ns3_${part}_LIBRARY ns3-${part})
  mark_as_advanced(Ns3_${part}_LIBRARY)
  list(APPEND Ns3_libraries Ns3_${part}_LIBRARY)
endforeach()
# libns3-core.so.37: its number is the minor version.
if(Ns3_core_LIBRARY)
  file(REAL_PATH ${Ns3_core_LIBRARY} Ns3_core_file)
  string(REGEX MATCH "[0-9]+$" Ns3_minor ${Ns3_core_file})
  set(Ns3_VERSION 3.${Ns3_minor})
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Ns3
  REQUIRED_VARS Ns3_INCLUDE_DIR ${Ns3_libraries} VERSION_VAR Ns3_VERSION)
mark_as_advanced(Ns3_INCLUDE_DIR)

if(Ns3_FOUND AND NOT TARGET Ns3::internet)
  add_library(Ns3::internet INTERFACE IMPORTED)
  target_include_directories(Ns3::internet SYSTEM INTERFACE ${Ns3_INCLUDE_DIR})
  foreach(library ${Ns3_libraries})
    target_link_libraries(Ns3::internet INTERFACE ${${library}})
  endforeach()
endif()
