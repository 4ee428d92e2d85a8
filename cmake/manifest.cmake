# The build manifest: size and SHA-256 of every file that was installed before this, and what the build was made for.
# Runs at install time (after stripping), in CMake's install script; core/doctor and the Python pre-flight read it.
#   TONEARM_MANIFEST_DIR, _VERSION, _CUDA (its release, or empty), _KERNELS (architectures, the first with PTX): set by
#   cmake/install.cmake
set(directory "${CMAKE_INSTALL_PREFIX}/${TONEARM_MANIFEST_DIR}")
set(python null)
set(files "")
foreach(file IN LISTS CMAKE_INSTALL_MANIFEST_FILES)
  if(file MATCHES "/tonearm-manifest\\.json$")
    continue()
  endif()
  if(file MATCHES "/_native\\.(.+)\\.so$")
    set(python "\"${CMAKE_MATCH_1}\"")
  endif()
  file(SHA256 "$ENV{DESTDIR}${file}" hash)
  file(SIZE "$ENV{DESTDIR}${file}" bytes)
  file(RELATIVE_PATH name "${directory}" "${file}")
  list(APPEND files "  \"${name}\": {\"bytes\": ${bytes}, \"sha256\": \"${hash}\"}")
endforeach()
list(JOIN files ",\n" files)
set(cuda null)
if(TONEARM_MANIFEST_CUDA)
  list(TRANSFORM TONEARM_MANIFEST_KERNELS REPLACE "^([0-9]+)([0-9])$" "\"\\1.\\2\"" OUTPUT_VARIABLE kernels)
  list(GET kernels 0 ptx)
  list(JOIN kernels ", " kernels)
  set(cuda "{\"release\": \"${TONEARM_MANIFEST_CUDA}\", \"kernels\": [${kernels}], \"ptx\": [${ptx}]}")
endif()
file(WRITE "$ENV{DESTDIR}${directory}/tonearm-manifest.json"
"{\"schema\": 1, \"tonearm\": \"${TONEARM_MANIFEST_VERSION}\", \"python\": ${python}, \"cuda\": ${cuda}, \"files\": {
${files}
}}
")
list(APPEND CMAKE_INSTALL_MANIFEST_FILES "${directory}/tonearm-manifest.json")
