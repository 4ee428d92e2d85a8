// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/doctor/findings.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
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
    {"libstdc++.so", "libstdc++6", "libstdc++", "libstdcxx"},
    {"libsox.so", "libsox3", "sox", "sox"},
};

using System = Host::System;

std::string env(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

const Provider* provider_of(std::string_view soname) {
  for (const auto& provider : kProviders) {
    if (soname.starts_with(provider.soname_prefix)) return &provider;
  }
  return nullptr;
}

/// Debian's package of one file: "ffmpeg" brings libavcodec.so.59, which is in libavcodec59.
std::string debian_owner(const Provider& provider, std::string_view file) {
  const auto at = file.find(".so.");
  if (std::string_view(provider.debian) != "ffmpeg" || at == std::string_view::npos) return provider.debian;
  const auto major = file.substr(at + 4);
  return fmt::format("{}{}", file.substr(0, at), major.substr(0, major.find('.')));
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

Host::System system_of(const std::string& os_release) {
  const auto names = [&](std::string_view word) {
    for (std::size_t at = 0; at < os_release.size();) {
      const auto end = std::min(os_release.find('\n', at), os_release.size());
      const auto line = std::string_view(os_release).substr(at, end - at);
      at = end + 1;
      if (!line.starts_with("ID=") && !line.starts_with("ID_LIKE=")) continue;
      const auto found = line.find(word);
      const auto behind = found == std::string_view::npos ? found : found + word.size();
      if (behind == line.size() || (behind < line.size() && (line[behind] == '"' || line[behind] == ' '))) return true;
    }
    return false;
  };
  if (names("debian") || names("ubuntu")) return System::kDebian;
  if (names("fedora") || names("rhel")) return System::kFedora;
  return System::kOther;
}

Host Host::of_process() {
  static const System system = [] {
    std::ifstream file("/etc/os-release");
    return system_of({std::istreambuf_iterator<char>(file), {}});
  }();
  return {system, env("CONDA_PREFIX"), env("VIRTUAL_ENV")};
}

std::string install_advice(const std::string& soname, const Host& host) {
  const Provider* provider = provider_of(soname);
  const bool conda = !host.conda_prefix.empty() && host.virtual_env.empty();
  if (provider != nullptr && conda) return fmt::format("conda install -c conda-forge {}", provider->conda);
  if (provider != nullptr && host.system == System::kDebian) return fmt::format("apt-get install {}", provider->debian);
  if (provider != nullptr && host.system == System::kFedora) return fmt::format("dnf install {}", provider->fedora);
  if (soname.starts_with("libnv") || soname.starts_with("libcu")) {
    return fmt::format("reinstall the package that needs it; {} comes with CUDA's own pip packages (nvidia-*)", soname);
  }
  if (host.system == System::kDebian) {
    return fmt::format("install the package that holds {}: apt-file search {}", soname, soname);
  }
  if (host.system == System::kFedora) {
    return fmt::format("install the package that holds it: dnf provides '*/{}'", soname);
  }
  if (provider != nullptr) return fmt::format("install {} with this system's package manager", provider->conda);
  return fmt::format("install the package that holds {}", soname);
}

std::string codec_advice(const std::string& soname, const Host& host) {
  const auto pip = fmt::format("pip install {}", soname.starts_with("libsndfile") ? "soundfile" : "av");
  const auto other = install_advice(soname, host);
  return host.virtual_env.empty() ? fmt::format("{}, or {}", other, pip) : fmt::format("{}, or {}", pip, other);
}

std::string restore_advice(const std::string& path, const Host& host) {
  if (const auto at = path.find("/site-packages/"); at != std::string::npos) {
    const auto rest = std::string_view(path).substr(at + 15);
    auto package = std::string(rest.substr(0, rest.find('/')));
    if (package == "av.libs") package = "av";
    if (package == "_soundfile_data") package = "soundfile";
    if (package == "nvidia") return fmt::format("reinstall the nvidia-* package that owns {}", path);
    return fmt::format("pip install --force-reinstall --no-deps {}", package);
  }
  const Provider* provider = provider_of(file_name(path));
  if (!host.conda_prefix.empty() && path.starts_with(host.conda_prefix + "/")) {
    if (provider != nullptr) return fmt::format("conda install --force-reinstall {}", provider->conda);
    return fmt::format("reinstall the conda package that owns it: grep -l {} {}/conda-meta/*.json", file_name(path),
                       host.conda_prefix);
  }
  const bool in_system = path.starts_with("/lib") || (path.starts_with("/usr/") && !path.starts_with("/usr/local/"));
  if (in_system && host.system == System::kDebian) {
    if (provider == nullptr) return fmt::format("reinstall the package that `dpkg -S {}` names", path);
    return fmt::format("reinstall the package that owns it: apt-get install --reinstall {}",
                       debian_owner(*provider, file_name(path)));
  }
  if (in_system && host.system == System::kFedora) {
    return fmt::format("reinstall its package: dnf reinstall $(rpm -qf {})", path);
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
