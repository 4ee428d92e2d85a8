// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Every code, told for people; docs/troubleshooting.md is printed from here (tonearm-doctor --troubleshooting).
#include "core/doctor/findings.h"
#include "fmt/format.h"

namespace tonearm::doctor {

const std::vector<FaultEntry>& fault_table() {
  static const std::vector<FaultEntry> table = {
      {"missing-library", "cannot open shared object file: No such file or directory",
       "A library, or one that it needs, is in none of the places that the loader searches.",
       "Install the package that the finding names. The chain says who needs it."},
      {"truncated-file", "The process dies with SIGBUS, or: file too short",
       "The file is shorter than its own headers say: an interrupted download or a full disk.",
       "Reinstall the package that owns the file."},
      {"empty-file", "file too short", "The file has no bytes.", "Reinstall the package that owns the file."},
      {"not-elf", "invalid ELF header",
       "Something else carries a library's name: a git-lfs pointer, a web page, a linker script.",
       "Fetch the real file (git lfs pull), or reinstall the package."},
      {"not-a-file", "cannot read file data: Is a directory, or a process that never returns",
       "A directory, FIFO, socket or device carries a library's name.", "Remove it from the search path."},
      {"malformed-elf", "A crash while loading, or: ELF load command not properly aligned",
       "The headers of the file contradict themselves or each other.", "Reinstall the package that owns the file."},
      {"dangling-link", "Nothing, or: No such file or directory",
       "A symbolic link to nothing, or a loop; the loader passes over it.", "Remove the link."},
      {"wrong-architecture", "No such file or directory, for a file that exists; or: wrong ELF class",
       "The file was built for another processor.", "Install the build for this machine."},
      {"unreadable", "No such file or directory, or: Permission denied",
       "This user may not read the file or its directory.", "chmod a+r, or run as its owner."},
      {"noexec-mount", "failed to map segment from shared object", "The file system is mounted with noexec.",
       "Remount it with exec, or install elsewhere."},
      {"address-space-limit", "failed to map segment from shared object: Cannot allocate memory",
       "RLIMIT_AS (ulimit -v) leaves less address space than the libraries need.", "Raise the limit."},
      {"static-tls", "cannot allocate memory in static TLS block",
       "Libraries that were built with initial-exec TLS need more room than is kept for late ones.",
       "Set the tunable that the finding names, or load the library first."},
      {"executable-stack", "cannot enable executable stack as shared object requires",
       "A library asks for an executable stack; glibc 2.41 and later refuse.",
       "Use a newer build of it, or clear the flag."},
      {"crashes-on-load", "The process dies while a library is opened", "A constructor of the library crashes.",
       "Reinstall the library; the finding names the object and the signal."},
      {"exits-on-load", "The process ends without a word", "A constructor of the library calls exit.",
       "Reinstall or remove the library."},
      {"hangs-on-load", "The process never comes back", "A constructor of the library does not return.",
       "Reinstall or remove the library."},
      {"open-refused", "Any text of the loader",
       "The loader refuses a library in which every check found nothing wrong.",
       "Read the loader's text in the finding, and report it to us."},
      {"version-node-missing", "version `X' not found, often blamed on another library",
       "A library has the right name and the wrong contents: it hides the system's copy.",
       "Remove the copy, or its directory from the search path."},
      {"no-version-info", "no version information available, or an undefined symbol in some other library",
       "A copy without version nodes stands before the real one.",
       "Remove the copy, or its directory from the search path."},
      {"glibc-too-old", "version `GLIBC_2.N' not found", "The library was built for a newer system.",
       "Use a build for this system, or a newer system."},
      {"libstdcxx-too-old", "version `GLIBCXX_3.4.N' not found",
       "An older libstdc++ stands before the one that is needed.", "Remove the old copy, or upgrade it."},
      {"symbol-missing", "undefined symbol", "The library that should have the function is of another release.",
       "Install releases that belong together; the finding names the function and the provider."},
      {"missing-package", "No module named X", "The Python package is not installed in this environment.",
       "pip install it."},
      {"unsupported-major", "Could not load libraries, although FFmpeg is installed",
       "The FFmpeg that is installed is of a major release that is not supported.",
       "Install a supported one beside it, or pip install av."},
      {"mixed-set", "A crash, or a version that is not found", "Libraries of two FFmpegs stand in one directory.",
       "Keep one set per directory."},
      {"built-for-other-torch", "undefined symbol with a long C++ name",
       "The package was built for another release of torch.", "Install the pair that the finding names."},
      {"built-for-other-cuda", "PyTorch and TorchAudio were compiled with different CUDA versions",
       "The two packages were built with different CUDA releases.", "Install the pair that the finding names."},
      {"built-for-other-abi", "undefined symbol with std::string or __cxx11 in it",
       "One package was built with libstdc++'s old std::string, the other with the new one.",
       "Install both from one index, or build both with the same _GLIBCXX_USE_CXX11_ABI."},
      {"built-for-other-python", "No module named _native, or a crash at the first call",
       "The extension was built for another Python.", "Reinstall the package with the Python that will use it."},
      {"bad-setting", "Nothing is found although the variable is set", "A TONEARM_ variable names nothing usable.",
       "Correct the variable or unset it."},
      {"preload-missing", "object from LD_PRELOAD cannot be preloaded: ignored",
       "LD_PRELOAD names a file that does not exist.", "Unset LD_PRELOAD."},
      {"cuda-no-driver", "CUDA driver version is insufficient (35), or: libcuda.so.1 not found",
       "NVIDIA's driver is not installed, or not passed into the container.",
       "Install it, or start the container with --gpus all."},
      {"cuda-stub-driver", "error 34", "The toolkit's stub stands before the real libcuda.so.1.",
       "Remove the stubs directory from the search path."},
      {"cuda-driver-too-old", "CUDA driver version is insufficient (35)",
       "The driver is older than the CUDA release that the kernels were built with.", "Upgrade the driver."},
      {"cuda-no-device", "no CUDA-capable device is detected (100)", "The driver sees no device.",
       "Check nvidia-smi -L; in a container, --gpus all."},
      {"cuda-hidden", "no CUDA-capable device is detected (100)", "CUDA_VISIBLE_DEVICES hides every device.",
       "Unset it, or name a device that exists."},
      {"cuda-device-node", "OS call failed (304)", "The device node cannot be opened.",
       "Check the permissions of /dev/nvidia*."},
      {"cuda-fabric-manager", "system not yet initialized (802)", "The fabric manager does not run.",
       "systemctl start nvidia-fabricmanager"},
      {"cuda-driver-mismatch", "system has unsupported display driver / cuda driver combination (803)",
       "Driver library and kernel module are of different releases.", "Reboot."},
      {"cuda-compat-unsupported", "forward compatibility was attempted on non supported HW (804)",
       "A cuda-compat library stands before the driver's own.", "Remove the compat directory from the search path."},
      {"cuda-unknown", "unknown error (999)", "The driver cannot say; often after suspend.",
       "Reload nvidia_uvm, or reboot."},
      {"cuda-error", "another number", "cuInit fails.", "Look the number up in cuda.h (CUresult)."},
  };
  return table;
}

std::string troubleshooting_page() {
  std::string page =
      "# Troubleshooting\n\n"
      "`tonearm doctor` names one of these codes. This page is printed by `tonearm-doctor --troubleshooting` from\n"
      "`core/doctor/fault_table.cpp`; change it there.\n";
  for (const auto& entry : fault_table()) {
    page += fmt::format("\n## {}\n\n- **Seen:** {}\n- **Cause:** {}\n- **Remedy:** {}\n", entry.code, entry.symptom,
                        entry.cause, entry.remedy);
  }
  return page;
}

}  // namespace tonearm::doctor
