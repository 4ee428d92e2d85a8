// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/flac/flac_backend.h"

#include "backends/flac/flac_decoder.h"

namespace tonearm::flac {
namespace {

class FlacBackend final : public core::Backend {
 public:
  const char* name() const override { return "flac"; }
  const char* description() const override { return "FLAC and FLAC in Ogg, our own decoder"; }
  core::Availability available() override { return {}; }
  std::string declines(const core::ProbeResult& probe) override {
    const bool container = probe.container == core::Container::kFlac || probe.container == core::Container::kOgg;
    return container && probe.codec == core::Codec::kFlac ? "" : "not FLAC";
  }
  core::Result<std::unique_ptr<core::Decoder>> open(core::ByteSource& source, const core::ProbeResult& probe,
                                                    const core::OpenOptions& options) override {
    return FlacDecoder::open(source, probe, options);
  }
};

}  // namespace

std::unique_ptr<core::Backend> make_flac_backend() { return std::make_unique<FlacBackend>(); }

}  // namespace tonearm::flac
