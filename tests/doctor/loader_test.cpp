// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The walker against the loader itself: the same list for every shared object of the system's FFmpeg and libsndfile and
// of the torch, av, soundfile and Python of TONEARM_TORCH_PYTHON.
#include <sys/wait.h>

#include <cstdio>
#include <optional>
#include <set>
#include <sstream>

#include "core/doctor/walker.h"
#include "tests/doctor/scratch.h"

namespace tonearm::doctor {
namespace {

using namespace test;

std::string output_of(const std::string& command) {
  std::string output;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  char buffer[4096];
  for (std::size_t got; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, got);
  ::pclose(pipe);
  return output;
}

std::string resolved(const std::string& path) {
  std::error_code error;
  return std::filesystem::weakly_canonical(path, error).string();
}

/// What the loader takes for `path`: "missing NAME" or the file; nothing where it refuses `path` itself. Without symbol
/// processing.
std::optional<std::set<std::string>> by_loader(const std::string& loader, const std::string& path) {
  const auto output =
      output_of("LD_TRACE_LOADED_OBJECTS=1 LD_LIBRARY_PATH= '" + loader + "' '" + path + "' 2>/dev/null");
  if (output.empty()) return std::nullopt;
  std::set<std::string> found;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    const auto arrow = line.find(" => ");
    const auto start = line.find_first_not_of(" \t");
    if (start == std::string::npos || line.find("linux-vdso") != std::string::npos) continue;
    if (line.find("statically linked") != std::string::npos) continue;  // its word for: needs nothing
    if (arrow == std::string::npos) {
      found.insert(resolved(line.substr(start, line.find(" (") - start)));
    } else if (line.find("not found", arrow) != std::string::npos) {
      found.insert("missing " + line.substr(start, arrow - start));
    } else {
      found.insert(resolved(line.substr(arrow + 4, line.find(" (", arrow) - arrow - 4)));
    }
  }
  return found;
}

std::optional<std::set<std::string>> by_walker(const std::string& path) {
  Walker walker(clean_environment(), {.check_symbols = false});
  walker.add_root(path);
  if (walker.objects().empty()) return std::nullopt;
  std::set<std::string> found;
  for (std::size_t i = 1; i < walker.objects().size(); ++i) found.insert(resolved(walker.objects()[i].path));
  for (const auto& finding : walker.findings()) {
    if (finding.code == "missing-library") found.insert("missing " + finding.subject);
  }
  return found;
}

std::vector<std::string> shared_objects() {
  std::vector<std::string> paths;
  for (const char* soname : {"libavformat.so.59", "libavfilter.so.8", "libsndfile.so.1"}) {
    if (const auto path = system_library(soname); !path.empty()) paths.push_back(path);
  }
  const char* python = std::getenv("TONEARM_TORCH_PYTHON");
  if (python == nullptr) return paths;
  std::istringstream roots(output_of(std::string("'") + python +
                                     "' -c 'import importlib.util as u, os, sysconfig\n"
                                     "for name in (\"torch\", \"av\", \"soundfile\"):\n"
                                     "    spec = u.find_spec(name)\n"
                                     "    if spec: print(os.path.dirname(spec.origin) if name != \"soundfile\" else "
                                     "os.path.join(os.path.dirname(spec.origin), \"_soundfile_data\"))\n"
                                     "    if spec and name == \"av\": print(os.path.dirname(spec.origin) + \".libs\")\n"
                                     "print(sysconfig.get_config_var(\"DESTSHARED\"))' 2>/dev/null"));
  for (std::string root; std::getline(roots, root);) {
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root, error)) {
      const auto name = entry.path().filename().string();
      if (entry.is_regular_file(error) && name.find(".so") != std::string::npos &&
          name.find(".py") == std::string::npos) {
        paths.push_back(entry.path());
      }
    }
  }
  return paths;
}

TEST(Walker, TakesWhatTheLoaderTakes) {
  if (own_machine() != 62) GTEST_SKIP() << "the loader's name is known for x86-64 only";
  const std::string loader = "/lib64/ld-linux-x86-64.so.2";
  if (!std::filesystem::exists(loader)) GTEST_SKIP() << "no " << loader;
  const auto paths = shared_objects();
  if (paths.empty()) GTEST_SKIP() << "neither FFmpeg, libsndfile nor TONEARM_TORCH_PYTHON";
  std::size_t alone = 0, refused = 0;
  for (const auto& path : paths) {
    auto listed = by_loader(loader, path);
    auto walked = by_walker(path);
    EXPECT_EQ(walked.has_value(), listed.has_value()) << path;
    if (!listed || !walked) {
      ++refused;
      continue;
    }
    if (listed->empty()) {
      // An extension that leaves everything to its interpreter.
      EXPECT_TRUE(walked->empty()) << path;
      ++alone;
      continue;
    }
    // The loader lists itself with every object that needs another.
    walked->insert(resolved(loader));
    listed->insert(resolved(loader));
    EXPECT_EQ(*walked, *listed) << path;
  }
  std::printf("%zu objects, %zu of them need nothing, %zu are refused\n", paths.size(), alone, refused);
  EXPECT_LT(alone + refused, paths.size());
}

}  // namespace
}  // namespace tonearm::doctor
