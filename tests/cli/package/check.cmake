# Installs the build tree BUILD below WORK, copies the project SOURCE there, and configures, builds and
# tests it against the installation alone. Then breaks the driver: a routine that wdmsim does not have
# must be an error of the link step that names it.

# step(WHAT COMMAND…): runs a command that must succeed; its output is shown when it does not.
function(step what)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE text ERROR_VARIABLE text)
    if(NOT code EQUAL 0)
        message(FATAL_ERROR "${what} failed (${code}):\n${text}")
    endif()
    set(STEP_OUTPUT "${text}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK})
file(COPY ${SOURCE}/ DESTINATION ${WORK}/project)
step("installing" ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)

# CMocka may lie in a folder of its own as well.
set(prefixes ${WORK}/prefix ${PREFIX_PATH})
string(REPLACE ";" "\\;" prefixes "${prefixes}")
set(flags "")
if(SANITIZE)
    set(flags "-fsanitize=${SANITIZE} -fno-sanitize-recover=undefined")
endif()
step("configuring" ${CMAKE_COMMAND} -S ${WORK}/project -B ${WORK}/build -G ${GENERATOR}
    -D "CMAKE_PREFIX_PATH=${prefixes}" -D CMAKE_C_COMPILER=${C_COMPILER}
    -D CMAKE_BUILD_TYPE=${BUILD_TYPE} -D "CMAKE_C_FLAGS=${flags}")
step("building" ${CMAKE_COMMAND} --build ${WORK}/build)
step("testing" ${CMAKE_COMMAND} -E chdir ${WORK}/build ${CMAKE_CTEST_COMMAND} --output-on-failure)
if(NOT STEP_OUTPUT MATCHES "Test +#1: tiny_test \\.* +Passed")
    message(FATAL_ERROR "the outside project's test did not run:\n${STEP_OUTPUT}")
endif()

# Nothing of the source tree may be needed: what the project compiled with is in the installation.
file(STRINGS ${WORK}/build/compile_commands.json commands REGEX "\"command\"")
foreach(line IN LISTS commands)
    string(REGEX MATCHALL "-I[^ ]+" options "${line}")
    foreach(option IN LISTS options)
        if(NOT option MATCHES "^-I${WORK}/")
            message(FATAL_ERROR "compiled with ${option}, outside ${WORK}")
        endif()
    endforeach()
endforeach()

# Clang's sanitizers alone leave symbols open when a driver is linked.
if(NOT SANITIZE)
    file(APPEND ${WORK}/project/tiny.c
        "NTSTATUS IoNoSuchRoutine(VOID);\nNTSTATUS TinyBroken(VOID) { return IoNoSuchRoutine(); }\n")
    execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build
        RESULT_VARIABLE code OUTPUT_VARIABLE text ERROR_VARIABLE text)
    if(code EQUAL 0 OR NOT text MATCHES "IoNoSuchRoutine")
        message(FATAL_ERROR "a driver that calls an unknown routine was linked:\n${text}")
    endif()
endif()
