# What is installed: the library, the doctor, the headers, the CMake package, the pkg-config file.
include(CMakePackageConfigHelpers)

# tonearm::torch adds tensors for a program that brings its own libtorch; it links none itself.
add_library(tonearm_torch INTERFACE)
add_library(tonearm::torch ALIAS tonearm_torch)
set_target_properties(tonearm_torch PROPERTIES EXPORT_NAME torch)
target_link_libraries(tonearm_torch INTERFACE tonearm_core)

install(TARGETS tonearm_core tonearm_torch EXPORT tonearmTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET tonearm_cuda)  # beside tonearm_core, which opens it
  install(TARGETS tonearm_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
if(TARGET tonearm-doctor)
  install(TARGETS tonearm-doctor RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/core/include/tonearm DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h")

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/tonearm)
install(EXPORT tonearmTargets NAMESPACE tonearm:: DESTINATION ${package_directory})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/tonearmConfig.cmake.in ${PROJECT_BINARY_DIR}/tonearmConfig.cmake
  INSTALL_DESTINATION ${package_directory} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tonearmConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/tonearmConfig.cmake ${PROJECT_BINARY_DIR}/tonearmConfigVersion.cmake
  DESTINATION ${package_directory})

# The prefix in tonearm.pc is counted from the file itself, so that the installed tree can be moved.
file(RELATIVE_PATH TONEARM_PC_TO_PREFIX "/p/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/p")
configure_file(${CMAKE_CURRENT_LIST_DIR}/tonearm.pc.in ${PROJECT_BINARY_DIR}/tonearm.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/tonearm.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Last, so that it knows every other file.
install(CODE "set(TONEARM_MANIFEST_DIR \"${CMAKE_INSTALL_LIBDIR}\")
set(TONEARM_MANIFEST_VERSION \"${PROJECT_VERSION}\")
set(TONEARM_MANIFEST_CUDA \"${TONEARM_CUDA_RELEASE}\")
set(TONEARM_MANIFEST_KERNELS \"${TONEARM_CUDA_ARCHITECTURES}\")")
install(SCRIPT ${CMAKE_CURRENT_LIST_DIR}/manifest.cmake)
