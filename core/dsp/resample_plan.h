// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What a ResamplePlan holds: the filter and its tables, designed in double.
// Place in the flow: behind resample.h; read by resample.cpp and by the plans of the device.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/dsp/resample.h"
#include "core/dsp/resample_blocks.h"
#include "core/dsp/resample_design.h"

namespace tonearm::core {

// How an output is computed; chosen once, by the size of the table.
enum class Engine {
  kCopy,          ///< equal rates
  kBanded,        ///< a row per phase, periods in lanes
  kInterpolated,  ///< rows between which the weights are interpolated, taps in lanes
  kDirect,        ///< no table: every weight is evaluated; for ratios so extreme that one row would not fit
};

template <class T>
struct Table {
  Engine engine = Engine::kCopy;
  std::vector<T> coef;
  // kBanded
  std::vector<std::int32_t> block_first;
  std::vector<std::int32_t> support;
  std::int64_t num_blocks = 0;
  std::int64_t cycle_in = 0;
  int rows = 0;
  std::int64_t periods = 1;  // repetitions of (o, n) in one lane's share
  // kInterpolated
  int subphases = 0;
  int taps = 0;
  std::int64_t first_tap = 0;
};

struct ResamplePlan::Impl {
  ResampleOptions options;
  SincDesign design;
  std::int64_t o = 1;
  std::int64_t n = 1;
  std::int64_t reach = 0;
  Table<float> f32;                   ///< not for vhq, which computes in double
  std::optional<BlockTables> blocks;  ///< hq of float32 that is finite goes by these

  /// Filled by the first that needs it.
  const Table<double>& f64() const;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { delete f64_.load(std::memory_order_relaxed); }

 private:
  mutable std::atomic<const Table<double>*> f64_ = nullptr;
};

}  // namespace tonearm::core
