# tonearm_objects: every room's sources, compiled once; each room adds its own with target_sources().
# tonearm_core:    libtonearm.so, what is installed (tonearm::core).
# Tests link the objects, so that they reach what the shared library hides.
add_library(tonearm_flags INTERFACE)
target_compile_options(tonearm_flags INTERFACE -Wall -Wextra -Wpedantic $<$<BOOL:${TONEARM_WERROR}>:-Werror>)
if(TONEARM_SANITIZE)
  # Lines for the reports, and no more optimisation than they bear: compiled in 0.4 of the time of -O2 -g.
  target_compile_options(tonearm_flags INTERFACE -fsanitize=${TONEARM_SANITIZE} -fno-omit-frame-pointer -O1 -g1)
  target_link_options(tonearm_flags INTERFACE -fsanitize=${TONEARM_SANITIZE})
endif()
if(TONEARM_BUILD_FUZZERS)  # libFuzzer sees which code an input reaches
  target_compile_options(tonearm_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(tonearm_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

add_library(tonearm_objects OBJECT)
target_include_directories(tonearm_objects PUBLIC
  ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/core/include ${TONEARM_HWY_INCLUDE_DIR})
target_link_libraries(tonearm_objects
  PUBLIC fmt::fmt-header-only nlohmann_json::nlohmann_json Threads::Threads ${CMAKE_DL_LIBS}
  PRIVATE tonearm_flags)

# tonearm_add_test(NAME SOURCES...): one GoogleTest program, registered with ctest under the label "unit".
function(tonearm_add_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE tonearm_objects tonearm_flags GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 300)
endfunction()
