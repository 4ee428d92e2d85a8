// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/doctor/findings.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "fmt/format.h"

namespace tonearm::doctor {
namespace {

/// What provides a library, per package manager. Prefixes are sonames up to and including ".so".
struct Provider {
  std::string_view soname_prefix;
  const char* debian;
  const char* fedora;
  const char* conda;
};

constexpr Provider kProviders[] = {
    {"libsndfile.so", "libsndfile1", "libsndfile", "libsndfile"},
    {"libavformat.so", "ffmpeg", "ffmpeg-free", "ffmpeg"},
    {"libavcodec.so", "ffmpeg", "ffmpeg-free", "ffmpeg"},
    {"libavutil.so", "ffmpeg", "ffmpeg-free", "ffmpeg"},
    {"libswresample.so", "ffmpeg", "ffmpeg-free", "ffmpeg"},
    {"libavfilter.so", "ffmpeg", "ffmpeg-free", "ffmpeg"},
    {"libavdevice.so", "ffmpeg", "ffmpeg-free", "ffmpeg"},
    {"libswscale.so", "ffmpeg", "ffmpeg-free", "ffmpeg"},
    {"libFLAC.so", "libflac12", "flac-libs", "libflac"},
    {"libmpg123.so", "libmpg123-0", "mpg123-libs", "mpg123"},
    {"libmp3lame.so", "libmp3lame0", "lame-libs", "lame"},
    {"libvorbis.so", "libvorbis0a", "libvorbis", "libvorbis"},
    {"libvorbisenc.so", "libvorbisenc2", "libvorbis", "libvorbis"},
    {"libogg.so", "libogg0", "libogg", "libogg"},
    {"libopus.so", "libopus0", "opus", "libopus"},
    {"libgme.so", "libgme0", "game-music-emu", "game-music-emu"},
    {"libgomp.so", "libgomp1", "libgomp", "libgomp"},
    {"libstdc++.so", "libstdc++6", "libstdc++", "libstdcxx-ng"},
    {"libsox.so", "libsox3", "sox", "sox"},
};

enum class System { kConda, kDebian, kFedora, kOther };

std::string_view env(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

/// Who owns `path`; for an empty one, who would install a library here. A venv made inside conda is not conda's.
System system_of(std::string_view path) {
  const auto conda = env("CONDA_PREFIX");
  const bool inside = path.empty() ? env("VIRTUAL_ENV").empty() : path.starts_with(conda);
  if (!conda.empty() && inside) return System::kConda;
  if (::access("/etc/debian_version", F_OK) == 0) return System::kDebian;
  if (::access("/etc/fedora-release", F_OK) == 0 || ::access("/etc/redhat-release", F_OK) == 0) return System::kFedora;
  return System::kOther;
}

const Provider* provider_of(std::string_view soname) {
  for (const auto& provider : kProviders) {
    if (soname.starts_with(provider.soname_prefix)) return &provider;
  }
  return nullptr;
}

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

const char* severity_name(Severity severity) {
  switch (severity) {
    case Severity::kNote: return "note";
    case Severity::kWarning: return "warning";
    case Severity::kError: return "error";
  }
  return "error";
}

std::string install_advice(const std::string& soname) {
  const Provider* provider = provider_of(soname);
  const System system = system_of("");
  if (provider != nullptr && system == System::kConda) {
    return fmt::format("conda install -c conda-forge {}", provider->conda);
  }
  if (provider != nullptr && system == System::kDebian) return fmt::format("apt-get install {}", provider->debian);
  if (provider != nullptr && system == System::kFedora) return fmt::format("dnf install {}", provider->fedora);
  if (soname.starts_with("libnv") || soname.starts_with("libcu")) {
    return fmt::format("reinstall the package that needs it; {} comes with CUDA's own pip packages (nvidia-*)", soname);
  }
  if (system == System::kDebian)
    return fmt::format("install the package that holds {}: apt-file search {}", soname, soname);
  if (system == System::kFedora) return fmt::format("install the package that holds it: dnf provides '*/{}'", soname);
  if (provider != nullptr) return fmt::format("conda install -c conda-forge {}", provider->conda);
  return fmt::format("install the package that holds {}", soname);
}

std::string restore_advice(const std::string& path) {
  if (const auto at = path.find("/site-packages/"); at != std::string::npos) {
    const auto rest = std::string_view(path).substr(at + 15);
    auto package = std::string(rest.substr(0, rest.find('/')));
    if (package == "av.libs") package = "av";
    if (package == "_soundfile_data") package = "soundfile";
    if (package == "nvidia") return fmt::format("reinstall the nvidia-* package that owns {}", path);
    return fmt::format("pip install --force-reinstall --no-deps {}", package);
  }
  const Provider* provider = provider_of(file_name(path));
  const bool in_system = path.starts_with("/lib") || (path.starts_with("/usr/") && !path.starts_with("/usr/local/"));
  switch (system_of(path)) {
    case System::kConda:
      if (provider != nullptr) return fmt::format("conda install --force-reinstall {}", provider->conda);
      break;
    case System::kDebian:
      if (in_system && provider != nullptr) {
        return fmt::format("reinstall the package that owns it: apt-get install --reinstall {}", provider->debian);
      }
      if (in_system) return fmt::format("reinstall the package that `dpkg -S {}` names", path);
      break;
    case System::kFedora:
      if (in_system) return fmt::format("reinstall its package: dnf reinstall $(rpm -qf {})", path);
      break;
    case System::kOther: break;
  }
  return fmt::format("remove or replace {}", path);
}

Finding file_finding(const FileProblem& problem, Severity severity, const std::string& path,
                     std::vector<std::string> chain) {
  Finding finding;
  finding.code = fault_code(problem.fault);
  finding.severity = severity;
  finding.subject = path;
  finding.needed = problem.needed;
  finding.found = problem.found;
  finding.chain = std::move(chain);
  finding.evidence = problem.evidence;
  finding.next = problem.fault == FileFault::kUnreadable ? fmt::format("chmod a+r {}, or run as its owner", path)
                                                         : restore_advice(path);
  return finding;
}

}  // namespace tonearm::doctor
