# Functions for projects that build drivers and test them.
#
#   wdmsim_add_driver(NAME [SOURCES] file… [INCLUDES dir…] [DEFINES def…])
#       builds NAME.sys, a shared object that the simulator loads. The source is Windows driver
#       source, untouched: it is compiled through wdmsim-cc. A routine that wdmsim does not have is
#       an error of the link step, by name.
#
#   wdmsim_add_driver(NAME PROJECT path/to/driver.vcxproj [SOURCES file…] [INCLUDES …] [DEFINES …])
#       takes the sources, and for each its include folders, defines, trace functions and message files,
#       from a Visual Studio project (for x64; Debug or Release by CMAKE_BUILD_TYPE) or an old `sources` file.
#
#   wdmsim_add_test(NAME [SOURCES] file… [DRIVERS driver…] [INCLUDES dir…] [DEFINES def…]
#                   [LABELS label…])
#       builds a CMocka test and registers it with ctest. The test is compiled as driver source is,
#       so it includes <wdm.h>; it is linked with the named drivers, so it calls their functions
#       directly, and finds their .sys files (WDMSIM_DRIVER_PATH) to load them into a machine.
#
# Both work for the Makefile and Ninja generators: others have no compiler launcher.
#
# The file is used by this tree and by the installed package. Each sets two global properties:
# WDMSIM_CC, the path of wdmsim-cc, and WDMSIM_INCLUDE_DIR, where ddk/, crt/ and wdmsim/ are.

# Compiles TARGET as driver source. The dialect, and silence about what MSVC takes without a word, are the
# launcher's business; here are the headers.
function(_wdmsim_dialect target)
    get_property(launcher GLOBAL PROPERTY WDMSIM_CC)
    get_property(include GLOBAL PROPERTY WDMSIM_INCLUDE_DIR)
    set_target_properties(${target} PROPERTIES
        C_COMPILER_LAUNCHER "${launcher}"
        CXX_COMPILER_LAUNCHER "${launcher}"
        C_STANDARD 11
        C_EXTENSIONS ON
        C_VISIBILITY_PRESET default
        CXX_STANDARD 17
        CXX_EXTENSIONS ON
        CXX_VISIBILITY_PRESET default)
    target_include_directories(${target} BEFORE PRIVATE
        ${include}/ddk ${include}/crt ${include})
    # Stacks of failures are read by frame pointers and shown with lines, in optimised builds as well;
    # a routine that ends with a call stays on the stack during it.
    target_compile_options(${target} PRIVATE
        -fPIC -fno-omit-frame-pointer -fno-optimize-sibling-calls -g)
    if(TARGET wdmsim-cc)
        add_dependencies(${target} wdmsim-cc)
        get_target_property(sources ${target} SOURCES)
        set_property(SOURCE ${sources} APPEND PROPERTY OBJECT_DEPENDS "${launcher}")
    endif()
endfunction()

# Adds INCLUDES and DEFINES. Relative directories are those of the caller; they are searched before the
# Windows headers, as the WDK does it.
function(_wdmsim_extras target includes defines)
    list(TRANSFORM includes REPLACE "^([^/$])" "${CMAKE_CURRENT_SOURCE_DIR}/\\1")
    target_include_directories(${target} BEFORE PRIVATE ${includes})
    target_compile_definitions(${target} PRIVATE ${defines})
endfunction()

# The program that lists a project: wdmsim-cc, or, while that is still to be built, a copy made now.
function(_wdmsim_project_reader result)
    get_property(launcher GLOBAL PROPERTY WDMSIM_CC)
    # (A tree for another processor names a wdmsim-cc that is there already.)
    if(TARGET wdmsim-cc AND NOT CMAKE_CROSSCOMPILING)
        get_target_property(folder wdmsim-cc SOURCE_DIR)
        get_target_property(files wdmsim-cc SOURCES)
        set(launcher ${CMAKE_BINARY_DIR}/CMakeFiles/wdmsim-cc-reader)
        set(newest FALSE)
        foreach(file IN LISTS files)
            if(${file} IS_NEWER_THAN ${launcher})
                set(newest TRUE)
            endif()
        endforeach()
        if(newest)
            execute_process(
                COMMAND ${CMAKE_C_COMPILER} -std=gnu11 -O1 -D_GNU_SOURCE -I${folder}/sim/cc
                        -o ${launcher} ${files}
                RESULT_VARIABLE failed ERROR_VARIABLE messages)
            if(failed)
                message(FATAL_ERROR "wdmsim-cc does not compile:\n${messages}")
            endif()
        endif()
    endif()
    set(${result} ${launcher} PARENT_SCOPE)
endfunction()

# The sources of a project, and the launcher's arguments for compiling them.
function(_wdmsim_project project sources arguments)
    get_filename_component(project ${project} ABSOLUTE)
    if(NOT EXISTS ${project})
        message(FATAL_ERROR "wdmsim_add_driver: there is no project ${project}")
    endif()
    set(configuration Release)
    if(CMAKE_BUILD_TYPE STREQUAL "Debug")
        set(configuration Debug)
    endif()
    _wdmsim_project_reader(reader)
    set(options --project ${project} --configuration ${configuration})
    execute_process(COMMAND ${reader} ${options}
        OUTPUT_VARIABLE list ERROR_VARIABLE messages RESULT_VARIABLE failed)
    if(failed)
        message(FATAL_ERROR "wdmsim_add_driver: ${messages}")
    elseif(messages)
        message(WARNING "${messages}")
    endif()
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${project})
    string(REPLACE ";" "\\;" list "${list}")
    string(REGEX MATCHALL "source [^\n]+" found "${list}")
    list(TRANSFORM found REPLACE "^source " "")
    set(${sources} ${found} PARENT_SCOPE)
    set(${arguments} ${options} PARENT_SCOPE)
endfunction()

function(wdmsim_add_driver name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "PROJECT" "SOURCES;INCLUDES;DEFINES")
    set(sources ${arg_UNPARSED_ARGUMENTS} ${arg_SOURCES})
    set(launcher_arguments)
    if(arg_PROJECT)
        _wdmsim_project(${arg_PROJECT} project_sources launcher_arguments)
        list(APPEND sources ${project_sources})
    endif()
    list(FILTER sources INCLUDE REGEX "\\.(c|C|cc|CC|cpp|CPP|cxx)$")
    if(NOT sources)
        message(FATAL_ERROR "wdmsim_add_driver(${name}): no C or C++ source file given "
                            "(a project is given behind PROJECT)")
    endif()

    add_library(${name} SHARED ${sources})
    _wdmsim_dialect(${name})
    if(launcher_arguments)
        get_property(launcher GLOBAL PROPERTY WDMSIM_CC)
        set_target_properties(${name} PROPERTIES
            C_COMPILER_LAUNCHER "${launcher};${launcher_arguments}"
            CXX_COMPILER_LAUNCHER "${launcher};${launcher_arguments}")
        get_filename_component(project ${arg_PROJECT} ABSOLUTE)
        set_property(SOURCE ${sources} APPEND PROPERTY OBJECT_DEPENDS "${project}")
    endif()
    _wdmsim_extras(${name} "${arg_INCLUDES}" "${arg_DEFINES}")
    set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".sys")
    if(NOT CMAKE_LIBRARY_OUTPUT_DIRECTORY)
        set_target_properties(${name} PROPERTIES
            LIBRARY_OUTPUT_DIRECTORY "$<1:${CMAKE_BINARY_DIR}/drivers>")
    endif()

    # A checked build, as the WDK calls it.
    target_compile_definitions(${name} PRIVATE $<$<CONFIG:Debug>:DBG=1>)

    target_link_libraries(${name} PRIVATE wdmsim::wdmsim)
    if(NOT APPLE)
        # Bound when loaded, each driver to its own symbols first, and complete: no symbol may wait
        # for somebody else to define it. Clang's sanitizers alone leave their symbols to the program.
        target_link_options(${name} PRIVATE -Wl,-Bsymbolic -Wl,-z,now)
        if(NOT (CMAKE_C_COMPILER_ID MATCHES "Clang" AND
                "${CMAKE_C_FLAGS} ${WDMSIM_SANITIZE}" MATCHES "address|undefined|thread|sanitize"))
            target_link_options(${name} PRIVATE -Wl,-z,defs)
        endif()
    endif()
endfunction()

# Finds CMocka once per directory scope; everything is looked up by file, as distributions differ in
# which config files they ship.
macro(_wdmsim_find_cmocka)
    find_path(CMOCKA_INCLUDE_DIR cmocka.h)
    find_library(CMOCKA_LIBRARY cmocka)
    if(NOT CMOCKA_INCLUDE_DIR OR NOT CMOCKA_LIBRARY)
        message(FATAL_ERROR "CMocka not found: install its development package")
    endif()
endmacro()

# wdmsim_add_program(NAME …): the executable of wdmsim_add_test without the test: same options, but
# nothing is registered with ctest (a benchmark, for example).
function(wdmsim_add_program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DRIVERS;INCLUDES;DEFINES")
    _wdmsim_find_cmocka()
    add_executable(${name} ${arg_UNPARSED_ARGUMENTS} ${arg_SOURCES})
    # The names of its functions appear in the stacks of bug checks.
    set_target_properties(${name} PROPERTIES ENABLE_EXPORTS ON)
    _wdmsim_dialect(${name})
    _wdmsim_extras(${name} "${arg_INCLUDES}" "${arg_DEFINES}")
    target_include_directories(${name} SYSTEM PRIVATE ${CMOCKA_INCLUDE_DIR})
    # Driver source is compiled with Windows' predefined macros; CMocka's header would then declare
    # uintptr_t, differently from the host.
    target_compile_definitions(${name} PRIVATE _UINTPTR_T_DEFINED)
    target_link_libraries(${name} PRIVATE wdmsim::wdmsim ${arg_DRIVERS} ${CMOCKA_LIBRARY})
endfunction()

function(wdmsim_add_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DRIVERS;INCLUDES;DEFINES;LABELS")
    wdmsim_add_program(${name} ${arg_UNPARSED_ARGUMENTS} ${arg_SOURCES} DRIVERS ${arg_DRIVERS}
        INCLUDES ${arg_INCLUDES} DEFINES ${arg_DEFINES})

    set(path "${CMAKE_BINARY_DIR}/drivers")
    foreach(driver IN LISTS arg_DRIVERS)
        string(APPEND path ":$<TARGET_FILE_DIR:${driver}>")
    endforeach()
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES
        ENVIRONMENT "WDMSIM_DRIVER_PATH=${path}" LABELS "${arg_LABELS}" TIMEOUT 300)
endfunction()
