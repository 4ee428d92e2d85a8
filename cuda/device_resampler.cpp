// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "cuda/device_resampler.h"

#include <algorithm>
#include <string>
#include <vector>

namespace tonearm::cuda {
namespace {

using core::Result;

// Of one block: samples and results of its tile. Every device gives this much without asking.
constexpr std::size_t kTileBytes = 44 * 1024;
constexpr int kP = core::kBlockPhases;
// Longer filters would keep a device busy for seconds over one output.
constexpr double kMaxHalfWidth = 1 << 19;

/// Equal rates: each of four phases copies its own sample.
template <class T>
core::Table<T> copy_table() {
  core::Table<T> table;
  table.coef.assign(kP * kP, T(0));
  for (int p = 0; p < kP; ++p) {
    table.coef[static_cast<std::size_t>(p * kP + p)] = T(1);
    table.support.push_back(p);
    table.support.push_back(p + 1);
  }
  table.block_first = {0};
  table.num_blocks = 1;
  table.cycle_in = kP;
  table.rows = kP;
  return table;
}

/// The most samples that `group` neighbouring blocks of a cycle reach over.
template <class T>
std::int64_t group_span(const core::Table<T>& table, std::int64_t group) {
  std::int64_t span = 0;
  for (std::int64_t first = 0; first < table.num_blocks; first += group) {
    const std::int64_t last = std::min(first + group, table.num_blocks) - 1;
    span = std::max<std::int64_t>(span, table.block_first[static_cast<std::size_t>(last)] -
                                            table.block_first[static_cast<std::size_t>(first)] + table.rows);
  }
  return span;
}

std::size_t tile_bytes(std::int64_t cycles, std::int64_t group, std::int64_t span) {
  return static_cast<std::size_t>(cycles * ((span | 1) + group * kP + 1)) * sizeof(float);
}

/// Cycles side by side share coefficients and so go first; then as many blocks as the tile has room for.
template <class T>
std::size_t set_tile(const core::Table<T>& table, ResampleJob& job) {
  for (std::int64_t cycles = 32;; cycles /= 2) {
    const std::int64_t wanted = std::min<std::int64_t>(table.num_blocks, kResampleThreads / cycles);
    std::int64_t group = table.num_blocks;
    while (group > 1 && tile_bytes(cycles, group, group_span(table, group)) > kTileBytes) group = (group + 1) / 2;
    if ((group < wanted || tile_bytes(cycles, group, group_span(table, group)) > kTileBytes) && cycles > 1) continue;
    job.num_groups = static_cast<int>((table.num_blocks + group - 1) / group);
    job.group_blocks = static_cast<int>((table.num_blocks + job.num_groups - 1) / job.num_groups);
    job.num_groups = static_cast<int>((table.num_blocks + job.group_blocks - 1) / job.group_blocks);
    job.cycles = static_cast<int>(cycles);
    job.span = static_cast<int>(group_span(table, job.group_blocks));
    job.pitch = job.span | 1;
    return tile_bytes(job.cycles, job.group_blocks, job.span);
  }
}

template <class T>
std::size_t set_table(const core::Table<T>& table, const DeviceApi& api, int device, DeviceTables& tables,
                      ResampleJob& job, Result<void>& uploaded) {
  const std::size_t coef = tables.add(table.coef);
  const std::size_t first = tables.add(table.block_first);
  const std::size_t support = tables.add(table.support);
  uploaded = tables.upload(api, device);
  job.coef = tables.get<T>(coef);
  job.block_first = tables.get<std::int32_t>(first);
  job.support = tables.get<std::int32_t>(support);
  job.num_blocks = table.num_blocks;
  job.cycle_in = table.cycle_in;
  job.rows = table.rows;
  job.subphases = table.subphases;
  job.taps = table.taps;
  job.first_tap = table.first_tap;
  return table.num_blocks > 0 ? set_tile(table, job) : 0;
}

}  // namespace

Result<DeviceResampler> DeviceResampler::make(const core::ResamplePlan& plan, const DeviceApi& api, int device) {
  const core::ResamplePlan::Impl& p = plan.impl();
  DeviceResampler r(api, device);
  r.job_.o = p.o;
  r.job_.n = p.n;
  r.job_.design = p.design;
  r.wide_ = p.options.method == core::ResampleMethod::kVhq;
  r.engine_ = r.wide_ ? p.f64().engine : p.f32.engine;
  if (p.design.half_width > kMaxHalfWidth)
    return core::make_error(core::ErrorCode::kInvalidArgument, core::Stage::kArguments,
                            "cannot resample on a CUDA device: rates too far apart", "target_rate",
                            "a filter of at most 2^20 samples",
                            std::to_string(p.options.source_rate) + " to " + std::to_string(p.options.target_rate),
                            "resample on the CPU, or in two steps");
  const bool copies = r.engine_ == core::Engine::kCopy;
  if (copies) r.engine_ = core::Engine::kBanded;
  Result<void> uploaded;
  if (r.wide_)
    r.shared_bytes_ = set_table(copies ? copy_table<double>() : p.f64(), api, device, r.tables_, r.job_, uploaded);
  else
    r.shared_bytes_ = set_table(copies ? copy_table<float>() : p.f32, api, device, r.tables_, r.job_, uploaded);
  if (!uploaded) return uploaded.error();
  return r;
}

Result<void> DeviceResampler::run(const tonearm_cuda_batch& batch, void* stream) const {
  if (batch.out_row_stride != 0)
    return core::make_error(core::ErrorCode::kInvalidArgument, core::Stage::kArguments,
                            "Invalid argument: out_row_stride", "out_row_stride", "0 for resampling",
                            std::to_string(batch.out_row_stride));
  const bool banded = engine_ == core::Engine::kBanded;
  const std::int64_t outputs = banded ? job_.num_blocks * kP : kInterpolatedTile;
  const auto tiled =
      TiledBatch::make(batch, {[this](std::int64_t n) { return core::resampled_length(n, job_.o, job_.n); }, 1,
                               [&](std::int64_t length) {
                                 const std::int64_t units = (length + outputs - 1) / outputs;
                                 return banded ? (units + job_.cycles - 1) / job_.cycles * job_.num_groups : units;
                               }});
  if (!tiled) return tiled.error();
  ResampleJob job = job_;
  return tiled->for_each_launch([&](const Batch& part, int num_blocks) -> Result<void> {
    job.batch = part;
    const LaunchShape shape{num_blocks, kResampleThreads, shared_bytes_};
    if (banded) return checked("kernel resample_banded", api_->resample_banded(device_, stream, wide_, shape, job));
    if (engine_ == core::Engine::kInterpolated)
      return checked("kernel resample_interpolated", api_->resample_interpolated(device_, stream, wide_, shape, job));
    return checked("kernel resample_direct", api_->resample_direct(device_, stream, shape, job));
  });
}

}  // namespace tonearm::cuda
