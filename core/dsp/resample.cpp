// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/dsp/resample.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "core/dsp/aligned.h"
#include "core/dsp/kernels.h"
#include "core/dsp/resample_plan.h"
#include "core/dsp/share_parts.h"

namespace tonearm::core {
namespace {

constexpr std::int64_t kMaxRate = (std::int64_t{1} << 31) - 1;
// Cubic interpolation of the prototype errs by about 0.5 h^4 for h zero crossings between rows: 64 rows give -150 dB,
// and 512 give -220 dB for the design whose stop band is at -170.
constexpr double kRowsPerCrossing = 64;
constexpr double kRowsPerCrossingVhq = 512;

Error argument_error(const char* name, const std::string& needed, const std::string& found) {
  return make_error(ErrorCode::kInvalidArgument, Stage::kArguments, std::string("cannot resample: bad ") + name, name,
                    needed, found);
}

Error memory_error() {
  return make_error(ErrorCode::kOutOfMemory, Stage::kConvert, "cannot resample: out of memory", "resample");
}

Result<void> check_rate(const char* name, std::int64_t rate) {
  if (rate < 1 || rate > kMaxRate)
    return argument_error(name, "a rate in Hz from 1 to 2147483647", std::to_string(rate));
  return {};
}

// floor(k * o / n) without overflow for any k whose result fits.
std::int64_t position_floor(std::int64_t k, std::int64_t o, std::int64_t n) { return k / n * o + k % n * o / n; }

// First and one past the last input frame that output phase j may touch, relative to its period.
struct Support {
  std::int64_t begin, end;
};

Support phase_support(const SincDesign& design, std::int64_t j, std::int64_t o, std::int64_t n) {
  const std::int64_t whole = j * o / n;
  const double fraction = static_cast<double>(j * o % n) / static_cast<double>(n);
  return {whole + static_cast<std::int64_t>(std::floor(fraction - design.half_width)) + 1,
          whole + static_cast<std::int64_t>(std::ceil(fraction + design.half_width))};
}

template <class T>
bool fill_banded(const SincDesign& design, std::int64_t o, std::int64_t n, std::size_t max_bytes, Table<T>& table) {
  const std::int64_t cycles = kBlockPhases / std::gcd<std::int64_t>(kBlockPhases, n);  // lcm(n, block) / n
  const std::int64_t phases = n * cycles;
  if (phases > static_cast<std::int64_t>(max_bytes / sizeof(T)) || o > kMaxRate / cycles) return false;
  const std::int64_t blocks = phases / kBlockPhases;
  std::int64_t rows = 0;
  for (std::int64_t b = 0; b < blocks; ++b) {
    rows = std::max(rows, phase_support(design, b * kBlockPhases + kBlockPhases - 1, o, n).end -
                              phase_support(design, b * kBlockPhases, o, n).begin);
    if (rows > 8192 || static_cast<std::size_t>(phases) * static_cast<std::size_t>(rows) * sizeof(T) > max_bytes)
      return false;
  }
  table.engine = Engine::kBanded;
  table.rows = static_cast<int>(rows);
  table.num_blocks = blocks;
  table.cycle_in = o * cycles;
  table.coef.assign(static_cast<std::size_t>(phases * rows), T(0));
  for (std::int64_t b = 0; b < blocks; ++b) {
    const std::int64_t first = phase_support(design, b * kBlockPhases, o, n).begin;
    table.block_first.push_back(static_cast<std::int32_t>(first));
    for (int p = 0; p < kBlockPhases; ++p) {
      const std::int64_t j = b * kBlockPhases + p;
      const Support s = phase_support(design, j, o, n);
      table.support.push_back(static_cast<std::int32_t>(s.begin - first));
      table.support.push_back(static_cast<std::int32_t>(s.end - first));
      const std::int64_t whole = j * o / n;
      const double fraction = static_cast<double>(j * o % n) / static_cast<double>(n);
      for (std::int64_t i = s.begin; i < s.end; ++i)
        table.coef[static_cast<std::size_t>((b * rows + (i - first)) * kBlockPhases + p)] =
            static_cast<T>(design.weight(static_cast<double>(i - whole) - fraction));
    }
  }
  // A lane's share should be long beside the overlap it loads twice, and short enough for one second to fill the lanes.
  const std::int64_t wanted = std::max<std::int64_t>(std::min<std::int64_t>(8 * rows, kTileRows), 2 * rows);
  table.periods = std::max<std::int64_t>(cycles, wanted / (o * cycles) * cycles);
  return true;
}

template <class T>
bool fill_interpolated(const SincDesign& design, double rows_per_crossing, std::size_t max_bytes, Table<T>& table) {
  const std::int64_t reach = static_cast<std::int64_t>(std::ceil(design.half_width));
  // Whole vectors of the widest kind; what lies beyond the support is never used.
  const std::int64_t taps = (2 * reach + 2 + 15) / 16 * 16;
  const std::int64_t subphases =
      std::max<std::int64_t>(4, static_cast<std::int64_t>(std::ceil(rows_per_crossing * design.step)));
  if (taps * static_cast<std::int64_t>(sizeof(T)) * (subphases + 3) > static_cast<std::int64_t>(max_bytes))
    return false;
  table.engine = Engine::kInterpolated;
  table.subphases = static_cast<int>(subphases);
  table.taps = static_cast<int>(taps);
  table.first_tap = -reach;
  table.coef.reserve(static_cast<std::size_t>(taps * (subphases + 3)));
  for (std::int64_t r = 0; r < subphases + 3; ++r) {
    const double fraction = static_cast<double>(r - 1) / static_cast<double>(subphases);
    for (std::int64_t i = 0; i < taps; ++i)
      table.coef.push_back(static_cast<T>(design.weight(static_cast<double>(table.first_tap + i) - fraction)));
  }
  return true;
}

template <class T>
Table<T> make_table(ResampleMethod method, const SincDesign& design, std::int64_t o, std::int64_t n,
                    std::size_t max_bytes) {
  Table<T> table;
  if (o == n) return table;
  const double rows_per_crossing = method == ResampleMethod::kVhq ? kRowsPerCrossingVhq : kRowsPerCrossing;
  if (!fill_banded(design, o, n, max_bytes, table) && !fill_interpolated(design, rows_per_crossing, max_bytes, table))
    table.engine = Engine::kDirect;
  return table;
}

}  // namespace

// Without a lock, which a fork could leave held: of two that fill it at once, one throws its own away.
const Table<double>& ResamplePlan::Impl::f64() const {
  if (const Table<double>* ready = f64_.load(std::memory_order_acquire)) return *ready;
  auto made =
      std::make_unique<const Table<double>>(make_table<double>(options.method, design, o, n, kResampleTableBytes));
  const Table<double>* other = nullptr;
  if (!f64_.compare_exchange_strong(other, made.get(), std::memory_order_acq_rel)) return *other;
  return *made.release();
}

namespace {

/// The plans made last, the newest first. Whoever finds the lock taken goes without: a process forked at that moment
/// would wait for ever.
class SharedPlans {
 public:
  using Plan = std::shared_ptr<const ResamplePlan::Impl>;

  Plan find(const ResampleOptions& options) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return nullptr;
    const auto found =
        std::find_if(plans_.begin(), plans_.end(), [&](const Plan& p) { return p && p->options == options; });
    if (found == plans_.end()) return nullptr;
    std::rotate(plans_.begin(), found, found + 1);
    return plans_.front();
  }

  void add(Plan plan) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return;
    std::rotate(plans_.begin(), plans_.end() - 1, plans_.end());
    plans_.front().swap(plan);  // the one that leaves is freed after the lock
  }

 private:
  std::mutex mutex_;
  std::array<Plan, kSharedPlans> plans_;
};

SharedPlans& shared_plans() {
  static SharedPlans& plans = *new SharedPlans;  // never destroyed: threads may outlive static objects
  return plans;
}

// One channel's input that is at hand: absolute frames [begin, end); zero beyond on both sides.
struct Segment {
  const void* data;
  std::int64_t begin, end;
};

template <class T>
void run_banded(const ResamplePlan::Impl& plan, const Table<T>& table, void (*kernel)(const BandedJob&),
                const Segment& in, std::byte* out, std::int64_t out_begin, std::int64_t out_end, std::byte* tile,
                std::byte* result) {
  BandedJob job{};
  job.in = in.data;
  job.in_begin = in.begin;
  job.in_end = in.end;
  job.period_in = plan.o * table.periods;
  job.period_out = plan.n * table.periods;
  job.coef = table.coef.data();
  job.block_first = table.block_first.data();
  job.support = table.support.data();
  job.num_blocks = table.num_blocks;
  job.cycle_in = table.cycle_in;
  job.rows = table.rows;
  job.tile = tile;
  job.result = result;
  job.out = out;
  job.out_begin = out_begin;
  const auto rectangle = [&](std::int64_t period, std::int64_t count, std::int64_t phase_begin,
                             std::int64_t phase_end) {
    if (count <= 0 || phase_begin >= phase_end) return;
    job.period_begin = period;
    job.num_periods = count;
    job.phase_begin = phase_begin;
    job.phase_end = phase_end;
    kernel(job);
  };
  // A started period, whole periods, a period left open.
  std::int64_t period = out_begin / job.period_out;
  const std::int64_t last = out_end / job.period_out;
  const std::int64_t head = out_begin % job.period_out;
  if (period == last) {
    rectangle(period, 1, head, out_end % job.period_out);
    return;
  }
  if (head > 0) rectangle(period++, 1, head, job.period_out);
  rectangle(period, last - period, 0, job.period_out);
  rectangle(last, 1, 0, out_end % job.period_out);
}

template <class T>
void run_interpolated(const ResamplePlan::Impl& plan, const Table<T>& table, void (*kernel)(const InterpolatedJob&),
                      const Segment& in, std::byte* out, std::int64_t out_begin, std::int64_t out_end) {
  InterpolatedJob job{};
  job.in = in.data;
  job.in_begin = in.begin;
  job.in_end = in.end;
  job.out = out;
  job.out_begin = out_begin;
  job.out_end = out_end;
  job.o = plan.o;
  job.n = plan.n;
  job.half_width = plan.design.half_width;
  job.coef = table.coef.data();
  job.subphases = table.subphases;
  job.taps = table.taps;
  job.first_tap = table.first_tap;
  kernel(job);
}

// The blocks that hold the outputs [out_begin, out_end), of which out_begin is a block's first. `otherwise` computes
// the outputs of a block whose input is not finite: a spectrum would spread that over all of it.
template <class Otherwise>
void run_blocks(const BlockTables& tables, void (*kernel)(const BlockJob&), const Segment& in, std::byte* out,
                std::int64_t out_begin, std::int64_t out_end, std::byte* scratch, const Otherwise& otherwise) {
  BlockJob job = tables.job();
  job.in = in.data;
  job.in_begin = in.begin;
  job.in_end = in.end;
  job.out = out;
  job.out_begin = out_begin;
  job.scratch = scratch;
  std::array<bool, 64> is_finite;
  job.is_finite = is_finite.data();
  const auto run = [&](std::int64_t begin, std::int64_t count, std::int64_t rows) {
    job.block_begin = begin;
    job.num_blocks = count;
    job.rows_out = rows;
    kernel(job);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t first = (begin + i) * job.hop_out;
      if (!is_finite[static_cast<std::size_t>(i)]) otherwise(first, first + rows);
    }
  };
  std::int64_t block = out_begin / job.hop_out;
  for (const std::int64_t whole = out_end / job.hop_out; block < whole;) {
    const std::int64_t count = std::min<std::int64_t>(whole - block, std::ssize(is_finite));
    run(block, count, job.hop_out);
    block += count;
  }
  if (out_end % job.hop_out > 0) run(block, 1, out_end % job.hop_out);
}

template <class T>
void run_direct(const ResamplePlan::Impl& plan, const Segment& in, std::byte* out, std::int64_t out_begin,
                std::int64_t out_end) {
  const T* x = static_cast<const T*>(in.data);
  for (std::int64_t k = out_begin; k < out_end; ++k) {
    const std::int64_t j = k % plan.n;
    const std::int64_t period = k / plan.n * plan.o;
    const Support s = phase_support(plan.design, j, plan.o, plan.n);
    const std::int64_t whole = period + j * plan.o / plan.n;
    const double fraction = static_cast<double>(j * plan.o % plan.n) / static_cast<double>(plan.n);
    double sum = 0;
    for (std::int64_t i = std::max(period + s.begin, in.begin); i < std::min(period + s.end, in.end); ++i)
      sum += plan.design.weight(static_cast<double>(i - whole) - fraction) * static_cast<double>(x[i - in.begin]);
    reinterpret_cast<T*>(out)[k - out_begin] = static_cast<T>(sum);
  }
}

// Workspace and dispatch for the outputs [out_begin, out_end) of every channel.
class Runner {
 public:
  Runner(const ResamplePlan::Impl& plan, SampleType type) : plan_(plan), type_(type) {
    // vhq computes in double even for float32 samples.
    wide_ = type == SampleType::kFloat64 || plan.options.method == ResampleMethod::kVhq;
  }

  Result<void> prepare() {
    if (by_blocks()) {
      scratch_ = make_aligned<std::byte>(plan_.blocks->scratch_values() * 64);
      if (!scratch_) return memory_error();
    }
    if (engine() != Engine::kBanded) return {};
    const std::int64_t rows = wide_ ? plan_.f64().rows : plan_.f32.rows;
    const std::int64_t periods = wide_ ? plan_.f64().periods : plan_.f32.periods;
    // 64 bytes hold the widest vector of either type.
    const std::int64_t tile_rows = std::max(banded_tile_rows(rows, plan_.o * periods), rows);
    const std::int64_t result_rows = plan_.n * periods + kBlockPhases;
    tile_ = make_aligned<std::byte>(static_cast<std::size_t>(tile_rows) * 64);
    result_ = make_aligned<std::byte>(static_cast<std::size_t>(result_rows) * 64);
    if (!tile_ || !result_) return memory_error();
    return {};
  }

  void run(const Segment& in, std::byte* out, std::int64_t out_begin, std::int64_t out_end) {
    if (out_begin >= out_end) return;
    const ResampleKernels& k = resample_kernels();
    const auto otherwise = [&](std::int64_t begin, std::int64_t end) {
      run_sums(in, out + static_cast<std::size_t>(begin - out_begin) * sample_bytes(type_), begin, end);
    };
    if (by_blocks()) {
      run_blocks(*plan_.blocks, k.blocks_f32, in, out, out_begin, out_end, scratch_.get(), otherwise);
    } else {
      run_sums(in, out, out_begin, out_end);
    }
  }

  /// About so many outputs that end where blocks and phases begin anew: piece by piece gives the whole. Blocks and
  /// periods fill the lanes of vectors.
  std::int64_t piece_frames(std::int64_t about) const {
    const ResampleKernels& k = resample_kernels();
    std::int64_t unit = plan_.n;
    if (by_blocks())
      unit = plan_.blocks->hop_out() * k.float_lanes;
    else if (engine() == Engine::kBanded)
      unit *= wide_ ? plan_.f64().periods * k.double_lanes : plan_.f32.periods * k.float_lanes;
    return std::max<std::int64_t>(about / unit, 1) * unit;
  }

  /// Blocks are computed whole: the first one whose input is not at hand, and what it still needs of the past.
  struct Ready {
    std::int64_t end_out;
    std::int64_t begin_in;
  };
  std::optional<Ready> ready_blocks(std::int64_t total_in) const {
    if (!by_blocks()) return std::nullopt;
    const BlockTables& tables = *plan_.blocks;
    const std::int64_t spare = total_in + tables.skip_in() - tables.block_in();
    const std::int64_t blocks = spare < 0 ? 0 : spare / tables.hop_in() + 1;
    return Ready{blocks * tables.hop_out(), blocks * tables.hop_in() - tables.skip_in()};
  }

 private:
  void run_sums(const Segment& in, std::byte* out, std::int64_t out_begin, std::int64_t out_end) {
    const ResampleKernels& k = resample_kernels();
    const bool f64 = type_ == SampleType::kFloat64;
    switch (engine()) {
      case Engine::kCopy: {
        const std::size_t size = sample_bytes(type_);
        std::memcpy(out, static_cast<const std::byte*>(in.data) + static_cast<std::size_t>(out_begin - in.begin) * size,
                    static_cast<std::size_t>(out_end - out_begin) * size);
        break;
      }
      case Engine::kBanded:
        if (wide_)
          run_banded(plan_, plan_.f64(), f64 ? k.banded_f64 : k.banded_f32_in_f64, in, out, out_begin, out_end,
                     tile_.get(), result_.get());
        else
          run_banded(plan_, plan_.f32, k.banded_f32, in, out, out_begin, out_end, tile_.get(), result_.get());
        break;
      case Engine::kInterpolated:
        if (wide_)
          run_interpolated(plan_, plan_.f64(), f64 ? k.interpolated_f64 : k.interpolated_f32_in_f64, in, out, out_begin,
                           out_end);
        else
          run_interpolated(plan_, plan_.f32, k.interpolated_f32, in, out, out_begin, out_end);
        break;
      case Engine::kDirect:
        if (f64)
          run_direct<double>(plan_, in, out, out_begin, out_end);
        else
          run_direct<float>(plan_, in, out, out_begin, out_end);
        break;
    }
  }

  bool by_blocks() const { return !wide_ && plan_.blocks.has_value(); }
  Engine engine() const { return wide_ ? plan_.f64().engine : plan_.f32.engine; }

  const ResamplePlan::Impl& plan_;
  SampleType type_;
  bool wide_ = false;
  AlignedBuffer<std::byte> tile_;
  AlignedBuffer<std::byte> result_;
  AlignedBuffer<std::byte> scratch_;  ///< of blocks
};

bool is_float(SampleType type) { return type == SampleType::kFloat32 || type == SampleType::kFloat64; }

}  // namespace

Result<std::int64_t> resampled_length(std::int64_t num_frames, std::int64_t source_rate, std::int64_t target_rate) {
  if (auto ok = check_rate("source_rate", source_rate); !ok) return ok.error();
  if (auto ok = check_rate("target_rate", target_rate); !ok) return ok.error();
  if (num_frames < 0) return argument_error("num_frames", ">= 0", std::to_string(num_frames));
  const std::int64_t g = std::gcd(source_rate, target_rate);
  const std::int64_t o = source_rate / g;
  const std::int64_t n = target_rate / g;
  const std::int64_t tail = (num_frames % o * n + o - 1) / o;
  if (num_frames / o > (std::numeric_limits<std::int64_t>::max() - tail) / n)
    return argument_error("num_frames", "a resampled length below 2^63", std::to_string(num_frames));
  return num_frames / o * n + tail;
}

Result<ResamplePlan> ResamplePlan::make(const ResampleOptions& options) {
  if (auto ok = check_rate("source_rate", options.source_rate); !ok) return ok.error();
  if (auto ok = check_rate("target_rate", options.target_rate); !ok) return ok.error();
  if (options.method == ResampleMethod::kSincHann || options.method == ResampleMethod::kSincKaiser) {
    if (options.lowpass_filter_width < 1 || options.lowpass_filter_width > 4096)
      return argument_error("lowpass_filter_width", "zero crossings from 1 to 4096",
                            std::to_string(options.lowpass_filter_width));
    if (!(options.rolloff > 0 && options.rolloff <= 1))
      return argument_error("rolloff", "a ratio above 0, at most 1", std::to_string(options.rolloff));
    if (options.beta && !(*options.beta >= 0 && *options.beta <= 100))
      return argument_error("beta", "a Kaiser shape from 0 to 100", std::to_string(*options.beta));
  }
  if (auto plan = shared_plans().find(options)) return ResamplePlan(std::move(plan));
  auto impl = std::make_shared<Impl>();
  impl->options = options;
  const std::int64_t g = std::gcd(options.source_rate, options.target_rate);
  impl->o = options.source_rate / g;
  impl->n = options.target_rate / g;
  impl->design = make_sinc_design(options, impl->o, impl->n);
  if (!(impl->design.half_width < 1e15))
    return argument_error("rolloff", "a filter shorter than 1e15 frames", std::to_string(options.rolloff));
  impl->reach = impl->o == impl->n ? 0 : static_cast<std::int64_t>(std::ceil(impl->design.half_width));
  if (options.method == ResampleMethod::kHq && impl->o != impl->n) {
    impl->blocks = BlockTables::make(impl->design, impl->o, impl->n);
  }
  if (options.method != ResampleMethod::kVhq) {
    const std::size_t taken = impl->blocks ? impl->blocks->num_bytes() : 0;
    impl->f32 = make_table<float>(options.method, impl->design, impl->o, impl->n, kResampleTableBytes - taken);
  }
  shared_plans().add(impl);
  return ResamplePlan(std::move(impl));
}

const ResampleOptions& ResamplePlan::options() const { return impl_->options; }
std::int64_t ResamplePlan::half_width_frames() const { return impl_->reach; }
std::size_t ResamplePlan::table_bytes() const {
  const std::size_t blocks = impl_->blocks ? impl_->blocks->num_bytes() : 0;
  return std::max(impl_->f32.coef.size() * sizeof(float) + blocks, impl_->f64().coef.size() * sizeof(double));
}

Result<void> resample(const ResamplePlan& plan, const PlanarView& in, const PlanarView& out, StopToken* stop,
                      int num_threads) {
  const ResamplePlan::Impl& impl = plan.impl();
  if (!is_float(in.type)) return argument_error("in", "float32 or float64 samples", "integers");
  if (out.type != in.type) return argument_error("out", "the sample type of in", "another");
  if (out.num_channels != in.num_channels)
    return argument_error("out", std::to_string(in.num_channels) + " channels", std::to_string(out.num_channels));
  const auto length = resampled_length(in.num_frames, impl.o, impl.n);
  if (!length) return length.error();
  if (out.num_frames != *length)
    return argument_error("out", std::to_string(*length) + " frames", std::to_string(out.num_frames));
  constexpr double kLeastFrames = 1 << 18;  // of a thread: 0.2 ms and more
  constexpr std::int64_t kPolledFrames = 1 << 19, kLeastPiece = 1 << 13;
  const double frames = static_cast<double>(std::max(in.num_frames, *length)) * in.num_channels;
  const std::int64_t threads = worthwhile_threads(num_threads, frames, kLeastFrames);
  std::vector<Runner> runners;
  for (std::int64_t i = 0; i < threads; ++i) {
    if (auto ok = runners.emplace_back(impl, in.type).prepare(); !ok) return ok.error();
  }

  std::int64_t about = *length;
  if (threads > 1) about = std::max(kLeastPiece, *length * in.num_channels / wanted_parts(threads));
  if (stop != nullptr) about = std::min(about, kPolledFrames);
  const bool whole = threads == 1 && stop == nullptr;
  const std::int64_t piece = whole ? std::max<std::int64_t>(*length, 1) : runners[0].piece_frames(about);
  const std::int64_t pieces = *length / piece + (*length % piece > 0 ? 1 : 0);
  Result<void> polled = stop == nullptr ? Result<void>() : stop->check();
  if (!polled) return polled;
  std::atomic<bool> is_stopped = false;
  share_parts(std::span(runners), pieces * in.num_channels, [&](Runner& runner, std::int64_t part) {
    if (stop != nullptr && &runner == &runners[0] && !is_stopped) {  // a token is the caller's thread's
      polled = stop->check();
      if (!polled) is_stopped = true;
    }
    if (is_stopped) return;
    const int c = static_cast<int>(part / pieces);
    const std::int64_t begin = part % pieces * piece, count = std::min(piece, *length - begin);
    runner.run({in.channel(c), 0, in.num_frames}, out.slice(begin, count).channel(c), begin, begin + count);
  });
  return polled;
}

Result<ResampleStream> ResampleStream::make(ResamplePlan plan, SampleType type, int num_channels) {
  if (!is_float(type)) return argument_error("type", "float32 or float64", "an integer type");
  if (num_channels < 1) return argument_error("num_channels", ">= 1", std::to_string(num_channels));
  return ResampleStream(std::move(plan), type, num_channels);
}

Result<std::int64_t> ResampleStream::output_length(std::int64_t num_frames, bool last) const {
  const ResamplePlan::Impl& impl = plan_.impl();
  if (num_frames < 0 || num_frames > std::numeric_limits<std::int64_t>::max() - total_in_)
    return argument_error("num_frames", "0 or more, and fewer than 2^63 of a signal", std::to_string(num_frames));
  const std::int64_t total = total_in_ + num_frames;
  const auto whole = resampled_length(total, impl.o, impl.n);
  if (!whole) return whole.error();
  if (last) return *whole - total_out_;
  if (const auto blocks = Runner(impl, type_).ready_blocks(total)) return blocks->end_out - total_out_;
  // Output k is complete when floor(k o / n) + reach < total: k < (total - reach) n / o.
  return *resampled_length(std::max<std::int64_t>(total - impl.reach, 0), impl.o, impl.n) - total_out_;
}

Result<void> ResampleStream::push(const PlanarView& in, const PlanarView& out, bool last) {
  const ResamplePlan::Impl& impl = plan_.impl();
  const int channels = static_cast<int>(history_.size());
  if (in.type != type_ || in.num_channels != channels)
    return argument_error("in", std::to_string(channels) + " channels in the stream's sample type",
                          std::to_string(in.num_channels) + " channels");
  const auto count = output_length(in.num_frames, last);
  if (!count) return count.error();
  if (out.type != type_ || out.num_channels != channels || out.num_frames != *count)
    return argument_error(
        "out",
        std::to_string(channels) + " channels of " + std::to_string(*count) + " frames in the stream's sample type",
        std::to_string(out.num_channels) + " channels of " + std::to_string(out.num_frames));
  // All that can fail comes first.
  Runner runner(impl, type_);
  if (*count > 0) {
    if (auto ok = runner.prepare(); !ok) return ok.error();
  }
  const std::size_t added = static_cast<std::size_t>(in.num_frames) * sample_bytes(type_);
  for (auto& h : history_) {
    if (h.capacity() < h.size() + added) h.reserve(std::max(h.size() + added, 2 * h.capacity()));
  }

  for (int c = 0; added > 0 && c < channels; ++c) {
    auto& h = history_[static_cast<std::size_t>(c)];
    h.insert(h.end(), in.channel(c), in.channel(c) + added);
  }
  total_in_ += in.num_frames;
  for (int c = 0; *count > 0 && c < channels; ++c) {
    const auto& h = history_[static_cast<std::size_t>(c)];
    runner.run({h.data(), history_begin_, total_in_}, out.channel(c), total_out_, total_out_ + *count);
  }
  total_out_ += *count;
  if (last) {
    forget(total_in_);
    history_begin_ = total_in_ = total_out_ = 0;
    return {};
  }
  // What the next output can reach stays; forgetting only when half is stale keeps the copying linear.
  const auto blocks = runner.ready_blocks(total_in_);
  const std::int64_t needed = blocks ? blocks->begin_in : position_floor(total_out_, impl.o, impl.n) - impl.reach;
  const std::int64_t keep = std::clamp(needed, history_begin_, total_in_);
  if (keep - history_begin_ > total_in_ - keep) forget(keep);
  return {};
}

// The frames before `begin`.
void ResampleStream::forget(std::int64_t begin) {
  const auto stale =
      static_cast<std::ptrdiff_t>(begin - history_begin_) * static_cast<std::ptrdiff_t>(sample_bytes(type_));
  for (auto& h : history_) h.erase(h.begin(), h.begin() + stale);
  history_begin_ = begin;
}

}  // namespace tonearm::core
