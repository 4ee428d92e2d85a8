// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/dsp/resample_blocks.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tonearm::core {
namespace {

/// A block's arrays for all lanes should stay in the second-level cache.
constexpr std::int64_t kMaxBlock = 4096;
/// Steps per input frame at which the response integrates the filter; images of the sum lie at 8 times the rate.
constexpr std::int64_t kOversampling = 8;

struct BlockSize {
  std::int64_t periods;  ///< m
  std::int64_t skipped;  ///< periods at either end that the filter wraps around
};

/// The size with the least work per output. All sizes even, so that real transforms are packed.
std::optional<BlockSize> choose_size(const SincDesign& design, std::int64_t o, std::int64_t n) {
  const auto skipped = static_cast<std::int64_t>(std::ceil((design.half_width + 1) / static_cast<double>(o)));
  std::optional<BlockSize> best;
  double least = 0;
  for (std::int64_t m = 2 * skipped + 1; m * std::max(o, n) <= kMaxBlock; ++m) {
    const std::int64_t in = m * o, out = m * n;
    if (in % 2 != 0 || out % 2 != 0 || !is_smooth(static_cast<int>(in)) || !is_smooth(static_cast<int>(out))) continue;
    const auto work = [](std::int64_t size) { return static_cast<double>(size) * (2 + std::log2(size)); };
    const double per_period = (work(in) + work(out)) / static_cast<double>(m - 2 * skipped);
    if (best && per_period >= least) continue;
    best = {m, skipped};
    least = per_period;
  }
  return best;
}

/// G(F / block) for F in [0, count): the filter's integral against a cosine, by the trapezoidal rule.
std::vector<double> frequency_response(const SincDesign& design, std::int64_t block, std::int64_t count) {
  const std::int64_t circle = block * kOversampling;
  std::vector<double> cosine(static_cast<std::size_t>(circle));
  for (std::int64_t i = 0; i < circle; ++i) {
    cosine[static_cast<std::size_t>(i)] =
        std::cos(2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(circle));
  }
  const auto steps = static_cast<std::int64_t>(std::ceil(design.half_width * kOversampling));
  std::vector<double> response(static_cast<std::size_t>(count), design.weight(0) / kOversampling);
  for (std::int64_t j = 1; j < steps; ++j) {
    const double weight = 2 * design.weight(static_cast<double>(j) / kOversampling) / kOversampling;
    std::int64_t turn = 0;
    for (double& value : response) {
      value += weight * cosine[static_cast<std::size_t>(turn)];
      turn += j;
      if (turn >= circle) turn -= circle;
    }
  }
  return response;
}

}  // namespace

std::optional<BlockTables> BlockTables::make(const SincDesign& design, std::int64_t o, std::int64_t n) {
  const auto size = choose_size(design, o, n);
  if (!size) return std::nullopt;
  const std::int64_t in = size->periods * o, out = size->periods * n;
  BlockTables tables(in, out);
  const std::int64_t hop = size->periods - 2 * size->skipped;
  tables.hop_in_ = hop * o;
  tables.hop_out_ = hop * n;
  tables.skip_in_ = size->skipped * o;
  tables.skip_out_ = size->skipped * n;

  const std::int64_t highest = std::max(in, out) / 2;
  const std::vector<double> response = frequency_response(design, in, highest + 1);
  for (std::int64_t p = 0; p <= out / 2; ++p) {
    tables.first_term_.push_back(static_cast<std::int32_t>(tables.terms_.size()));
    for (std::int64_t f = p - (highest + p) / out * out; f <= highest; f += out) {
      const std::int64_t folded = (f % in + in) % in;
      const bool mirrored = folded > in / 2;
      const auto weight = static_cast<float>(response[static_cast<std::size_t>(std::abs(f))] / static_cast<double>(in));
      tables.terms_.push_back(
          {static_cast<std::int32_t>(mirrored ? in - folded : folded), weight, mirrored ? -weight : weight});
    }
  }
  tables.first_term_.push_back(static_cast<std::int32_t>(tables.terms_.size()));
  return tables;
}

std::size_t BlockTables::num_bytes() const {
  // A twiddle pair and a post pair for every two values of either transform.
  return terms_.size() * sizeof(BlockTerm) + first_term_.size() * sizeof(std::int32_t) +
         static_cast<std::size_t>(block_in_ + block_out_) * 2 * sizeof(float);
}

std::size_t BlockTables::scratch_values() const {
  return 2 * (static_cast<std::size_t>(std::max(block_in_, block_out_)) + 2);
}

BlockJob BlockTables::job() const {
  BlockJob job{};
  job.block_in = block_in_;
  job.hop_in = hop_in_;
  job.hop_out = hop_out_;
  job.skip_in = skip_in_;
  job.skip_out = skip_out_;
  job.forward = forward_.view();
  job.inverse = inverse_.view();
  job.terms = terms_.data();
  job.first_term = first_term_.data();
  return job;
}

}  // namespace tonearm::core
