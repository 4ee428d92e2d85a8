// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/doctor/doctor.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "core/doctor/examination.h"
#include "core/doctor/mapped.h"
#include "fmt/format.h"

namespace tonearm::doctor {
namespace {

struct Subject {
  const char* name;
  void (*examine)(Examination*);
  bool by_default;  // part of "everything tonearm itself can use"
};

constexpr Subject kSubjects[] = {
    {"core", examine_core, true},
    {"sndfile", examine_sndfile, true},
    {"ffmpeg", examine_ffmpeg, true},
    {"cuda", examine_cuda, true},
    {"torch", examine_torch, true},
    {"python", examine_python, true},
    {"torchaudio", examine_torchaudio, false},
    {"torchcodec", examine_torchcodec, false},
    {"soundfile", examine_soundfile, false},
};

constexpr const char* kSettings[] = {"TONEARM_FFMPEG_DIR",  "TONEARM_SNDFILE", "VIRTUAL_ENV", "CONDA_PREFIX", "PATH",
                                     "CUDA_VISIBLE_DEVICES"};

bool is_path(const std::string& subject) {
  std::error_code error;
  return subject.find('/') != std::string::npos || std::filesystem::exists(subject, error) ||
         subject.find(".so") != std::string::npos;
}

void run(const char* name, const std::vector<std::string>& subjects, const DiagnoseOptions& options,
         const std::function<void(Examination*)>& check, Report* report) {
  const bool cuda_asked = std::find(subjects.begin(), subjects.end(), "cuda") != subjects.end();
  Examination examination{options, !subjects.empty(), cuda_asked, {}, {}, {}, {}};
  examination.component.name = name;
  check(&examination);
  report->components.push_back(std::move(examination.component));
  report->findings.insert(report->findings.end(), examination.findings.begin(), examination.findings.end());
}

/// LD_PRELOAD of a missing file: the loader says so and goes on.
void check_preload(const DiagnoseOptions& options, Report* report) {
  const std::string& list = options.loader.preload;
  for (std::size_t at = 0; at < list.size();) {
    const auto end = std::min(list.find_first_of(" :", at), list.size());
    const std::string entry = list.substr(at, end - at);
    at = end + 1;
    std::error_code error;
    if (entry.find('/') == std::string::npos || std::filesystem::exists(entry, error)) continue;
    Finding note;
    note.code = "preload-missing";
    note.severity = Severity::kNote;
    note.component = "core";
    note.subject = entry;
    note.needed = "the file that LD_PRELOAD names";
    note.found = "nothing there; the loader goes on without it";
    note.next = "unset LD_PRELOAD";
    report->findings.push_back(std::move(note));
  }
}

}  // namespace

DiagnoseOptions DiagnoseOptions::of_process() {
  DiagnoseOptions options;
  options.loader = LoaderEnvironment::of_process();
  options.manifest = own_manifest_path();
  options.mapped = mapped_paths();
  for (const char* name : kSettings) {
    if (const char* value = std::getenv(name)) options.settings[name] = value;
  }
  return options;
}

std::string Examination::setting(const char* name) const {
  const auto it = options.settings.find(name);
  return it == options.settings.end() ? std::string() : it->second;
}

void Examination::add(Finding finding) {
  finding.component = component.name;
  const bool told = std::any_of(findings.begin(), findings.end(), [&](const Finding& other) {
    return other.code == finding.code && other.subject == finding.subject;
  });
  if (!told) findings.push_back(std::move(finding));
}

bool has_error(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& f) { return f.severity == Severity::kError; });
}

bool Examination::has_error() const { return doctor::has_error(findings); }

bool Examination::examine(const std::vector<std::string>& roots, const Questions& questions) {
  Walker walker(options.loader, {.neighbours = questions.neighbours});
  for (const auto& root : roots) walker.add_root(root);
  walker.check_closure();
  add(walker.findings());
  closure = walker.load_order();
  answers.clear();
  for (const auto& object : walker.objects()) check_mapped_copy(object);
  if (doctor::has_error(walker.findings())) return false;
  if (!options.open_in_child) return true;
  OpenRequest request;
  request.paths = closure;
  for (const auto& root : roots) request.roots.push_back(absolute_path(root));
  request.functions = questions.functions;
  request.probe = questions.probe;
  auto outcome = open_in_child(request);
  answers = std::move(outcome.texts);
  if (outcome.fate == OpenOutcome::Fate::kOpened) return true;
  auto finding = outcome_finding(outcome, request.deadline);
  finding.chain = roots;
  if (std::find(roots.begin(), roots.end(), outcome.at) == roots.end()) finding.chain.push_back(outcome.at);
  add(std::move(finding));
  return false;
}

void Examination::check_mapped_copy(const Object& object) {
  // What many libraries share (libstdc++, zlib) is the process's own affair.
  static constexpr std::string_view kOurs[] = {"libav", "libsw", "libsndfile"};
  const auto& soname = object.elf.soname;
  if (std::none_of(std::begin(kOurs), std::end(kOurs), [&](auto stem) { return soname.starts_with(stem); })) return;
  const auto foreign = foreign_copy(options.mapped, soname, object.path);
  if (foreign.empty()) return;
  Finding finding;
  finding.code = "foreign-copy-mapped";
  finding.severity = Severity::kWarning;
  finding.subject = foreign;
  finding.needed = object.path;
  finding.found = fmt::format("{} was mapped before it under the same soname, {}", foreign, soname);
  finding.chain = {component.name, soname};
  finding.next = "open tonearm's library first, or let both use one copy";
  add(std::move(finding));
}

void Examination::absent(Finding finding) {
  component.state = "absent";
  if (asked) add(std::move(finding));
}

std::vector<std::string> environment_lib_dirs(const Examination& examination) {
  std::vector<std::string> dirs;
  for (const char* name : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    const auto prefix = examination.setting(name);
    if (!prefix.empty()) dirs.push_back(prefix + "/lib");
  }
  return dirs;
}

std::vector<std::string> list_files(const std::string& dir, const std::string& prefix, const std::string& infix) {
  std::vector<std::string> paths;
  std::error_code error;
  for (std::filesystem::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
    const auto name = it->path().filename().string();
    if (name.starts_with(prefix) && name.find(infix) != std::string::npos) paths.push_back(it->path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

Report diagnose(const std::vector<std::string>& subjects, const DiagnoseOptions& options) {
  Report report;
  for (const auto& subject : subjects) {
    const auto* known = std::find_if(std::begin(kSubjects), std::end(kSubjects),
                                     [&](const Subject& entry) { return subject == entry.name; });
    if (known != std::end(kSubjects)) {
      report.subjects.push_back(subject);
      run(known->name, subjects, options, known->examine, &report);
    } else if (is_path(subject)) {
      report.subjects.push_back("file");
      run(
          "file", subjects, options, [&](Examination* e) { examine_file(e, subject); }, &report);
    } else {
      report.unable = fmt::format(
          "unknown subject {}: core, ffmpeg, sndfile, cuda, torch, python, torchaudio, "
          "torchcodec, soundfile, or the path of a shared object",
          subject);
      return report;
    }
  }
  if (subjects.empty()) {
    for (const auto& entry : kSubjects) {
      if (entry.by_default) run(entry.name, subjects, options, entry.examine, &report);
    }
  }
  check_preload(options, &report);
  for (auto& finding : duplicate_findings(options.mapped)) {
    const auto part = std::find_if(report.components.begin(), report.components.end(),
                                   [&](const Component& component) { return component.name == finding.component; });
    if (part == report.components.end()) continue;  // not asked for
    if (finding.severity == Severity::kError) part->state = "broken";
    report.findings.push_back(std::move(finding));
  }
  return report;
}

std::string explain(const std::string& subject, std::vector<std::string> wheel_dirs) {
  DiagnoseOptions options = DiagnoseOptions::of_process();
  options.wheel_dirs = std::move(wheel_dirs);
  const Report report = diagnose({subject}, options);
  const auto error = std::find_if(report.findings.begin(), report.findings.end(),
                                  [](const Finding& finding) { return finding.severity == Severity::kError; });
  return error == report.findings.end() ? std::string() : finding_json(*error);
}

}  // namespace tonearm::doctor
