# libtonearm_cuda.so: the kernels. TONEARM_CUDA says whether; AUTO: where nvcc is found. nvcc is called as a program, not
# as a CMake language, because PyPI's wheels hold no more than the compiler and the static runtime.
#   TONEARM_CUDA_ARCHITECTURES  compute capabilities with machine code, ascending; the first gets PTX, too
#   TONEARM_NVCC                the compiler; found in CUDA_HOME, PATH and /usr/local/cuda, then in what
#                               scripts/lib.sh installed from PyPI
set(TONEARM_CUDA AUTO CACHE STRING "CUDA kernels: AUTO (where nvcc is found), ON, OFF")
set(TONEARM_CUDA_ARCHITECTURES "75;80;86;89;90;100;120" CACHE STRING "compute capabilities with machine code")
if(TONEARM_CUDA STREQUAL "OFF")
  return()
endif()

set(cache "$ENV{XDG_CACHE_HOME}")
if(NOT cache)
  set(cache "$ENV{HOME}/.cache")
endif()
find_program(TONEARM_NVCC nvcc
  HINTS "$ENV{CUDA_HOME}/bin" PATHS /usr/local/cuda/bin "${cache}/tonearm/cuda-13.0/nvidia/cu13/bin")
if(NOT TONEARM_NVCC)
  if(TONEARM_CUDA STREQUAL "ON")
    message(FATAL_ERROR "nvcc was not found, and TONEARM_CUDA is ON: install NVIDIA's toolkit (13.0), or run scripts/test, "
                        "which takes the compiler from PyPI, or -DTONEARM_NVCC=FILE; -DTONEARM_CUDA=OFF builds without kernels.")
  endif()
  message(STATUS "No nvcc: building without CUDA kernels (TONEARM_CUDA=AUTO).")
  return()
endif()
execute_process(COMMAND "${TONEARM_NVCC}" --version OUTPUT_VARIABLE version RESULT_VARIABLE failed ERROR_QUIET)
string(REGEX MATCH "release ([0-9]+\\.[0-9]+)" matched "${version}")
set(TONEARM_CUDA_RELEASE "${CMAKE_MATCH_1}")
if(failed OR TONEARM_CUDA_RELEASE VERSION_LESS 13.0)
  if(TONEARM_CUDA STREQUAL "ON")
    message(FATAL_ERROR "${TONEARM_NVCC} is of CUDA ${TONEARM_CUDA_RELEASE}; 13.0 or newer is needed. -DTONEARM_NVCC=FILE names another.")
  endif()
  message(STATUS "${TONEARM_NVCC} is of CUDA ${TONEARM_CUDA_RELEASE}, older than 13.0: building without CUDA kernels.")
  set(TONEARM_CUDA_RELEASE "")
  return()
endif()
# A wheel keeps the static runtime in lib, a toolkit in lib64.
get_filename_component(bin "${TONEARM_NVCC}" REALPATH)
get_filename_component(bin "${bin}" DIRECTORY)
find_file(TONEARM_CUDART libcudart_static.a NO_DEFAULT_PATH
  PATHS "${bin}/../lib64" "${bin}/../lib" "${bin}/../targets/${CMAKE_SYSTEM_PROCESSOR}-linux/lib")
if(NOT TONEARM_CUDART)
  message(FATAL_ERROR "libcudart_static.a was not found beside ${TONEARM_NVCC}: nvidia-cuda-runtime is missing. -DTONEARM_CUDA=OFF "
                      "builds without kernels.")
endif()
message(STATUS "CUDA kernels by ${TONEARM_NVCC} (${TONEARM_CUDA_RELEASE}) for ${TONEARM_CUDA_ARCHITECTURES}")
