// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Every fault of NVIDIA's driver, from a libcuda.so.1 of a few lines: no GPU is needed.
#include "fmt/format.h"
#include "tests/doctor/scratch.h"

namespace tonearm::doctor {
namespace {

using namespace test;

struct Row {
  int status;   // of cuInit
  int version;  // of the driver API: 13020 is 13.2
  const char* device = "9.0";
  const char* visible = nullptr;  // CUDA_VISIBLE_DEVICES
  const char* manifest = "{}";
  const char* code = "";
  Severity severity = Severity::kError;
  int wanted = -1;         // the device asked for; -1: any
  const char* found = "";  // where the code alone does not tell
  int num_devices = 1;
};

constexpr const char* kFor132 = R"({"cuda": {"release": "13.2"}})";
constexpr const char* kKernels = R"({"cuda": {"release": "12.8", "kernels": ["8.0", "9.0"]}})";
constexpr const char* kPtx = R"({"cuda": {"release": "12.8", "kernels": ["8.0", "9.0"], "ptx": ["9.0"]}})";

const Row kRows[] = {
    {0, 13020},
    {.status = 0, .version = 12040, .code = "cuda-driver-too-old"},
    {.status = 0, .version = 11080, .manifest = kKernels, .code = "cuda-driver-too-old"},
    {.status = 0, .version = 13000, .manifest = kFor132, .code = "cuda-driver-too-old", .severity = Severity::kNote},
    {.status = 0, .version = 12040, .manifest = kKernels, .code = "cuda-driver-too-old", .severity = Severity::kNote},
    {.status = 0, .version = 12080, .manifest = kFor132, .code = "cuda-driver-too-old"},
    {.status = 0, .version = 13000, .device = "12.0", .manifest = kKernels, .code = "cuda-arch-not-built"},
    {.status = 0, .version = 13000, .device = "7.5", .manifest = kKernels, .code = "cuda-arch-not-built"},
    {.status = 0, .version = 13000, .device = "8.6", .manifest = kKernels},
    {.status = 0, .version = 13000, .device = "12.0", .manifest = kPtx},
    {.status = 0, .version = 13000, .device = "7.5", .manifest = kPtx, .code = "cuda-arch-not-built"},
    {.status = 0, .version = 13000, .wanted = 0},
    {.status = 0, .version = 13000, .wanted = 1, .num_devices = 2},
    {.status = 0, .version = 13000, .code = "cuda-no-device", .wanted = 1, .found = "one device, number 0"},
    {.status = 0, .version = 13000, .code = "cuda-no-device", .wanted = 7, .found = "2 devices", .num_devices = 2},
    // Which device is asked for decides before what it can run.
    {.status = 0, .version = 13000, .device = "7.5", .manifest = kKernels, .code = "cuda-no-device", .wanted = 1},
    {.status = 34, .version = 0, .code = "cuda-stub-driver"},
    {.status = 100, .version = 13000, .code = "cuda-no-device"},
    {.status = 101, .version = 12080, .visible = "8,9", .code = "cuda-hidden"},
    {.status = 100, .version = 13000, .visible = "", .code = "cuda-hidden"},
    {.status = 100, .version = 13000, .visible = "-1", .code = "cuda-hidden"},
    {.status = 100, .version = 13000, .visible = "7", .code = "cuda-hidden"},
    {.status = 100, .version = 13000, .visible = "no such device", .code = "cuda-hidden"},
    {.status = 304, .version = 13000, .code = "cuda-device-node"},
    {.status = 802, .version = 13000, .code = "cuda-fabric-manager"},
    {.status = 803, .version = 13000, .code = "cuda-driver-mismatch"},
    {.status = 804, .version = 13000, .code = "cuda-compat-unsupported"},
    {.status = 999, .version = 13000, .code = "cuda-unknown"},
    {.status = 46, .version = 13000, .code = "cuda-error"},
    {.status = 3, .version = 12080, .code = "cuda-error"},
};

std::string fake_driver(const Row& row) {
  const std::string device = row.device;
  return fmt::format(
      "int cuInit(unsigned flags) {{ return {}; }}\n"
      "int cuDriverGetVersion(int* out) {{ *out = {}; return {} == 0; }}\n"
      "int cuDeviceGetCount(int* out) {{ *out = {}; return 0; }}\n"
      "int cuDeviceGet(int* out, int index) {{ *out = index; return index < 0 || index >= {}; }}\n"
      "int cuDeviceGetAttribute(int* out, int which, int device) {{ *out = which == 75 ? {} : {}; return 0; }}\n"
      "int cuGetErrorName(int status, const char** out) {{ *out = \"CUDA_ERROR_BY_NAME\"; return 0; }}\n",
      row.status, row.version, row.version, row.num_devices, row.num_devices, device.substr(0, device.find('.')),
      device.substr(device.find('.') + 1));
}

/// The driver as LD_LIBRARY_PATH leads to it, and as it is installed: a link in a default directory.
void expect_row(const Row& row, bool installed) {
  const Scratch scratch;
  const auto path = scratch / "libcuda.so.1";
  ASSERT_TRUE(scratch.compile("libcuda.so.1", fake_driver(row)));
  DiagnoseOptions options;
  options.loader = clean_environment();
  if (installed) {
    std::filesystem::rename(path, scratch / "libcuda.so.580.65.06");
    std::filesystem::create_symlink("libcuda.so.580.65.06", path);
    options.loader.cache_path = "/nonexistent";
    options.loader.default_dirs.insert(options.loader.default_dirs.begin(), scratch.dir());
  } else {
    options.loader.library_path = scratch.dir();
  }
  options.open_in_child = true;
  options.cuda_device = row.wanted;
  options.manifest = scratch.write("manifest.json", row.manifest);
  if (row.visible != nullptr) options.settings["CUDA_VISIBLE_DEVICES"] = row.visible;
  const auto report = diagnose({"cuda"}, options);
  EXPECT_EQ(report.components[0].path, path);
  if (*row.code == '\0') {
    EXPECT_TRUE(report.findings.empty()) << report.text();
    EXPECT_EQ(report.verdict(), "ok");
    return;
  }
  ASSERT_EQ(report.findings.size(), 1u) << report.text();
  const auto& finding = report.findings[0];
  EXPECT_EQ(finding.code, row.code);
  EXPECT_EQ(finding.severity, row.severity);
  EXPECT_EQ(finding.component, "cuda");
  EXPECT_EQ(finding.subject, row.visible != nullptr ? "CUDA_VISIBLE_DEVICES" : path);
  EXPECT_EQ(report.exit_status(), row.severity == Severity::kError ? 1 : 0);
  EXPECT_NE(finding.found.find(row.found), std::string::npos) << finding.found;
  if (row.visible != nullptr) {
    EXPECT_NE(finding.found.find(std::string("=") + row.visible), std::string::npos);
  }
  if (row.status == 34) {
    EXPECT_EQ(finding.evidence.find(scratch.dir() + " in LD_LIBRARY_PATH") == std::string::npos, installed);
  }
  if (finding.code == "cuda-error") {
    EXPECT_NE(finding.found.find(fmt::format("{}, CUDA_ERROR_BY_NAME", row.status)), std::string::npos);
  }
}

TEST(Driver, EachFaultHasItsCode) {
  if (!has_compiler()) GTEST_SKIP() << "no C compiler (cc) to build stubs";
  for (const auto& row : kRows) {
    SCOPED_TRACE(fmt::format("cuInit {}, driver {}, device {} of {} {}, {}", row.status, row.version, row.wanted,
                             row.num_devices, row.device, row.manifest));
    expect_row(row, false);
    expect_row(row, true);
  }
}

TEST(Driver, NoneIsAbsentUntilAskedFor) {
  DiagnoseOptions options;
  options.loader = clean_environment();
  options.loader.cache_path = "/nonexistent";
  options.loader.default_dirs.clear();
  EXPECT_TRUE(diagnose({}, options).findings.empty());
  const auto report = diagnose({"cuda"}, options);
  ASSERT_EQ(report.findings.size(), 1u) << report.text();
  EXPECT_EQ(report.findings[0].code, "cuda-no-driver");
  EXPECT_EQ(report.findings[0].subject, "libcuda.so.1");
}

}  // namespace
}  // namespace tonearm::doctor
