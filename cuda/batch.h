// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A batch as the caller describes it, checked, and cut into launches.
// Place in the flow: between the C ABI and the plans of this room. Device pointers are carried, never read.
#pragma once

#include <functional>
#include <vector>

#include "core/base/result.h"
#include "cuda/jobs.h"
#include "tonearm/tonearm.h"

namespace tonearm::cuda {

/// One batch in tiles of one kernel.
class TiledBatch {
 public:
  /// What a signal's length means to the kernel that will run.
  struct Measure {
    std::function<core::Result<std::int64_t>(std::int64_t num_samples)> out_length;  ///< frames, or windows
    std::int64_t values_per_output;                                                  ///< floats of each
    std::function<std::int64_t(std::int64_t out_length)> num_tiles;
  };

  /// Borrows the arrays of `batch`.
  /// Errors: kInvalidArgument naming the field; kLimitReached for more tiles than one grid has.
  static core::Result<TiledBatch> make(const tonearm_cuda_batch& batch, const Measure& measure);

  std::int64_t num_tiles() const { return num_tiles_; }
  /// The longest signal's outputs: frames, or windows.
  std::int64_t longest() const { return longest_; }

  /// The same signals in tiles of another kind; peaks are counted in the tiles of this one.
  TiledBatch retiled(const std::function<std::int64_t(std::int64_t out_length)>& num_tiles) const;

  /// Calls run(batch, number of blocks) for each launch that has blocks.
  core::Result<void> for_each_launch(const std::function<core::Result<void>(const Batch&, int)>& run) const;

 private:
  Batch common_{};
  bool uniform_ = false;
  std::int64_t num_signals_ = 0;
  int signals_per_item_ = 1;
  Signal first_{}, step_{};      // uniform
  std::vector<Signal> signals_;  // otherwise
  std::int64_t num_tiles_ = 0;
  std::int64_t longest_ = 0;
};

}  // namespace tonearm::cuda
