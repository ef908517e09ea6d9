# Every library comes from a Debian 12 package; `lab` knows the package names.
include(FindPackageHandleStandardArgs)
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(SECP256K1 REQUIRED IMPORTED_TARGET libsecp256k1)
pkg_check_modules(CRYPTOPP REQUIRED IMPORTED_TARGET libcrypto++)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
find_library(LEVELDB_LIBRARY leveldb)  # its package has neither pkg-config nor CMake files
find_path(LEVELDB_INCLUDE leveldb/db.h)
if(NOT LEVELDB_LIBRARY OR NOT LEVELDB_INCLUDE)
  message(FATAL_ERROR "LevelDB was not found: apt-get install libleveldb-dev")
endif()
pkg_check_modules(TOMLPP REQUIRED IMPORTED_TARGET tomlplusplus)
# Contract engines. Lua as C++: an error then unwinds the stack instead of jumping over destructors.
pkg_check_modules(LUA REQUIRED IMPORTED_TARGET lua5.4-c++)
find_path(DUKTAPE_SOURCE duktape.c PATHS /usr/share/duktape NO_DEFAULT_PATH REQUIRED
  DOC "the source in package duktape-dev")
find_library(WABT_ARCHIVE libwabt.a REQUIRED DOC "package wabt")
# Other simulators are optional: without its package an engine is not built, and a scenario that asks
# for it is told which package it needs. `lab` names here what is installed, so that a package which
# came or went configures anew.
set(LEDGERLAB_ENGINE_PACKAGES "" CACHE STRING "packages of other simulators that lab found")
pkg_check_modules(SIMGRID QUIET IMPORTED_TARGET simgrid)
list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})
find_package(Ns3 QUIET)
if(LEDGERLAB_TESTS)
  find_package(GTest REQUIRED)
endif()
if(LEDGERLAB_BENCH)
  find_package(benchmark REQUIRED)
endif()
