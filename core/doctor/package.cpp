// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/doctor/package.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "fmt/format.h"

namespace tonearm::doctor {
namespace {

constexpr std::size_t kMaxTextBytes = 1u << 20;  // version.py and METADATA are a few KiB

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

std::string read_text(const std::string& path) {
  FileProblem problem;
  const auto bytes = open_bytes(path, &problem, nullptr);
  if (!bytes || bytes->size() > kMaxTextBytes) return {};
  std::string text(bytes->size(), '\0');
  return bytes->read_at(0, text.data(), text.size()) ? text : std::string();
}

/// The quoted value of `name = '...'` or `name: Optional[str] = '...'` at the start of a line.
std::string assigned_text(const std::string& text, const std::string& name) {
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(name) || line.size() <= name.size()) continue;
    const char after = line[name.size()];
    if (after != ' ' && after != '=' && after != ':') continue;
    const auto equals = line.find('=');
    if (equals == std::string::npos) continue;
    const auto open = line.find_first_of("'\"", equals);
    if (open == std::string::npos) continue;
    const auto close = line.find(line[open], open + 1);
    if (close != std::string::npos) return line.substr(open + 1, close - open - 1);
  }
  return {};
}

/// "13.0" of "+cu130"; empty without such a stamp. The last digit is the minor release.
std::string cuda_of_stamp(const std::string& version) {
  const auto at = version.find("+cu");
  if (at == std::string::npos) return {};
  const auto digits = version.substr(at + 3, version.find_first_not_of("0123456789", at + 3) - at - 3);
  if (digits.size() < 2) return {};
  return fmt::format("{}.{}", digits.substr(0, digits.size() - 1), digits.back());
}

}  // namespace

std::optional<Package> find_package(const Examination& examination, const std::string& name) {
  for (const auto& site : examination.options.wheel_dirs) {
    const auto text = read_text(site + "/" + name + "/version.py");
    const bool there = exists(site + "/" + name) || exists(site + "/" + name + ".py");
    if (!there) continue;
    Package package;
    package.name = name;
    package.site = site;
    package.version = assigned_text(text, "__version__");
    if (package.version.empty()) {
      for (const auto& info : list_files(site, name + "-", ".dist-info")) {
        const auto stem = std::filesystem::path(info).filename().string();
        package.version = stem.substr(name.size() + 1, stem.rfind(".dist-info") - name.size() - 1);
      }
    }
    package.cuda = assigned_text(text, "cuda");
    if (package.cuda.empty()) package.cuda = cuda_of_stamp(package.version);
    return package;
  }
  return std::nullopt;
}

std::string required_torch(const Package& package) {
  for (const auto& info : list_files(package.site, package.name + "-", ".dist-info")) {
    const auto text = read_text(info + "/METADATA");
    static constexpr std::string_view kField = "\nRequires-Dist: torch";
    for (auto at = text.find(kField); at != std::string::npos; at = text.find(kField, at + 1)) {
      auto line = text.substr(at + kField.size(), text.find('\n', at + 1) - at - kField.size());
      std::erase_if(line, [](char c) { return c == ' ' || c == '(' || c == ')' || c == '\r'; });
      if (line.starts_with("==")) return line.substr(2, line.find_first_of("+;,", 2) - 2);
    }
  }
  return {};
}

std::string major_minor(const std::string& release) {
  const auto first = release.find('.');
  return first == std::string::npos ? release : release.substr(0, release.find('.', first + 1));
}

int compare_releases(const std::string& a, const std::string& b) {
  const auto number = [](const std::string& release) {
    char* rest = nullptr;
    const long major = std::strtol(release.c_str(), &rest, 10);
    const long minor = *rest == '.' ? std::strtol(rest + 1, nullptr, 10) : 0;
    return major * 10000 + minor;
  };
  const long left = number(a);
  const long right = number(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

Finding missing_package(const std::string& name) {
  Finding finding;
  finding.code = "missing-package";
  finding.subject = name;
  finding.needed = fmt::format("the Python package {}", name);
  finding.found = "not installed in any directory of sys.path";
  finding.next = fmt::format("pip install {}", name);
  return finding;
}

std::vector<std::string> torch_roots(const Package& torch) {
  std::vector<std::string> roots;
  for (const char* name : {"libtorch_global_deps.so", "libc10.so", "libtorch_cpu.so", "libtorch_cuda.so", "libtorch.so",
                           "libtorch_python.so"}) {
    const auto path = torch.site + "/torch/lib/" + name;
    if (exists(path)) roots.push_back(path);
  }
  return roots;
}

}  // namespace tonearm::doctor
