// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Batches for the tests of kernels: signals packed with gaps, results between NaNs, as one launch sees them.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#include "tests/cuda/machine.h"
#include "tests/support/distance.h"
#include "tonearm/tonearm.h"

namespace tonearm::cuda::test {

using tonearm::test::largest_difference;
using tonearm::test::relative_l2;

inline constexpr float kPoison = std::numeric_limits<float>::quiet_NaN();

inline std::vector<float> noise(std::size_t count, double amplitude = 0.2, unsigned seed = 3) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, amplitude);
  std::vector<float> x(count);
  for (float& v : x) v = static_cast<float>(normal(random));
  return x;
}

inline std::vector<double> widened(const std::vector<float>& x) { return {x.begin(), x.end()}; }

inline tonearm_cuda_batch make_batch() {
  tonearm_cuda_batch batch{};
  batch.size = sizeof batch;
  batch.in_type = TONEARM_FLOAT32;
  batch.signals_per_item = 1;
  return batch;
}

/// A copy of host memory where the machine's kernels see it.
template <class T>
class Placed {
 public:
  explicit Placed(const std::vector<T>& values)
      : count_(values.size()), memory_(machine().place(values.data(), count_ * sizeof(T))) {}
  ~Placed() { machine().release(memory_); }
  Placed(const Placed&) = delete;
  Placed& operator=(const Placed&) = delete;

  T* get() const { return static_cast<T*>(memory_); }
  std::vector<T> fetch() const {
    std::vector<T> values(count_);
    machine().fetch(memory_, count_ * sizeof(T), values.data());
    return values;
  }

 private:
  std::size_t count_;
  void* memory_;
};

/// run(the batch with samples `in` and results `out` placed), then `out` as the kernels left it.
template <class Sample, class Run>
void run_placed(tonearm_cuda_batch batch, const std::vector<Sample>& in, std::vector<float>& out, const Run& run) {
  const Placed<Sample> samples(in);
  const Placed<float> results(out);
  batch.in_type = std::is_same_v<Sample, std::int16_t> ? TONEARM_INT16 : TONEARM_FLOAT32;
  batch.in = samples.get();
  batch.out = results.get();
  run(batch);
  out = results.fetch();
}

/// Signals of any lengths, a gap before each, and room for their results with a gap before each.
struct Packed {
  std::vector<float> in, out;
  std::vector<std::int64_t> lengths, in_offsets, out_offsets, out_values;

  void add(const std::vector<float>& signal, std::int64_t num_values) {
    in.insert(in.end(), 3, kPoison);
    in_offsets.push_back(static_cast<std::int64_t>(in.size()));
    lengths.push_back(static_cast<std::int64_t>(signal.size()));
    in.insert(in.end(), signal.begin(), signal.end());
    out.insert(out.end(), 5, kPoison);
    out_offsets.push_back(static_cast<std::int64_t>(out.size()));
    out_values.push_back(num_values);
    out.insert(out.end(), static_cast<std::size_t>(num_values), kPoison);
  }
  tonearm_cuda_batch batch() const {
    tonearm_cuda_batch b = make_batch();
    b.num_signals = static_cast<std::int64_t>(lengths.size());
    b.in_offsets = in_offsets.data();
    b.lengths = lengths.data();
    b.out_offsets = out_offsets.data();
    return b;
  }
  std::vector<float> result(std::size_t i) const {
    const auto begin = out.begin() + static_cast<std::ptrdiff_t>(out_offsets[i]);
    return {begin, begin + static_cast<std::ptrdiff_t>(out_values[i])};
  }
  /// No value before, between or after the results was touched.
  bool gaps_are_poison() const {
    std::vector<bool> owned(out.size(), false);
    for (std::size_t i = 0; i < out_offsets.size(); ++i)
      for (std::int64_t v = 0; v < out_values[i]; ++v) owned[static_cast<std::size_t>(out_offsets[i] + v)] = true;
    for (std::size_t i = 0; i < out.size(); ++i)
      if (!owned[i] && !std::isnan(out[i])) return false;
    return true;
  }
};

/// The same bits, NaNs included.
inline bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

}  // namespace tonearm::cuda::test
