// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Real FFT of any size: 2-3-5-7-smooth sizes by mixed radix, the rest by Bluestein. Tables in double, rounded once.
// The transform itself is in fft_inl.h, a template over the value type: a double, a float, or a vector of frames.
#pragma once

#include <vector>

#include "core/dsp/host_device.h"

namespace tonearm::core {

/// Borrowed tables of one complex transform (in place, decimation in frequency).
template <class T>
struct FftStages {
  int size;
  int num_stages;
  const int* radix;  ///< [num_stages], each 2, 3, 4, 5, 7 or 8
  const T* twiddle;  ///< per stage, per p in [0, n / r), per k in [1, r): cos, -sin of 2 pi p k / n
  const int* place;  ///< [size]: where the transform leaves each bin
};

/// Borrowed tables of one real transform of `size` values into size / 2 + 1 bins.
template <class T>
struct RealFft {
  int size;
  bool packed;  ///< even and smooth: a complex transform of half the size, then `post`
  bool bluestein;
  FftStages<T> stages;  ///< of size / 2, size, or Bluestein's length
  const T* post;        ///< packed: [size / 2 + 1] cos, -sin of 2 pi k / size
  const T* chirp;       ///< Bluestein: [size] cos, -sin of pi k^2 / size
  const T* filter;      ///< Bluestein: [stages.size] transform of the inverse chirp over stages.size, re, im
};

/// True if `n` has no prime factor above 7.
bool is_smooth(int n);

/// Owns the tables. T is float or double. `size` >= 1. `radix`: the stages of a smooth size in their order, each any
/// number, where a kernel has larger ones of its own; empty: those of FftStages.
template <class T>
class RealFftTables {
 public:
  explicit RealFftTables(int size, std::vector<int> radix = {});
  RealFft<T> view() const;
  std::size_t num_twiddles() const { return twiddle_.size(); }
  /// Values of scratch, each re and im: four arrays of this length.
  int scratch_length() const { return stages_size_; }

 private:
  int size_;
  int stages_size_;
  bool packed_;
  bool bluestein_;
  std::vector<int> radix_, place_;
  std::vector<T> twiddle_, post_, chirp_, filter_;
};

}  // namespace tonearm::core
