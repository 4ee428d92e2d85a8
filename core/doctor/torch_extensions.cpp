// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// torchaudio and torchcodec. Their objects have no RPATH and count on torch being mapped first, so they are walked
// after torch's own; a walk of them alone would call libtorch.so missing on a healthy machine.
#include <algorithm>
#include <iterator>

#include "core/doctor/package.h"
#include "fmt/format.h"

namespace tonearm::doctor {
namespace {

constexpr const char* kRegardless =
    "tonearm loads audio here regardless: it needs neither torchaudio nor its build of torch";
/// From this release on torchaudio uses torch's stable ABI: a newer torch is fine, an older one is not.
constexpr const char* kFirstStable = "2.11";

/// The package and the torch under it; false when either is not there, which is then the finding.
bool find_pair(Examination* examination, const char* name, std::optional<Package>* package,
               std::optional<Package>* torch) {
  *package = find_package(*examination, name);
  if (!*package) {
    auto finding = missing_package(name);
    finding.next = fmt::format("pip install {}; {}", name, kRegardless);
    examination->absent(std::move(finding));
    return false;
  }
  auto& component = examination->component;
  component.version = (*package)->version;
  component.path = (*package)->dir();
  component.source = "wheel";
  *torch = find_package(*examination, "torch");
  if (*torch) return true;
  component.state = "broken";
  auto finding = missing_package("torch");
  finding.chain = {name, "torch"};
  examination->add(std::move(finding));
  return false;
}

std::string stamp(std::string cuda) {
  std::erase(cuda, '.');
  return "+cu" + cuda;
}

/// CUDA's own libraries, and the parts of torch that only its CUDA builds have.
bool is_of_cuda(const std::string& soname) {
  return soname.starts_with("libcu") || soname.starts_with("libnv") || soname == "libc10_cuda.so" ||
         soname == "libtorch_cuda.so";
}

/// The name that a function with one kind of std::string has under the other string ABI of libstdc++; "" for others.
std::string other_string_abi(std::string symbol) {
  static constexpr std::string_view kNew = "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE";
  static constexpr std::string_view kOld = "Ss";
  const bool is_new = symbol.find(kNew) != std::string::npos;
  const auto from = is_new ? kNew : kOld;
  const auto to = is_new ? kOld : kNew;
  const auto first = symbol.find(from);
  if (!symbol.starts_with("_Z") || first == std::string::npos) return {};
  for (auto at = first; at != std::string::npos; at = symbol.find(from, at + to.size())) {
    symbol.replace(at, from.size(), to);
  }
  return symbol;
}

/// What torchaudio's objects want of torch and do not get.
struct Unmet {
  std::string symbol;  // the first of torch's that no longer exists, or ""
  bool other_abi = false;
};

Unmet unmet_symbols(const Walker& walker, const std::vector<std::string>& objects) {
  Unmet unmet;
  for (const auto& path : objects) {
    SymbolSet exports;
    for (const auto& need : walker.unresolved_symbols(path, &exports)) {
      const auto name = demangled(need.name);
      // Without a version nothing says whose it is; torch's are in its namespaces.
      const bool of_torch = name.find("c10::") != std::string::npos || name.find("at::") != std::string::npos ||
                            name.find("torch::") != std::string::npos || need.name.starts_with("aoti_torch");
      if (!of_torch) continue;
      if (unmet.symbol.empty()) unmet.symbol = need.name;
      const auto other = other_string_abi(need.name);
      if (other.empty() || !exports.provides({other, "", ""})) continue;
      return {need.name, true};
    }
  }
  return unmet;
}

/// The finding that two builds do not belong together; the caller fills code, needed, found, headline and next.
Finding mismatch(const char* code, const Package& package, const std::string& symbol) {
  Finding finding;
  finding.code = code;
  finding.subject = package.dir();
  finding.chain = {package.name, "torch"};
  if (!symbol.empty()) finding.evidence = fmt::format("no longer there: {}", demangled(symbol));
  return finding;
}

Finding other_torch_finding(const Package& package, const Package& torch, const std::string& built_for,
                            const std::string& symbol) {
  auto finding = mismatch("built-for-other-torch", package, symbol);
  finding.needed = fmt::format("torchaudio {} was built for torch {}", package.version, built_for);
  finding.found = fmt::format("torch is {}", torch.version);
  const bool stable = compare_releases(torch.release(), kFirstStable) >= 0;
  const auto fits = stable ? fmt::format("{}+", kFirstStable) : major_minor(torch.release());
  finding.headline = fmt::format("torchaudio {} was built for torch {}, not {}; {} fits; tonearm loads regardless",
                                 package.release(), major_minor(built_for), major_minor(torch.release()), fits);
  finding.next = fmt::format("pip install '{}{}{}', or torch=={}; {}", "torchaudio",
                             stable ? ">=" : "==", stable ? kFirstStable : major_minor(torch.release()) + ".*",
                             built_for, kRegardless);
  return finding;
}

Finding other_cuda_finding(const Package& package, const Package& torch, const std::string& symbol) {
  auto finding = mismatch("built-for-other-cuda", package, symbol);
  finding.needed = fmt::format("torchaudio {} was built with CUDA {}", package.release(), package.cuda);
  const auto with = torch.cuda.empty() ? std::string("without CUDA") : fmt::format("with CUDA {}", torch.cuda);
  finding.found = fmt::format("torch {} {}", torch.release(), with);
  if (finding.evidence.empty()) finding.evidence = "torchaudio compares the minor release too when it is imported";
  finding.headline =
      fmt::format("torchaudio was built with CUDA {}, torch {}; {} fits; tonearm loads regardless", package.cuda,
                  torch.cuda.empty() ? "without" : "with " + torch.cuda, stamp(package.cuda));
  finding.next = fmt::format("what fits: a torch build of {}, or a torchaudio build of {}; {}", stamp(package.cuda),
                             torch.cuda.empty() ? "+cpu" : stamp(torch.cuda), kRegardless);
  return finding;
}

Finding other_abi_finding(const Package& package, const std::string& symbol) {
  const bool wants_new = symbol.find("__cxx11") != std::string::npos;
  auto finding = mismatch("built-for-other-abi", package, symbol);
  finding.needed = fmt::format("torchaudio {} was built with the {} std::string of libstdc++", package.version,
                               wants_new ? "new" : "old");
  finding.found = fmt::format("torch with the {} one", wants_new ? "old" : "new");
  finding.headline =
      fmt::format("torchaudio was built with the {} std::string, torch with the {}; tonearm loads regardless",
                  wants_new ? "new" : "old", wants_new ? "old" : "new");
  finding.next = fmt::format("install both from one index (_GLIBCXX_USE_CXX11_ABI must agree); {}", kRegardless);
  return finding;
}

}  // namespace

void examine_torchaudio(Examination* examination) {
  std::optional<Package> package, torch;
  if (!find_pair(examination, "torchaudio", &package, &torch)) return;

  // What `import torchaudio` opens, in its order. Its other objects (sox, CTC) are optional and only looked at as
  // files.
  Walker walker(examination->options.loader, {.check_symbols = false});
  for (const auto& root : torch_roots(*torch)) walker.add_root(root);
  auto shipped = list_files(package->dir() + "/lib", "", ".so");
  std::erase_if(shipped, [](const auto& path) { return !path.ends_with(".so"); });
  std::vector<std::string> objects;
  for (const char* stem : {"/libtorchaudio.", "/_torchaudio."}) {
    std::copy_if(shipped.begin(), shipped.end(), std::back_inserter(objects),
                 [&](const auto& path) { return path.find(stem) != std::string::npos; });
  }
  for (const auto& path : objects) walker.add_root(path);
  walker.check_closure();
  for (const auto& path : shipped) {
    FileProblem problem;
    ElfFile elf;
    if (const auto bytes = open_bytes(path, &problem, nullptr)) problem = parse_elf(*bytes, false, &elf);
    if (problem) examination->add(file_finding(problem, Severity::kError, path, {"torchaudio", path}));
  }

  // A damaged or missing file comes before any talk of versions, but a CUDA library of another release is such talk.
  std::vector<Finding> of_cuda;
  for (const auto& finding : walker.findings()) {
    const bool version_talk = finding.code == "missing-library" && is_of_cuda(finding.subject);
    if (version_talk) {
      of_cuda.push_back(finding);
    } else {
      examination->add(finding);
    }
  }
  const auto wanted = required_torch(*package);
  const auto built_for = !wanted.empty() ? wanted : package->release();
  const bool stable = compare_releases(package->release(), kFirstStable) >= 0;
  const int order = compare_releases(torch->release(), built_for);
  const bool other_torch =
      !wanted.empty() ? major_minor(wanted) != major_minor(torch->release()) : (stable ? order < 0 : order != 0);
  const bool other_cuda =
      !package->cuda.empty() && package->cuda != torch->cuda && (!torch->cuda.empty() || !of_cuda.empty());
  if (examination->has_error()) {
    examination->component.state = "broken";
    return;
  }
  const auto unmet = unmet_symbols(walker, objects);
  if (other_torch) {
    examination->add(other_torch_finding(*package, *torch, built_for, unmet.symbol));
  } else if (other_cuda) {
    examination->add(other_cuda_finding(*package, *torch, unmet.symbol));
  } else if (unmet.other_abi) {
    examination->add(other_abi_finding(*package, unmet.symbol));
  } else if (!of_cuda.empty()) {
    examination->add(of_cuda);
  } else if (!unmet.symbol.empty()) {
    auto finding = mismatch("symbol-missing", *package, unmet.symbol);
    finding.needed = demangled(unmet.symbol);
    finding.found = fmt::format("torch {} does not have it", torch->version);
    finding.next = fmt::format("pip install --force-reinstall torchaudio; {}", kRegardless);
    examination->add(std::move(finding));
  }
  if (examination->has_error()) examination->component.state = "broken";
}

void examine_torchcodec(Examination* examination) {
  std::optional<Package> package, torch;
  if (!find_pair(examination, "torchcodec", &package, &torch)) return;
  // One object per FFmpeg major; one that loads is enough. What is told is the fault of the one whose FFmpeg is there,
  // which its libavutil stands for.
  auto cores = list_files(package->dir(), "libtorchcodec_core", ".so");
  std::erase_if(cores, [](const auto& path) { return !path.ends_with(".so"); });
  std::vector<Finding> of_present, beside_ffmpeg;
  std::string first_wanted;
  for (auto it = cores.rbegin(); it != cores.rend(); ++it) {
    Walker walker(examination->options.loader);
    for (const auto& root : torch_roots(*torch)) walker.add_root(root);
    walker.add_root(*it);
    walker.check_closure();
    if (!has_error(walker.findings())) {
      examination->add(walker.findings());
      examination->component.path = *it;
      return;
    }
    const auto& findings = walker.findings();
    const auto avutil = std::find_if(findings.begin(), findings.end(), [](const Finding& finding) {
      return finding.code == "missing-library" && finding.subject.starts_with("libavutil.so");
    });
    const bool ffmpeg_missing = avutil != findings.end();
    if (ffmpeg_missing && first_wanted.empty()) first_wanted = avutil->subject;
    std::vector<Finding> others;
    for (const auto& finding : findings) {
      const bool of_ffmpeg = finding.subject.starts_with("libav") || finding.subject.starts_with("libsw");
      const bool follows = ffmpeg_missing && finding.code == "missing-library" && of_ffmpeg;
      if (finding.severity == Severity::kError && !follows) others.push_back(finding);
    }
    auto& kept = ffmpeg_missing ? beside_ffmpeg : of_present;
    if (kept.empty()) kept = others;
  }
  examination->component.state = "broken";
  if (!of_present.empty()) return examination->add(of_present);
  examination->add(beside_ffmpeg);

  Finding finding;
  finding.chain = {"torchcodec", "libavutil.so"};
  finding.needed = "an FFmpeg that torchcodec has a library for";
  Walker search(examination->options.loader);
  static constexpr int kOldestAvutil = 50, kNewestAvutil = 70;  // FFmpeg 0.6 to far ahead
  for (int major = kNewestAvutil; major >= kOldestAvutil; --major) {
    const auto name = fmt::format("libavutil.so.{}", major);
    finding.subject = search.find_soname(name, Severity::kNote);
    if (finding.subject.empty()) continue;
    finding.code = "unsupported-major";
    finding.found = fmt::format("{}, which this torchcodec ({} objects) was not built for", name, cores.size());
    finding.next = fmt::format("install an FFmpeg of another major release, or a newer torchcodec; {}", kRegardless);
    return examination->add(std::move(finding));
  }
  finding.code = "missing-library";
  finding.subject = first_wanted.empty() ? "libavutil.so" : first_wanted;
  finding.found = "no FFmpeg on the loader's path";
  finding.evidence = fmt::format("looked in {}", search.places());
  finding.next = install_advice("libavutil.so");
  examination->add(std::move(finding));
}

}  // namespace tonearm::doctor
