// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/doctor/report.h"

#include <algorithm>
#include <string_view>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "nlohmann/json.hpp"

#ifndef TONEARM_VERSION
#define TONEARM_VERSION "0.1.0"
#endif

namespace tonearm::doctor {
namespace {

constexpr std::size_t kColumns = 100;

/// Length of the valid UTF-8 sequence at the start of `text`, or 0.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  std::size_t length = lead < 0x80                   ? 1
                       : lead >= 0xc2 && lead < 0xe0 ? 2
                       : lead >= 0xe0 && lead < 0xf0 ? 3
                       : lead >= 0xf0 && lead < 0xf5 ? 4
                                                     : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (length == 3 && ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) >= 0xa0))) return 0;
  if (length == 4 && ((lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) >= 0x90))) return 0;
  return length;
}

/// A byte 0xNN that is no UTF-8 stands as \udcNN, which no JSON library writes for us.
std::string json_string(const std::string& text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(std::string_view(text).substr(at));
    if (length == 0) {
      out += fmt::format("\\udc{:02x}", static_cast<unsigned char>(text[at]));
      ++at;
      continue;
    }
    const auto whole = nlohmann::json(text.substr(at, length)).dump();
    out += whole.substr(1, whole.size() - 2);
    at += length;
  }
  return out + '"';
}

std::string or_null(const std::string& text) { return text.empty() ? "null" : json_string(text); }

std::string json_list(const std::vector<std::string>& items) {
  std::vector<std::string> parts;
  parts.reserve(items.size());
  for (const auto& item : items) parts.push_back(json_string(item));
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

/// Bytes that are no text for a terminal are shown by their number.
std::string for_terminal(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(std::string_view(text).substr(at));
    const auto byte = static_cast<unsigned char>(text[at]);
    if (length == 0 || byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
      ++at;
    } else {
      out += text.substr(at, length);
      at += length;
    }
  }
  return out;
}

/// Breaks at spaces; a word longer than a line (a path) is cut, so that the width holds.
void add_wrapped(std::string* out, const std::string& label, const std::string& text) {
  std::string line = fmt::format("  {:<11}", label);
  const std::string indent(13, ' ');
  bool fresh = true;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto space = std::min(rest.find(' '), rest.size());
    std::string_view word = rest.substr(0, space);
    rest.remove_prefix(std::min(space + 1, rest.size()));
    if (word.empty()) continue;
    if (!fresh && line.size() + 1 + word.size() > kColumns) {
      *out += line + '\n';
      line = indent;
      fresh = true;
    }
    while (line.size() + (fresh ? 0 : 1) + word.size() > kColumns) {
      const std::size_t room = kColumns - line.size();
      *out += line + std::string(word.substr(0, room)) + '\n';
      word.remove_prefix(room);
      line = indent;
      fresh = true;
    }
    if (!fresh) line += ' ';
    line += word;
    fresh = false;
  }
  *out += line + '\n';
}

std::string fit(std::string line) {
  if (line.size() <= kColumns) return line;
  line.resize(kColumns - 3);
  while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xc0) == 0x80) line.pop_back();
  if (!line.empty() && static_cast<unsigned char>(line.back()) >= 0xc0) line.pop_back();
  return line + "...";
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

std::string finding_json(const Finding& finding) {
  return fmt::format(
      R"({{"code": {}, "severity": "{}", "component": {}, "subject": {}, "needed": {}, "found": {}, "chain": {}, "evidence": {}, "next": {}}})",
      json_string(finding.code), severity_name(finding.severity), or_null(finding.component), or_null(finding.subject),
      or_null(finding.needed), or_null(finding.found), json_list(finding.chain), or_null(finding.evidence),
      or_null(finding.next));
}

std::string Report::verdict() const {
  const auto asked = [&](const std::string& name) {
    if (subjects.empty()) return name == "core" || name == "python";
    return std::find(subjects.begin(), subjects.end(), name) != subjects.end();
  };
  for (const auto& component : components) {
    if (component.state != "ok" && component.state != "not_built" && asked(component.name)) {
      if (subjects.empty() && component.state == "absent") continue;
      return "broken";
    }
  }
  for (const auto& finding : findings) {
    if (finding.severity != Severity::kNote) return "degraded";
  }
  return "ok";
}

int Report::exit_status() const {
  if (!unable.empty()) return 2;
  const bool error = std::any_of(findings.begin(), findings.end(),
                                 [](const Finding& finding) { return finding.severity == Severity::kError; });
  return error ? 1 : 0;
}

std::string Report::headline() const {
  if (!unable.empty()) return fit(fmt::format("unable: {}", for_terminal(unable)));
  const Finding* primary = nullptr;
  for (const auto& finding : findings) {
    if (finding.severity == Severity::kNote) continue;
    if (primary == nullptr || finding.severity > primary->severity) primary = &finding;
  }
  if (primary == nullptr) {
    std::vector<std::string> usable;
    for (const auto& component : components) {
      if (component.state != "ok") continue;
      usable.push_back(component.version.empty() ? component.name
                                                 : fmt::format("{} {}", component.name, component.version));
    }
    return fit(fmt::format("ok: {}",
                           usable.empty() ? "nothing to complain about" : fmt::format("{}", fmt::join(usable, ", "))));
  }
  std::string what = fmt::format("{}: {}", primary->component, primary->code);
  if (!primary->headline.empty()) {
    what = primary->headline;
  } else if (primary->code.starts_with("built-for-") || primary->code == "unsupported-major") {
    what = fmt::format("{}: {}, {}", primary->component, primary->needed, primary->found);
  } else if (!primary->subject.empty()) {
    what += fmt::format(" {}", base_name(primary->subject));
    if (primary->code != "missing-library" && !primary->found.empty()) what += fmt::format(" ({})", primary->found);
    if (primary->code == "missing-library" && primary->chain.size() >= 2) {
      what += fmt::format(", needed by {}", base_name(primary->chain[primary->chain.size() - 2]));
    }
  }
  return fit(fmt::format("{}: {}", verdict(), for_terminal(what)));
}

std::string Report::text() const {
  const std::string line = headline();
  std::string out = line + "\n";
  if (!components.empty()) out += '\n';
  for (const auto& component : components) {
    std::vector<std::string> words = {component.state};
    if (!component.version.empty()) words.push_back(component.version);
    if (!component.path.empty()) words.push_back(component.path);
    if (!component.source.empty()) words.push_back(fmt::format("({})", component.source));
    add_wrapped(&out, component.name, for_terminal(fmt::format("{}", fmt::join(words, " "))));
  }
  for (const auto& finding : findings) {
    out += '\n';
    out += fit(fmt::format("{} {}: {}", severity_name(finding.severity), finding.code, finding.component)) + '\n';
    const auto field = [&](const char* label, const std::string& text) {
      if (!text.empty()) add_wrapped(&out, label, for_terminal(text));
    };
    field("subject", finding.subject);
    field("needed", finding.needed);
    field("found", finding.found);
    field("chain", fmt::format("{}", fmt::join(finding.chain, " -> ")));
    field("evidence", finding.evidence);
    field("next", finding.next);
  }
  if (!components.empty() || !findings.empty()) out += '\n' + line + '\n';
  return out;
}

std::string Report::json() const {
  std::vector<std::string> parts;
  for (const auto& c : components) {
    parts.push_back(fmt::format(
        R"({{"name": {}, "state": {}, "version": {}, "path": {}, "source": {}, "license": {}, "provides": {}}})",
        json_string(c.name), json_string(c.state), or_null(c.version), or_null(c.path), or_null(c.source),
        or_null(c.license), json_list(c.provides)));
  }
  std::vector<std::string> texts;
  for (const auto& finding : findings) texts.push_back(finding_json(finding));
  std::string unable_field = unable.empty() ? "" : fmt::format(R"(, "unable": {})", json_string(unable));
  return fmt::format(R"({{"schema": 1, "tonearm": "{}", "verdict": "{}", "components": [{}], "findings": [{}]{}}})",
                     TONEARM_VERSION, unable.empty() ? verdict() : "broken", fmt::join(parts, ", "),
                     fmt::join(texts, ", "), unable_field);
}

}  // namespace tonearm::doctor
