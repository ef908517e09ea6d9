# Installs into a prefix of its own, moves the prefix, runs the installed binary, builds a project
# that uses find_package(ledgerlab), and makes the Debian package.
set(work ${BUILD}/install_test)
file(REMOVE_RECURSE ${work})
file(MAKE_DIRECTORY ${work})

# run(EXPECTED COMMAND...): the command must succeed and its output must hold EXPECTED.
function(run expected)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${work} RESULT_VARIABLE code
    OUTPUT_VARIABLE output ERROR_VARIABLE output TIMEOUT 300)
  if(NOT code STREQUAL "0" OR NOT output MATCHES "${expected}")
    message(FATAL_ERROR "${ARGN}\nended with ${code}, wanted '${expected}':\n${output}")
  endif()
endfunction()

run("libledgerlab.so" ${CMAKE_COMMAND} --install ${BUILD} --prefix "${work}/first place")
# A relocated prefix proves that nothing remembers where it was built or first installed.
file(RENAME "${work}/first place" "${work}/moved here")
set(prefix "${work}/moved here")

run("raft" ${CMAKE_COMMAND} -E env --unset=LD_LIBRARY_PATH "${prefix}/bin/ledgerlab" models)
run("" ${CMAKE_COMMAND} -S ${SOURCE}/testdata/consumer -B ${work}/consumer -G Ninja
  -DCMAKE_CXX_COMPILER=${CXX} "-DCMAKE_PREFIX_PATH=${prefix}")
run("" ${CMAKE_COMMAND} --build ${work}/consumer)
# The bytes of "ledgerlab".
run("6c65646765726c6162" ${work}/consumer/consumer)

find_program(CPACK cpack REQUIRED)
run("ledgerlab_.*\\.deb generated" ${CPACK} --config ${BUILD}/CPackConfig.cmake -G DEB -B ${work}/deb)
file(GLOB debs ${work}/deb/ledgerlab_*.deb)
run("./usr/bin/ledgerlab\n" dpkg-deb --contents ${debs})
run("Package: ledgerlab" dpkg-deb --info ${debs})
message(STATUS "installed, moved, run, found by a consumer, packed as ${debs}")
