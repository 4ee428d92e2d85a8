// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "cuda/device_features.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "core/dsp/feature_plan.h"

namespace tonearm::cuda {
namespace {

using core::Error;
using core::Result;
using Plan = core::FeaturePlan::Impl;

constexpr int kMinFft = 8;
constexpr int kMaxFft = 8192;
constexpr int kGenericElements = 16;              // GenericFft::kElements
constexpr int kGenericThreads = 256;              // wanted; a single window may need more
constexpr std::size_t kWantedShared = 48 * 1024;  // what every device gives without asking

Error argument_error(const char* name, const std::string& needed, const std::string& found) {
  return core::make_error(core::ErrorCode::kInvalidArgument, core::Stage::kArguments,
                          std::string("cannot compute features on a CUDA device: bad ") + name, name, needed, found,
                          "compute on the CPU, or by torch.stft");
}

/// A transform with its own kernel (codelets_inl.h).
struct FixedTransform {
  FftKind kind;
  int n_fft;
  int windows, lanes;
  std::vector<int> radix;
};

const std::vector<FixedTransform>& fixed_transforms() {
  static const std::vector<FixedTransform> all = {{FftKind::k400, 400, 16, 10, {20, 10}},
                                                  {FftKind::k512, 512, 16, 16, {16, 16}},
                                                  {FftKind::k1024, 1024, 4, 64, {8, 8, 8}}};
  return all;
}

/// Where the generic transform leaves each element; the packed transform's last bin follows behind.
std::vector<std::uint16_t> places(const core::FftStages<float>& stages) {
  std::vector<std::uint16_t> order(stages.place, stages.place + stages.size);
  order.push_back(static_cast<std::uint16_t>(stages.size));
  return order;
}

/// The block's shape for `windows` windows: fills the job's geometry, returns the bytes of shared memory.
std::size_t set_geometry(int windows, int lanes, int skip, FeatureJob& job) {
  job.tile_windows = windows;
  job.lanes = lanes;
  job.step = job.dither != 0 ? job.length : std::min(job.hop, job.length);
  job.pitch = job.step | 1;
  job.step_inverse =
      job.step == 1 ? 0
                    : static_cast<std::uint32_t>(((std::uint64_t{1} << 32) + static_cast<std::uint64_t>(job.step) - 1) /
                                                 static_cast<std::uint64_t>(job.step));
  const int last = job.packed ? job.size : job.size - 1;  // the packed transform's last bin has a row of its own
  int rows = last + (skip > 0 ? last / skip : 0) + 1;
  rows = std::max({rows, job.num_mels, job.num_coefs, job.num_values | 1});
  const int staged = (windows + (job.length - 1) / job.step) * job.pitch;
  job.rows = std::max(rows, (staged + 2 * windows - 1) / (2 * windows));
  return (static_cast<std::size_t>(2 * job.rows) + static_cast<std::size_t>(lanes)) *
         static_cast<std::size_t>(windows) * sizeof(float);
}

void set_values(const Plan& p, FeatureJob& job) {
  job.num_mels = p.bank.num_mels();
  job.num_coefs = p.num_coefs;
  job.num_values = p.power == 0 && p.family != core::Family::kKaldi ? p.num_bins() : p.num_values();
  job.energy_at = -1;
  job.log_floor = -std::numeric_limits<float>::infinity();
  job.log_scale = 1;
  if (p.family == core::Family::kKaldi) {
    const core::KaldiOptions& o = p.kaldi;
    job.window_major = true;
    job.remove_dc = o.remove_dc_offset;
    job.preemphasis = static_cast<float>(o.preemphasis);
    job.dither = o.dither;
    job.raw_energy = o.raw_energy;
    job.energy_floor =
        o.energy_floor > 0 ? static_cast<float>(std::log(o.energy_floor)) : -std::numeric_limits<float>::infinity();
    job.log_floor = static_cast<float>(core::kFloatEpsilon);
    job.power_mode = o.use_power || o.spectrum ? PowerMode::kPower : PowerMode::kMagnitude;
    job.has_log = o.use_log_fbank || p.num_coefs > 0;
    if (o.spectrum) {
      job.num_mels = job.num_coefs = 0;
      job.energy_at = 0;
    } else if (p.num_coefs > 0) {
      const int zeroth = o.htk_compat ? job.num_values - 1 : 0;
      job.shift = o.htk_compat ? -1 : 0;
      job.zero_at = o.use_energy ? -1 : zeroth;
      if (o.use_energy) job.energy_at = zeroth;
    } else if (o.use_energy) {
      job.shift = o.htk_compat ? 0 : 1;
      job.energy_at = o.htk_compat ? job.num_mels : 0;
    }
    return;
  }
  job.power_mode = p.power == 0   ? PowerMode::kComplex
                   : p.power == 1 ? PowerMode::kMagnitude
                   : p.power == 2 ? PowerMode::kPower
                                  : PowerMode::kOther;
  job.half_power = static_cast<float>(p.power / 2);
  if (p.family == core::Family::kWhisper) {
    job.has_log = true;
    job.log_floor = 1e-10f;
    job.log_scale = std::numbers::log10e_v<float>;
  } else if (p.log.mode == core::LogMode::kLn) {
    job.has_log = true;
    job.log_offset = static_cast<float>(p.log.offset);
  } else if (p.log.mode == core::LogMode::kDb) {
    job.has_log = true;
    job.log_floor = static_cast<float>(p.log.floor);
    job.log_scale = static_cast<float>(10 * std::numbers::log10e);
  }
}

/// [num_coefs][num_mels]; HTK's scale of the zeroth coefficient is in it.
std::vector<float> dct_table(const Plan& p) {
  std::vector<float> dct(p.dct.begin(), p.dct.end());
  if (p.family == core::Family::kKaldi && p.kaldi.htk_compat && !p.kaldi.use_energy)
    for (int m = 0; m < std::min<int>(p.bank.num_mels(), static_cast<int>(dct.size())); ++m)
      dct[static_cast<std::size_t>(m)] = static_cast<float>(p.dct[static_cast<std::size_t>(m)] * std::numbers::sqrt2);
  return dct;
}

}  // namespace

Result<DeviceFeatures> DeviceFeatures::make(const core::FeaturePlan& plan, const DeviceApi& api, int device) {
  const Plan& p = plan.impl();
  if (p.n_fft < kMinFft || p.n_fft > kMaxFft || !core::is_smooth(p.n_fft))
    return argument_error("n_fft", "a product of 2, 3, 5 and 7 from 8 to 8192", std::to_string(p.n_fft));
  std::size_t available = 0;
  if (const Status status = api.get_shared_bytes(device, &available); status.code != 0)
    return cuda_error("query of the device", status);

  DeviceFeatures f(plan, api, device);
  FeatureJob& job = f.job_;
  job.length = p.length;
  job.offset = p.offset;
  job.hop = p.hop;
  job.lead = p.lead;
  job.zeros = p.zeros;
  job.pad_mode = p.pad_mode;
  job.n_fft = p.n_fft;
  set_values(p, job);

  core::RealFftTables<float> transform = p.fft32;
  for (const FixedTransform& fixed : fixed_transforms()) {
    if (fixed.n_fft != p.n_fft) continue;
    job.packed = true;
    job.size = p.n_fft / 2;
    const std::size_t bytes = set_geometry(fixed.windows, fixed.lanes, fixed.radix[0], job);
    if (bytes > kWantedShared) continue;  // a bank of very many filters
    f.kind_ = fixed.kind;
    f.shape_ = {0, fixed.windows * fixed.lanes, bytes};
    transform = core::RealFftTables<float>(p.n_fft, fixed.radix);
  }
  const core::RealFft<float> fft = transform.view();
  if (f.kind_ == FftKind::kGeneric) {
    job.packed = fft.packed;
    job.size = fft.stages.size;
    const int lanes = (job.size + kGenericElements - 1) / kGenericElements;
    int windows = 32;
    std::size_t bytes = set_geometry(windows, lanes, 0, job);
    while (windows > 1 && (windows * lanes > kGenericThreads || bytes > kWantedShared)) {
      windows /= 2;
      bytes = set_geometry(windows, lanes, 0, job);
    }
    if (bytes > available)
      return argument_error(
          "n_fft", "a window that fits the " + std::to_string(available) + " bytes of shared memory of a block",
          std::to_string(bytes) + " bytes for n_fft " + std::to_string(p.n_fft));
    f.shape_ = {0, windows * lanes, bytes};
  }
  job.num_stages = fft.stages.num_stages;
  std::copy_n(fft.stages.radix, fft.stages.num_stages, job.radix);

  DeviceTables& t = f.tables_;
  const std::size_t window = t.add(p.window32);
  const std::size_t twiddle = t.add(fft.stages.twiddle, transform.num_twiddles());
  const std::size_t post = t.add(fft.post, job.packed ? static_cast<std::size_t>(p.n_fft + 2) : 0);
  const std::size_t first = t.add(p.bank.first);
  const std::size_t offset = t.add(p.bank.offset);
  const std::size_t weights = t.add(p.weights32);
  const std::size_t dct = t.add(dct_table(p));
  const bool is_generic = f.kind_ == FftKind::kGeneric;
  const std::size_t order = t.add(is_generic ? places(fft.stages) : std::vector<std::uint16_t>());
  if (auto ok = t.upload(api, device); !ok) return ok.error();
  job.window = t.get<float>(window);
  job.twiddle = t.get<float>(twiddle);
  job.post = t.get<float>(post);
  job.mel_first = t.get<int>(first);
  job.mel_offset = t.get<int>(offset);
  job.mel_weights = t.get<float>(weights);
  job.dct = t.get<float>(dct);
  job.order = is_generic ? t.get<std::uint16_t>(order) : nullptr;

  f.has_peak_ = p.has_mel && p.family != core::Family::kKaldi && p.has_peak();
  f.keeps_ = f.has_peak_ && p.num_coefs > 0;
  f.has_mean_ = p.family == core::Family::kKaldi && p.kaldi.subtract_mean;
  return f;
}

Result<TiledBatch> DeviceFeatures::tile(const tonearm_cuda_batch& batch) const {
  const Plan& p = plan_.impl();
  if (batch.out_row_stride != 0 && plan_.window_major())
    return argument_error("out_row_stride", "0 where windows come first", std::to_string(batch.out_row_stride));
  // A complex value is two floats wide in its row.
  if (batch.out_row_stride != 0 && job_.power_mode == PowerMode::kComplex && batch.out_row_stride % 2 != 0)
    return argument_error("out_row_stride", "an even number for complex results", std::to_string(batch.out_row_stride));
  tonearm_cuda_batch b = batch;
  if (job_.power_mode == PowerMode::kComplex) b.out_row_stride /= 2;
  return TiledBatch::make(
      b, {[this](std::int64_t n) { return plan_.num_windows(n); }, p.num_values(),
          [this](std::int64_t windows) { return (windows + job_.tile_windows - 1) / job_.tile_windows; }});
}

std::size_t DeviceFeatures::peaks_bytes(std::int64_t num_tiles) const {
  return has_peak_ ? (static_cast<std::size_t>(num_tiles) * sizeof(float) + 15) / 16 * 16 : 0;
}

std::size_t DeviceFeatures::kept_bytes(std::int64_t num_tiles) const {
  return keeps_ ? static_cast<std::size_t>(num_tiles) * static_cast<std::size_t>(job_.num_mels * job_.tile_windows) *
                      sizeof(float)
                : 0;
}

Result<std::size_t> DeviceFeatures::workspace_bytes(const tonearm_cuda_batch& batch) const {
  const auto tiled = tile(batch);
  if (!tiled) return tiled.error();
  return peaks_bytes(tiled->num_tiles()) + kept_bytes(tiled->num_tiles());
}

Result<void> DeviceFeatures::run(const tonearm_cuda_batch& batch, void* workspace, std::size_t workspace_bytes,
                                 void* stream) const {
  const Plan& p = plan_.impl();
  const auto tiled = tile(batch);
  if (!tiled) return tiled.error();
  const std::size_t peaks = peaks_bytes(tiled->num_tiles());
  const std::size_t needed = peaks + kept_bytes(tiled->num_tiles());
  if (needed > 0 && (workspace == nullptr || workspace_bytes < needed))
    return argument_error("workspace", std::to_string(needed) + " bytes of device memory",
                          workspace == nullptr ? "null" : std::to_string(workspace_bytes));

  FeatureJob job = job_;
  job.row_stride = batch.out_row_stride;
  auto* const floats = static_cast<float*>(workspace);
  job.tile_peaks = has_peak_ ? floats : nullptr;
  job.kept = keeps_ ? floats + peaks / sizeof(float) : nullptr;
  const auto features = [&](const Batch& part, int num_blocks) -> Result<void> {
    job.batch = part;
    LaunchShape shape = shape_;
    shape.num_blocks = num_blocks;
    return checked("kernel features",
                   api_->features(device_, stream, kind_, p.family == core::Family::kKaldi, shape, job));
  };
  if (auto ok = tiled->for_each_launch(features); !ok) return ok;
  if (!has_peak_ && !has_mean_) return {};

  FinishJob finish{};
  finish.row_stride = batch.out_row_stride;
  finish.tile_windows = job.tile_windows;
  // Enough blocks for one short clip; few enough that each can take the maximum over all tiles of a long one.
  finish.windows_per_block = static_cast<int>(std::max<std::int64_t>(64, (tiled->longest() + 1023) / 1024));
  finish.num_values = p.num_values();
  finish.num_mels = job.num_mels;
  finish.below_peak = static_cast<float>(p.family == core::Family::kWhisper ? 8 : p.log.top_db);
  finish.whisper = p.family == core::Family::kWhisper;
  finish.tile_peaks = job.tile_peaks;
  finish.kept = job.kept;
  finish.dct = job.dct;
  const auto blocks = [&](std::int64_t windows) -> std::int64_t {
    if (has_mean_) return windows > 0 ? (finish.num_values + kMeanValues - 1) / kMeanValues : 0;
    return (windows + finish.windows_per_block - 1) / finish.windows_per_block;
  };
  return tiled->retiled(blocks).for_each_launch([&](const Batch& part, int num_blocks) -> Result<void> {
    finish.batch = part;
    const std::size_t bytes = kFinishThreads * (has_mean_ ? sizeof(double) : sizeof(float));
    const LaunchShape shape{num_blocks, kFinishThreads, bytes};
    if (has_mean_) return checked("kernel finish_mean", api_->finish_mean(device_, stream, shape, finish));
    return checked("kernel finish_peak", api_->finish_peak(device_, stream, shape, finish));
  });
}

}  // namespace tonearm::cuda
