// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// torch, torchaudio, torchcodec, soundfile and our own extension, as installed: read as files, no Python is run.
// torchaudio's and torchcodec's objects have no RPATH and count on torch being mapped first, so they are walked after
// torch's own; a walk of them alone would call libtorch.so missing on a healthy machine.
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "core/doctor/examination.h"
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

/// An installed package.
struct Package {
  std::string site;     // the sys.path entry
  std::string version;  // "2.11.0+cu130"
  std::string cuda;     // "13.0", or empty: built without, or not said

  std::string release() const { return version.substr(0, version.find('+')); }
};

/// "13.0" of "+cu130"; empty without such a stamp. The last digit is the minor release.
std::string cuda_of_stamp(const std::string& version) {
  const auto at = version.find("+cu");
  if (at == std::string::npos) return {};
  const auto digits = version.substr(at + 3, version.find_first_not_of("0123456789", at + 3) - at - 3);
  if (digits.size() < 2) return {};
  return fmt::format("{}.{}", digits.substr(0, digits.size() - 1), digits.back());
}

std::optional<Package> find_package(const Examination& examination, const std::string& name) {
  for (const auto& site : examination.options.wheel_dirs) {
    const auto text = read_text(site + "/" + name + "/version.py");
    const bool there = exists(site + "/" + name) || exists(site + "/" + name + ".py");
    if (!there) continue;
    Package package;
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

/// What `Requires-Dist: torch==X` says, or "".
std::string required_torch(const Package& package, const std::string& name) {
  for (const auto& info : list_files(package.site, name + "-", ".dist-info")) {
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

/// -1, 0, 1 by major, then minor.
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

/// torch's libraries in the order in which `import torch` maps them.
std::vector<std::string> torch_roots(const Package& torch) {
  std::vector<std::string> roots;
  for (const char* name : {"libtorch_global_deps.so", "libc10.so", "libtorch_cpu.so", "libtorch_cuda.so", "libtorch.so",
                           "libtorch_python.so"}) {
    const auto path = torch.site + "/torch/lib/" + name;
    if (exists(path)) roots.push_back(path);
  }
  return roots;
}

constexpr const char* kRegardless =
    "tonearm loads audio here regardless: it needs neither torchaudio nor its build of torch";

}  // namespace

void examine_torch(Examination* examination) {
  const auto torch = find_package(*examination, "torch");
  if (!torch) return examination->absent(missing_package("torch"));
  examination->component.version = torch->version;
  examination->component.path = torch->site + "/torch";
  examination->component.source = "wheel";
  for (const char* name : {"libc10.so", "libtorch_cpu.so", "libtorch_python.so"}) {
    const auto path = torch->site + "/torch/lib/" + name;
    if (exists(path)) continue;
    Finding finding;
    finding.code = "missing-library";
    finding.subject = name;
    finding.needed = path;
    finding.found = "nothing there";
    finding.chain = {"torch", name};
    finding.next = "pip install --force-reinstall torch";
    examination->add(std::move(finding));
  }
  Walker walker(examination->options.loader, {.check_symbols = false});
  for (const auto& root : torch_roots(*torch)) walker.add_root(root);
  walker.check_closure();
  examination->add(walker.findings());
  if (examination->has_error()) examination->component.state = "broken";
}

void examine_torchaudio(Examination* examination) {
  const auto package = find_package(*examination, "torchaudio");
  if (!package) {
    auto finding = missing_package("torchaudio");
    finding.next = fmt::format("pip install torchaudio; {}", kRegardless);
    return examination->absent(std::move(finding));
  }
  examination->component.version = package->version;
  examination->component.path = package->site + "/torchaudio";
  examination->component.source = "wheel";
  const auto torch = find_package(*examination, "torch");
  if (!torch) {
    examination->component.state = "broken";
    auto finding = missing_package("torch");
    finding.chain = {"torchaudio", "torch"};
    return examination->add(std::move(finding));
  }

  Walker walker(examination->options.loader);
  for (const auto& root : torch_roots(*torch)) walker.add_root(root);
  auto objects = list_files(package->site + "/torchaudio/lib", "", ".so");
  for (const auto& path : list_files(package->site + "/torchaudio", "_torchaudio", ".so")) objects.push_back(path);
  for (const auto& path : objects) walker.add_root(path);
  walker.check_closure();

  // A file that is damaged or missing comes before any talk of versions.
  std::optional<Finding> symbol;
  bool damaged = false;
  for (const auto& finding : walker.findings()) {
    if (finding.code == "symbol-missing") {
      if (!symbol) symbol = finding;
    } else {
      damaged = damaged || finding.severity == Severity::kError;
      examination->add(finding);
    }
  }
  const auto wanted = required_torch(*package, "torchaudio");
  const auto built_for = !wanted.empty() ? wanted : package->release();
  // From 2.11 on torchaudio uses torch's stable ABI: a newer torch is fine, an older one is not.
  const bool stable = compare_releases(package->release(), "2.11") >= 0;
  const int order = compare_releases(torch->release(), built_for);
  const bool other_torch =
      !wanted.empty() ? major_minor(wanted) != major_minor(torch->release()) : (stable ? order < 0 : order != 0);
  if (damaged) {
    examination->component.state = "broken";
  } else if (other_torch) {
    Finding finding;
    finding.code = "built-for-other-torch";
    finding.subject = package->site + "/torchaudio";
    finding.needed = fmt::format("torchaudio {} was built for torch {}", package->version, built_for);
    finding.found = fmt::format("torch is {}", torch->version);
    finding.chain = {"torchaudio", "torch"};
    if (symbol) finding.evidence = fmt::format("no longer there: {}", symbol->needed);
    finding.next = fmt::format("pip install torch=={} beside it, or a torchaudio built for torch {}; {}", built_for,
                               torch->release(), kRegardless);
    examination->add(std::move(finding));
  } else if (!package->cuda.empty() && !torch->cuda.empty() && package->cuda != torch->cuda) {
    Finding finding;
    finding.code = "built-for-other-cuda";
    finding.subject = package->site + "/torchaudio";
    finding.needed = fmt::format("torchaudio {} was built with CUDA {}", package->release(), package->cuda);
    finding.found = fmt::format("torch {} with CUDA {}", torch->release(), torch->cuda);
    finding.chain = {"torchaudio", "torch"};
    finding.evidence = "torchaudio compares the minor release too when it is imported";
    auto stamp = [](std::string cuda) {
      std::erase(cuda, '.');
      return cuda;
    };
    finding.next = fmt::format("what fits: torchaudio {}+cu{}, or a torch build of +cu{}; {}", package->release(),
                               stamp(torch->cuda), stamp(package->cuda), kRegardless);
    examination->add(std::move(finding));
  } else if (symbol) {
    symbol->next = fmt::format("pip install --force-reinstall torchaudio; {}", kRegardless);
    examination->add(*symbol);
  }
  if (examination->has_error()) examination->component.state = "broken";
}

void examine_torchcodec(Examination* examination) {
  const auto package = find_package(*examination, "torchcodec");
  if (!package) return examination->absent(missing_package("torchcodec"));
  examination->component.version = package->version;
  examination->component.path = package->site + "/torchcodec";
  examination->component.source = "wheel";
  const auto torch = find_package(*examination, "torch");
  if (!torch) {
    examination->component.state = "broken";
    auto finding = missing_package("torch");
    finding.chain = {"torchcodec", "torch"};
    return examination->add(std::move(finding));
  }
  // One object per FFmpeg major; one that loads is enough. What is told is the fault of the one whose FFmpeg is there.
  const auto cores = list_files(package->site + "/torchcodec", "libtorchcodec_core", ".so");
  std::vector<Finding> of_present;
  std::string first_wanted;
  for (auto it = cores.rbegin(); it != cores.rend(); ++it) {
    Walker walker(examination->options.loader, {.check_symbols = false});
    for (const auto& root : torch_roots(*torch)) walker.add_root(root);
    walker.add_root(*it);
    walker.check_closure();
    if (!has_error(walker.findings())) {
      examination->add(walker.findings());
      examination->component.path = *it;
      return;
    }
    bool ffmpeg_missing = false;
    for (const auto& finding : walker.findings()) {
      if (finding.code == "missing-library" && finding.subject.starts_with("libav")) {
        ffmpeg_missing = true;
        if (first_wanted.empty()) first_wanted = finding.subject;
      }
    }
    if (!ffmpeg_missing && of_present.empty()) of_present = walker.findings();
  }
  examination->component.state = "broken";
  if (!of_present.empty()) return examination->add(of_present);

  Finding finding;
  finding.chain = {"torchcodec", "libavutil.so"};
  finding.needed = "an FFmpeg that torchcodec has a library for";
  Walker search(examination->options.loader);
  for (const auto& name : search.cache().names_with_prefix("libavutil.so.")) {
    const auto* path = search.cache().find(name);
    if (!exists(*path)) continue;
    finding.code = "unsupported-major";
    finding.subject = *path;
    finding.found = fmt::format("{}, which this torchcodec ({} objects) was not built for", name, cores.size());
    finding.next = "install an FFmpeg of another major release, or a newer torchcodec";
    return examination->add(std::move(finding));
  }
  finding.code = "missing-library";
  finding.subject = first_wanted.empty() ? "libavutil.so" : first_wanted;
  finding.found = "no FFmpeg on the loader's path";
  finding.evidence = fmt::format("looked in {}", search.places());
  finding.next = install_advice("libavutil.so");
  examination->add(std::move(finding));
}

void examine_soundfile(Examination* examination) {
  const auto package = find_package(*examination, "soundfile");
  if (!package) return examination->absent(missing_package("soundfile"));
  examination->component.version = package->version;
  examination->component.source = "wheel";
  // The package opens its own copy where it has one, else the system's.
  const auto own = list_files(package->site + "/_soundfile_data", "libsndfile", ".so");
  std::string path = own.empty() ? std::string() : own.front();
  if (path.empty()) {
    Walker search(examination->options.loader);
    path = search.find_soname("libsndfile.so.1", Severity::kError);
    examination->add(search.findings());
    if (path.empty() && !examination->has_error()) {
      Finding finding;
      finding.code = "missing-library";
      finding.subject = "libsndfile.so.1";
      finding.needed = "libsndfile.so.1";
      finding.found = "neither in the package nor on the loader's path";
      finding.chain = {"soundfile", "libsndfile.so.1"};
      finding.evidence = fmt::format("looked in {}", search.places());
      finding.next = install_advice("libsndfile.so.1");
      examination->add(std::move(finding));
    }
  }
  examination->component.path = path;
  if (path.empty() || !examination->examine({path}, {}, nullptr)) examination->component.state = "broken";
}

void examine_python(Examination* examination) {
  for (const auto& site : examination->options.wheel_dirs) {
    const auto files = list_files(site + "/tonearm", "_native", ".so");
    if (files.empty()) continue;
    examination->component.path = files.front();
    examination->component.source = "wheel";
    const auto release_at = site.find("/python3.");
    if (release_at == std::string::npos) return;
    const auto running = site.substr(release_at + 7, site.find('/', release_at + 1) - release_at - 7);  // "3.11"
    std::string tag = "cpython-" + running;
    std::erase(tag, '.');
    for (const auto& file : files) {
      const bool other = file.find(".cpython-") != std::string::npos && file.find("." + tag + "-") == std::string::npos;
      if (!other) {
        examination->component.path = file;
        return;
      }
    }
    Finding finding;
    finding.code = "built-for-other-python";
    finding.subject = files.front();
    finding.needed = fmt::format("an extension built for Python {}", running);
    finding.found = std::filesystem::path(files.front()).filename().string();
    finding.next = "pip install --force-reinstall tonearm, with the Python that will use it";
    examination->component.state = "broken";
    return examination->add(std::move(finding));
  }
  auto finding = missing_package("tonearm");
  examination->absent(std::move(finding));
}

}  // namespace tonearm::doctor
