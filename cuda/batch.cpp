// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "cuda/batch.h"

#include <algorithm>
#include <limits>
#include <string>

#include "core/dsp/noise.h"

namespace tonearm::cuda {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr std::int64_t kMaxBlocks = std::numeric_limits<int>::max();
// Beyond any device's memory, and far from overflow.
constexpr std::int64_t kMaxValues = std::int64_t{1} << 48;

Error bad(const char* name, const std::string& needed, const std::string& found) {
  return core::make_error(ErrorCode::kInvalidArgument, core::Stage::kArguments,
                          std::string("Invalid argument: ") + name, name, needed, found);
}

Result<void> check_size(const char* name, std::int64_t value) {
  if (value >= 0 && value <= kMaxValues) return {};
  return bad(name, "from 0 to 2^48", std::to_string(value));
}

Error too_many_tiles(std::int64_t num_tiles) {
  return core::make_error(ErrorCode::kLimitReached, core::Stage::kArguments, "the batch is too large for one call",
                          "num_signals", "at most " + std::to_string(kMaxBlocks) + " tiles of work",
                          std::to_string(num_tiles), "split the batch");
}

}  // namespace

Result<TiledBatch> TiledBatch::make(const tonearm_cuda_batch& b, const Measure& measure) {
  if (b.in_type != TONEARM_FLOAT32 && b.in_type != TONEARM_INT16)
    return bad("in_type", "TONEARM_FLOAT32 or TONEARM_INT16 on a CUDA device", std::to_string(b.in_type));
  if (b.num_signals < 0 || b.num_signals > kMaxBlocks)
    return bad("num_signals", "from 0 to 2147483647", std::to_string(b.num_signals));
  if (b.signals_per_item < 1 || b.num_signals % b.signals_per_item != 0)
    return bad("signals_per_item", "a divisor of the " + std::to_string(b.num_signals) + " signals",
               std::to_string(b.signals_per_item));
  TiledBatch t;
  t.num_signals_ = b.num_signals;
  t.signals_per_item_ = b.signals_per_item;
  t.common_.in = b.in;
  t.common_.out = b.out;
  t.common_.is_int16 = b.in_type == TONEARM_INT16;
  t.common_.in_scale = static_cast<float>(b.in_scale != 0 ? b.in_scale : t.common_.is_int16 ? 1.0 / 32768 : 1.0);
  t.common_.signals_per_item = b.signals_per_item;
  t.common_.dither_seed = b.dither_seed;
  t.uniform_ = b.lengths == nullptr && b.in_offsets == nullptr && b.out_offsets == nullptr && b.dither_seeds == nullptr;
  if (auto ok = check_size("in_stride", b.in_stride); !ok) return ok.error();
  if (auto ok = check_size("out_stride", b.out_stride); !ok) return ok.error();
  if (auto ok = check_size("out_row_stride", b.out_row_stride); !ok) return ok.error();
  if (b.num_signals > 1 && b.in_stride > kMaxValues / b.num_signals)
    return bad("in_stride", "a batch of fewer than 2^48 samples", std::to_string(b.in_stride));
  if (b.num_signals > 1 && b.out_stride > kMaxValues / b.num_signals)
    return bad("out_stride", "a batch of fewer than 2^48 values", std::to_string(b.out_stride));

  bool reads = false;
  std::int64_t num_values = 0;
  const auto measured = [&](std::int64_t i) -> Result<Signal> {
    const auto at = static_cast<std::size_t>(i);
    Signal s{};
    s.length = b.lengths != nullptr ? b.lengths[at] : b.num_samples;
    s.in_offset = b.in_offsets != nullptr ? b.in_offsets[at] : i * b.in_stride;
    s.out_offset = b.out_offsets != nullptr ? b.out_offsets[at] : i * b.out_stride;
    if (auto ok = check_size(b.lengths != nullptr ? "lengths" : "num_samples", s.length); !ok) return ok.error();
    if (auto ok = check_size("in_offsets", s.in_offset); !ok) return ok.error();
    if (auto ok = check_size("out_offsets", s.out_offset); !ok) return ok.error();
    const auto out_length = measure.out_length(s.length);
    if (!out_length) return out_length.error();
    s.out_length = *out_length;
    if (s.out_length > kMaxValues / std::max<std::int64_t>(measure.values_per_output, 1))
      return bad(b.lengths != nullptr ? "lengths" : "num_samples", "fewer than 2^48 values of result",
                 std::to_string(s.length) + " samples");
    s.noise_key = b.dither_seeds == nullptr
                      ? core::noise_key(b.dither_seed, at)
                      : core::noise_key(b.dither_seeds[at], at % static_cast<std::size_t>(b.signals_per_item));
    reads = reads || s.length > 0;
    num_values = std::max(num_values, s.out_length * measure.values_per_output);
    t.longest_ = std::max(t.longest_, s.out_length);
    return s;
  };
  if (t.uniform_) {
    if (b.num_signals > 0) {
      const auto first = measured(0);
      if (!first) return first.error();
      t.first_ = *first;
    }
    t.step_.in_offset = b.in_stride;
    t.step_.out_offset = b.out_stride;
  } else {
    t.signals_.reserve(static_cast<std::size_t>(b.num_signals));
    for (std::int64_t i = 0; i < b.num_signals; ++i) {
      const auto signal = measured(i);
      if (!signal) return signal.error();
      t.signals_.push_back(*signal);
    }
  }
  if (b.out_row_stride != 0 && b.out_row_stride < t.longest_)
    return bad("out_row_stride", "at least the windows of the longest signal, " + std::to_string(t.longest_),
               std::to_string(b.out_row_stride));
  if (b.out_offsets == nullptr && b.num_signals > 1 && b.out_row_stride == 0 && b.out_stride < num_values)
    return bad("out_stride", "at least the values of a signal, " + std::to_string(num_values),
               std::to_string(b.out_stride));
  if (b.in == nullptr && reads) return bad("in", "a device pointer", "null");
  if (b.out == nullptr && num_values > 0) return bad("out", "a device pointer", "null");

  t = t.retiled(measure.num_tiles);
  if (t.num_tiles_ > kMaxBlocks) return too_many_tiles(t.num_tiles_);
  // Maxima are shared by the tiles of an item.
  const auto group = static_cast<std::size_t>(t.signals_per_item_);
  for (std::size_t i = 0; i < t.signals_.size(); ++i) {
    const std::size_t begin = i - i % group;
    t.signals_[i].values_tile = t.signals_[i].first_tile;
    t.signals_[i].peak_begin = t.signals_[begin].first_tile;
    t.signals_[i].peak_end = begin + group < t.signals_.size() ? t.signals_[begin + group].first_tile : t.num_tiles_;
  }
  t.step_.values_tile = t.step_.first_tile;
  t.first_.peak_end = t.step_.first_tile * t.signals_per_item_;
  return t;
}

TiledBatch TiledBatch::retiled(const std::function<std::int64_t(std::int64_t)>& num_tiles) const {
  TiledBatch t = *this;
  if (uniform_) {
    t.step_.first_tile = num_tiles(first_.out_length);
    t.num_tiles_ = t.step_.first_tile > kMaxBlocks ? t.step_.first_tile : t.step_.first_tile * num_signals_;
    return t;
  }
  t.num_tiles_ = 0;
  for (Signal& signal : t.signals_) {
    signal.first_tile = t.num_tiles_;
    t.num_tiles_ += num_tiles(signal.out_length);
  }
  return t;
}

Result<void> TiledBatch::for_each_launch(const std::function<Result<void>(const Batch&, int)>& run) const {
  if (num_tiles_ > kMaxBlocks) return too_many_tiles(num_tiles_);
  Batch batch = common_;
  batch.uniform = uniform_;
  if (uniform_) {
    batch.num_signals = static_cast<int>(num_signals_);
    batch.signals[0] = first_;
    batch.step = step_;
    return num_tiles_ == 0 ? Result<void>() : run(batch, static_cast<int>(num_tiles_));
  }
  for (std::size_t at = 0; at < signals_.size(); at += kSignalsPerLaunch) {
    const std::size_t count = std::min<std::size_t>(kSignalsPerLaunch, signals_.size() - at);
    std::copy_n(signals_.begin() + static_cast<std::ptrdiff_t>(at), count, batch.signals);
    batch.num_signals = static_cast<int>(count);
    batch.first_tile = signals_[at].first_tile;
    const std::int64_t end = at + count < signals_.size() ? signals_[at + count].first_tile : num_tiles_;
    if (end == batch.first_tile) continue;
    if (auto ok = run(batch, static_cast<int>(end - batch.first_tile)); !ok) return ok;
  }
  return {};
}

}  // namespace tonearm::cuda
