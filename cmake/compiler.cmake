# g++ before 13 miscompiles many coroutine shapes, so the product is built with clang 19 where the system's g++ is older.
# A compiler that the user names (CXX or CMAKE_CXX_COMPILER) is always taken.
if(NOT DEFINED CMAKE_CXX_COMPILER AND NOT DEFINED ENV{CXX})
    execute_process(COMMAND g++ -dumpversion OUTPUT_VARIABLE gxx_version OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    find_program(REELPIPE_CLANG clang++-19)
    if(REELPIPE_CLANG AND (gxx_version STREQUAL "" OR gxx_version VERSION_LESS 13))
        set(CMAKE_CXX_COMPILER "${REELPIPE_CLANG}")
    endif()
endif()
