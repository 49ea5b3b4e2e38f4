# Runs one scenario and expects an exit code: cmake -D CODE=N -D COMMAND=wdmsim -D FILE=x.json -P this
execute_process(COMMAND ${COMMAND} run ${FILE} RESULT_VARIABLE code)
if(NOT code STREQUAL CODE)
    message(FATAL_ERROR "${FILE}: exit code ${code}, expected ${CODE}")
endif()
