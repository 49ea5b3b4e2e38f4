# Runs one scenario and expects an exit code: cmake -D CODE=N -D COMMAND=wdmsim -D FILE=x.json -P this
# How long that may take is ctest's business.
execute_process(COMMAND ${COMMAND} run ${FILE} --timeout 0 RESULT_VARIABLE code)
if(NOT code STREQUAL CODE)
    message(FATAL_ERROR "${FILE}: exit code ${code}, expected ${CODE}")
endif()
