// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Long filters by overlapping blocks: a block's spectrum times the filter's, back at the target rate.
// Place in the flow: tables for block_kernels_inl.h, made once per plan by resample.cpp.
//
// With X the transform of N_in inputs (m periods of o) and G the filter's frequency response, the N_out = m n outputs
// are
//   y[k] = 1 / N_in * sum over F of X[F mod N_in] G(F / N_in) e^(2 pi i F k / N_out),  |F| <= max(N_in, N_out) / 2,
// exact but for the filter's response beyond both Nyquist rates, which lies below -150 dB in the designs that use this.
// Outputs nearer to a block's ends than the filter reaches are wrapped around, and left to the neighbouring block.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/dsp/fft.h"
#include "core/dsp/kernels.h"
#include "core/dsp/resample_design.h"

namespace tonearm::core {

/// float32 only: in double the sums themselves are the promise.
class BlockTables {
 public:
  /// `o` and `n` in lowest terms. Nothing where no block of smooth, even sizes holds the filter.
  static std::optional<BlockTables> make(const SincDesign& design, std::int64_t o, std::int64_t n);

  std::int64_t block_in() const { return block_in_; }  ///< input frames that a block reads
  std::int64_t hop_in() const { return hop_in_; }      ///< from one block to the next
  std::int64_t hop_out() const { return hop_out_; }    ///< outputs that a block writes
  std::int64_t skip_in() const { return skip_in_; }    ///< inputs read before the position of the first output
  std::size_t num_bytes() const;
  /// Values of scratch per lane that the kernel needs.
  std::size_t scratch_values() const;
  /// All but samples, range and scratch.
  BlockJob job() const;

 private:
  BlockTables(std::int64_t block_in, std::int64_t block_out)
      : block_in_(block_in),
        block_out_(block_out),
        forward_(static_cast<int>(block_in)),
        inverse_(static_cast<int>(block_out)) {}

  std::int64_t block_in_, block_out_;
  std::int64_t hop_in_ = 0, hop_out_ = 0, skip_in_ = 0, skip_out_ = 0;
  RealFftTables<float> forward_, inverse_;
  std::vector<BlockTerm> terms_;
  std::vector<std::int32_t> first_term_;
};

}  // namespace tonearm::core
