# How folders become parts of libledgerlab.so, and how models register themselves.

# Floors 0-4 (everything a world needs) and floor 5 are told apart so that `ledgerlab_hash` can be
# built from floors 0-4 alone.
define_property(GLOBAL PROPERTY LEDGERLAB_PARTS BRIEF_DOCS "object libraries of floors 0-4")
define_property(GLOBAL PROPERTY LEDGERLAB_FACE_PARTS BRIEF_DOCS "object libraries of floor 5")
define_property(GLOBAL PROPERTY LEDGERLAB_MODELS BRIEF_DOCS "registration functions, kind_name")

set(LEDGERLAB_LINKS PkgConfig::SODIUM PkgConfig::SECP256K1 PkgConfig::CRYPTOPP PkgConfig::XXHASH
    PkgConfig::TOMLPP PkgConfig::LUA OpenSSL::Crypto SQLite::SQLite3 ${LEVELDB_LIBRARY} fmt::fmt nlohmann_json::nlohmann_json
    Boost::headers Threads::Threads)

# ledgerlab_part(NAME [FACE]): the .cpp files of this folder (not its *_test.cpp) as one part of the
# library; its *_test.cpp files become one test program.
function(ledgerlab_part name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  if(sources)
    add_library(part_${name} OBJECT ${sources})
    target_link_libraries(part_${name} PUBLIC ${LEDGERLAB_LINKS})
    if("FACE" IN_LIST ARGN)
      set_property(GLOBAL APPEND PROPERTY LEDGERLAB_FACE_PARTS part_${name})
    else()
      set_property(GLOBAL APPEND PROPERTY LEDGERLAB_PARTS part_${name})
    endif()
  endif()
  if(LEDGERLAB_TESTS AND tests)
    ledgerlab_test(${name}_test ${tests})
  endif()
endfunction()

# ledgerlab_model(): the one line of a model's CMakeLists.txt. The folder's place,
# models/<kind>/<name>, gives the name of its registration function: register_<kind>_<name>.
function(ledgerlab_model)
  get_filename_component(name ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  get_filename_component(parent ${CMAKE_CURRENT_SOURCE_DIR} DIRECTORY)
  get_filename_component(kind ${parent} NAME)
  ledgerlab_part(${kind}_${name})
  set_property(GLOBAL APPEND PROPERTY LEDGERLAB_MODELS ${kind}_${name})
endfunction()

# What an engine module and the library must have in common (sim/engine/module.hpp): the compiler, and
# all headers that a module is made of beside its own. A queue of the module's build inside functions of
# the library's would run, and lose events.
file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/models/base/*.hpp
     ${CMAKE_SOURCE_DIR}/sim/engine/*.hpp ${CMAKE_SOURCE_DIR}/sim/kernel/*.hpp)
set(digests "")
foreach(header ${headers})
  set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
  file(SHA256 ${header} digest)
  string(APPEND digests ${digest})
endforeach()
string(SHA256 digests "${digests}")
string(SUBSTRING ${digests} 0 16 digests)
set(LEDGERLAB_ENGINE_BUILD ${CMAKE_CXX_COMPILER_ID}-${CMAKE_CXX_COMPILER_VERSION}-${digests})

# ledgerlab_engine_module(NAME LIBRARIES...): the .cpp files of this folder as the loadable module of
# an engine; the target `engines` builds all of them. Its *_test.cpp files become a program together
# with its sources. Call it only where the simulator was found.
add_custom_target(engines)
function(ledgerlab_engine_module name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  add_library(engine_${name} MODULE ${sources})
  add_dependencies(engines engine_${name})
  set(programs engine_${name})
  if(LEDGERLAB_TESTS AND tests)
    ledgerlab_test(engine_${name}_test ${tests} ${sources})
    list(APPEND programs engine_${name}_test)
  endif()
  foreach(program ${programs})
    target_link_libraries(${program} PRIVATE ledgerlab ${ARGN})
    target_compile_definitions(${program} PRIVATE LEDGERLAB_ENGINE_BUILD="${LEDGERLAB_ENGINE_BUILD}")
  endforeach()
  set_target_properties(engine_${name} PROPERTIES
    OUTPUT_NAME ledgerlab-engine-${name}
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/ledgerlab
    BUILD_RPATH_USE_ORIGIN ON INSTALL_RPATH "$ORIGIN/..")
  # Not part of the package: ns-3 is under the GPL, and the product needs neither simulator.
  install(TARGETS engine_${name} COMPONENT engine-${name} EXCLUDE_FROM_ALL
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/ledgerlab)
endfunction()

# ledgerlab_test(NAME SOURCES...): one GoogleTest program, one ctest entry.
function(ledgerlab_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE ledgerlab GTest::gtest_main
    $<TARGET_NAME_IF_EXISTS:test_support>)
  target_compile_definitions(${name} PRIVATE
    LEDGERLAB_SOURCE_DIR="${CMAKE_SOURCE_DIR}" LEDGERLAB_BINARY_DIR="${CMAKE_BINARY_DIR}"
    LEDGERLAB_TESTDATA="${CMAKE_CURRENT_SOURCE_DIR}/testdata")
  add_test(NAME ${name} COMMAND ${name})
  set_property(GLOBAL APPEND PROPERTY LEDGERLAB_TESTS_ALL ${name})
endfunction()

# Adds every child folder that has a CMakeLists.txt, sorted.
function(ledgerlab_children)
  file(GLOB lists CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/CMakeLists.txt)
  list(SORT lists)
  foreach(list ${lists})
    get_filename_component(dir ${list} DIRECTORY)
    add_subdirectory(${dir})
  endforeach()
endfunction()

# Writes the sorted registration list and links the one shared library of floors 0 to 5.
function(ledgerlab_library)
  get_property(models GLOBAL PROPERTY LEDGERLAB_MODELS)
  get_property(parts GLOBAL PROPERTY LEDGERLAB_PARTS)
  get_property(faces GLOBAL PROPERTY LEDGERLAB_FACE_PARTS)
  list(SORT models)
  set(declarations "")
  set(calls "")
  foreach(model ${models})
    string(APPEND declarations "void register_${model}(Registry&);\n")
    string(APPEND calls "  register_${model}(registry);\n")
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/models.cpp CONTENT
"// Generated by CMake from the folders that call ledgerlab_model().
#include \"models/api/registry.hpp\"
namespace ledgerlab {
@declarations@
void register_all_models(Registry& registry) {
@calls@}
}  // namespace ledgerlab
" @ONLY)
  add_library(part_models_list OBJECT ${CMAKE_BINARY_DIR}/generated/models.cpp)
  set_property(GLOBAL APPEND PROPERTY LEDGERLAB_PARTS part_models_list)
  list(APPEND parts part_models_list)
  add_library(ledgerlab SHARED)
  target_link_libraries(ledgerlab PRIVATE ${parts} ${faces} PUBLIC ${LEDGERLAB_LINKS} ${CMAKE_DL_LIBS})
  # Calls inside the library are direct, not through the table of a function somebody may replace.
  target_link_options(ledgerlab PRIVATE -Wl,-Bsymbolic-functions)
  # Archives that only a part needs. wabt's and Duktape's names stay inside the library (local.map):
  # wabt's because its archive is made for programs, Duktape's because ours is not Debian's.
  get_property(archives GLOBAL PROPERTY LEDGERLAB_LIBRARY_LINKS)
  target_link_libraries(ledgerlab PRIVATE ${archives})
  target_link_options(ledgerlab PRIVATE -Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/local.map)
  set_property(TARGET ledgerlab APPEND PROPERTY LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/local.map)
  set_target_properties(ledgerlab PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0)
endfunction()
