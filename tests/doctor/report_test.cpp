// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/doctor/report.h"

#include <set>
#include <sstream>

#include "nlohmann/json.hpp"
#include "tests/doctor/scratch.h"

namespace tonearm::doctor {
namespace {

using namespace test;

Report broken_report() {
  Report report;
  report.subjects = {"sndfile"};
  report.components.push_back({"sndfile", "broken", "", "/x/libsndfile.so.1", "", "", {}});
  report.findings.push_back({"truncated-file",
                             Severity::kError,
                             "sndfile",
                             "/x/libsndfile.so.1",
                             "at least 468992 bytes",
                             "4096 bytes",
                             {"tonearm", "libsndfile.so.1"},
                             "",
                             std::string(300, 'n') + " end"});
  return report;
}

TEST(Report, SaysTheVerdictFirstAndLastWithin100Columns) {
  const auto text = broken_report().text();
  std::istringstream lines(text);
  std::string line, first, last;
  while (std::getline(lines, line)) {
    if (first.empty()) first = line;
    last = line;
    EXPECT_LE(line.size(), 100u) << line;
  }
  EXPECT_TRUE(first.starts_with("broken: sndfile: truncated-file libsndfile.so.1"));
  EXPECT_EQ(first, last);
}

TEST(Report, JsonHasEveryFieldAndNullForUnknown) {
  const auto json = nlohmann::json::parse(broken_report().json());
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["verdict"], "broken");
  const auto& finding = json["findings"][0];
  for (const char* key : {"code", "severity", "component", "subject", "needed", "found", "chain", "evidence", "next"}) {
    EXPECT_TRUE(finding.contains(key)) << key;
  }
  EXPECT_TRUE(finding["evidence"].is_null());
  EXPECT_EQ(finding["chain"].size(), 2u);
}

TEST(Report, EscapesUndecodableBytesAsPythonDoes) {
  Finding finding;
  finding.code = "missing-library";
  finding.subject = "/tmp/\xff\xc3\xa9\"";
  EXPECT_NE(finding_json(finding).find("\"/tmp/\\udcff\xc3\xa9\\\"\""), std::string::npos);
}

TEST(Report, ExitStatusAndVerdictFollowSeverity) {
  Report report;
  EXPECT_EQ(report.exit_status(), 0);
  EXPECT_EQ(report.verdict(), "ok");
  report.findings.push_back({"dangling-link", Severity::kNote, "sndfile", "/x", "", "", {}, "", ""});
  EXPECT_EQ(report.verdict(), "ok");
  report.findings.push_back({"executable-stack", Severity::kWarning, "sndfile", "/x", "", "", {}, "", ""});
  EXPECT_EQ(report.verdict(), "degraded");
  EXPECT_EQ(report.exit_status(), 0);
  EXPECT_EQ(broken_report().exit_status(), 1);
  report.unable = "unknown subject";
  EXPECT_EQ(report.exit_status(), 2);
}

TEST(FaultTable, HasEachCodeOnceAndMatchesThePage) {
  std::set<std::string> codes;
  for (const auto& entry : fault_table()) EXPECT_TRUE(codes.insert(entry.code).second) << entry.code;
  EXPECT_EQ(slurp(std::string(TONEARM_SOURCE_DIR) + "/docs/troubleshooting.md"), troubleshooting_page())
      << "regenerate: tonearm-doctor --troubleshooting > docs/troubleshooting.md";
}

}  // namespace
}  // namespace tonearm::doctor
