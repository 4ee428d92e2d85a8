# The only door to outside code: the system's package, or a directory that the builder names.
include(GNUInstallDirs)

# Header-only fmt, for text.
find_package(fmt QUIET)
if(NOT fmt_FOUND)
  message(FATAL_ERROR "fmt was not found: apt-get install libfmt-dev (9 or newer), or -Dfmt_DIR=DIR.")
endif()

# Highway's headers, for SIMD.
find_path(TONEARM_HWY_INCLUDE_DIR hwy/highway.h HINTS "${TONEARM_HWY_SOURCE_DIR}")
if(NOT TONEARM_HWY_INCLUDE_DIR)
  message(FATAL_ERROR "Highway was not found: apt-get install libhwy-dev (1.0.3 or newer), or -DTONEARM_HWY_SOURCE_DIR=DIR.")
endif()

find_package(nlohmann_json QUIET)
if(NOT nlohmann_json_FOUND)
  message(FATAL_ERROR "nlohmann-json was not found: apt-get install nlohmann-json3-dev.")
endif()

find_package(CLI11 QUIET)
if(NOT CLI11_FOUND)
  message(FATAL_ERROR "CLI11 was not found: apt-get install libcli11-dev.")
endif()

find_package(Threads REQUIRED)

if(TONEARM_BUILD_TESTS)
  find_package(GTest QUIET)
  if(NOT GTest_FOUND)
    message(FATAL_ERROR "GoogleTest was not found: apt-get install libgtest-dev, or -DTONEARM_BUILD_TESTS=OFF.")
  endif()
endif()
if(TONEARM_BUILD_BENCHES)
  find_package(benchmark QUIET)
  if(NOT benchmark_FOUND)
    message(FATAL_ERROR "Google Benchmark was not found: apt-get install libbenchmark-dev, or -DTONEARM_BUILD_BENCHES=OFF.")
  endif()
endif()
