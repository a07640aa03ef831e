# Warnings belong to our own targets; the presets of developers make errors of them (CMAKE_COMPILE_WARNING_AS_ERROR).
add_library(reelpipe_warnings INTERFACE)
target_compile_options(reelpipe_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
    # g++ 12 sees overlaps in std::string::replace() that cannot be: https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105651
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
    # g++ takes the two halves of Asio's allocation of coroutine frames for a mismatch when it inlines only the first.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>
    # g++ takes a source that is compiled together with others for a header, whose unnamed namespace would be a mistake.
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wno-subobject-linkage>)

# reelpipe_component(NAME SOURCES ... LIBS ...): one folder of src/ as object files, gathered into the library `reelpipe`.
# The target is room_NAME; `#include "stages/fetch/http_client.hpp"` works from everywhere.
function(reelpipe_component name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
    add_library(room_${name} OBJECT ${arg_SOURCES})
    target_include_directories(room_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(room_${name} PUBLIC reelpipe::pipeline ${arg_LIBS} PRIVATE $<BUILD_INTERFACE:reelpipe_warnings>)
    set_target_properties(room_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    set_property(GLOBAL APPEND PROPERTY REELPIPE_ROOMS room_${name})
endfunction()

# reelpipe_test(ROOM SOURCES ... LIBS ... [MEDIA] [OPTIMISED]): one Catch2 binary a room, each TEST_CASE a ctest.
# MEDIA: the tests need the videos that tests/support/make_media makes; REELPIPE_TEST_MEDIA is their folder.
# OPTIMISED: what is tested are templates, which the tests compile. Other tests call compiled rooms, and optimising the
# calls would take half of the time that a build takes.
# The label of a test is its room; of one with the tag [long], ROOM-long, and it begins before others.
function(reelpipe_test room)
    cmake_parse_arguments(PARSE_ARGV 1 arg "MEDIA;OPTIMISED" "" "SOURCES;LIBS;DEFINITIONS")
    set(target test_${room})
    add_executable(${target} ${arg_SOURCES})
    target_link_libraries(${target} PRIVATE test_support ${arg_LIBS} reelpipe_warnings)
    target_compile_definitions(${target} PRIVATE ${arg_DEFINITIONS})
    if(NOT arg_OPTIMISED)
        target_compile_options(${target} PRIVATE -O0)
    endif()
    set(properties TIMEOUT 900 SKIP_REGULAR_EXPRESSION "this test is skipped")
    if(arg_MEDIA)
        target_compile_definitions(${target} PRIVATE REELPIPE_TEST_MEDIA="${REELPIPE_TEST_MEDIA}")
        list(APPEND properties FIXTURES_REQUIRED media)
    endif()
    foreach(source IN LISTS arg_SOURCES)
        file(STRINGS ${source} tags REGEX "\\[long\\]")
        list(APPEND long ${tags})
    endforeach()
    if(NOT long)
        catch_discover_tests(${target} TEST_PREFIX "${room}: " DISCOVERY_MODE PRE_TEST
            PROPERTIES ${properties} LABELS ${room})
        return()
    endif()
    catch_discover_tests(${target} TEST_PREFIX "${room}: " DISCOVERY_MODE PRE_TEST TEST_SPEC "~[.]~[long]"
        PROPERTIES ${properties} LABELS ${room})
    catch_discover_tests(${target} TEST_PREFIX "${room}: " DISCOVERY_MODE PRE_TEST TEST_SPEC "[long]~[.]"
        TEST_LIST ${target}_LONG_TESTS PROPERTIES ${properties} COST 100 LABELS ${room}-long)
endfunction()
