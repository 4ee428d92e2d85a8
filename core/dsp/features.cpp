// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/dsp/features.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "core/dsp/aligned.h"
#include "core/dsp/feature_plan.h"
#include "core/dsp/noise.h"
#include "core/dsp/share_parts.h"

namespace tonearm::core {
namespace {

constexpr int kMaxFft = 65536;
constexpr int kMaxMels = 4096;

Error argument_error(const char* name, const std::string& needed, const std::string& found) {
  return make_error(ErrorCode::kInvalidArgument, Stage::kArguments, std::string("cannot compute features: bad ") + name,
                    name, needed, found);
}

template <class N>
Result<void> check_range(const char* name, N value, N low, N high) {
  if (value >= low && value <= high) return {};  // false for NaN
  return argument_error(name, "from " + std::to_string(low) + " to " + std::to_string(high), std::to_string(value));
}

// A NaN wins, as in torch's amax.
template <class T>
T greater(T a, T b) {
  return a > b || std::isnan(a) ? a : b;
}

void make_dct(FeaturePlan::Impl& p, int num_coefs, bool ortho) {
  const int mels = p.bank.num_mels();
  p.num_coefs = num_coefs;
  for (int k = 0; k < num_coefs; ++k)
    for (int m = 0; m < mels; ++m) {
      const double norm = !ortho ? 2 : k == 0 ? std::sqrt(1.0 / mels) : std::sqrt(2.0 / mels);
      p.dct.push_back(norm * std::cos(std::numbers::pi / mels * (m + 0.5) * k));
    }
}

// Rows first, first + step, ... of the cosine transform, columns [0, columns), as DenseJob has them.
std::vector<double> pack_rows(const FeaturePlan::Impl& p, int first, int step, int columns) {
  std::vector<double> packed;
  for (int group = first; group < p.num_coefs; group += step * kDenseRows)
    for (int m = 0; m < columns; ++m)
      for (int k = group; k < group + step * kDenseRows; k += step)
        packed.push_back(k < p.num_coefs ? p.dct[static_cast<std::size_t>(k * p.bank.num_mels() + m)] : 0);
  return packed;
}

// Whether row k equals its mirror image times (-1)^k, to the rounding of a table in float.
bool can_fold(const FeaturePlan::Impl& p) {
  const int mels = p.bank.num_mels();
  for (int k = 0; k < p.num_coefs; ++k) {
    const double* row = p.dct.data() + static_cast<std::ptrdiff_t>(k) * mels;
    double greatest = 0;
    for (int m = 0; m < mels; ++m) greatest = std::max(greatest, std::abs(row[m]));
    const double sign = k % 2 == 0 ? 1 : -1;
    for (int m = 0; m < mels; ++m)
      if (!(std::abs(row[m] - sign * row[mels - 1 - m]) <= 0x1p-23 * greatest)) return false;
  }
  return true;
}

// What every family does last: float copies of the tables and the transforms.
void finish_tables(FeaturePlan::Impl& p) {
  p.window32.assign(p.window.begin(), p.window.end());
  p.weights32.assign(p.bank.weights.begin(), p.bank.weights.end());
  const int mels = p.bank.num_mels();
  p.packed = pack_rows(p, 0, 1, mels);
  p.folded = can_fold(p);
  if (p.folded) {
    const std::vector<double> even = pack_rows(p, 0, 2, (mels + 1) / 2), odd = pack_rows(p, 1, 2, mels / 2);
    p.packed32.assign(even.begin(), even.end());
    p.packed32.insert(p.packed32.end(), odd.begin(), odd.end());
  } else {
    p.packed32.assign(p.packed.begin(), p.packed.end());
  }
  // Bluestein in float would cost a digit: odd sizes are computed in double.
  if (is_smooth(p.n_fft)) p.fft32 = RealFftTables<float>(p.n_fft);
  p.fft64 = RealFftTables<double>(p.n_fft);
}

Result<void> fill_spectrogram(const SpectrogramOptions& o, FeaturePlan::Impl& p) {
  if (auto ok = check_range("n_fft", o.n_fft, 1, kMaxFft); !ok) return ok;
  p.n_fft = o.n_fft;
  p.length = o.win_length == 0 ? o.n_fft : o.win_length;
  if (auto ok = check_range("win_length", p.length, 1, o.n_fft); !ok) return ok;
  p.hop = o.hop_length == 0 ? std::max(1, p.length / 2) : o.hop_length;
  if (auto ok = check_range("hop_length", p.hop, 1, 1 << 30); !ok) return ok;
  if (auto ok = check_range("pad", o.pad, 0, 1 << 30); !ok) return ok;
  if (auto ok = check_range("power", o.power, 0.0, 16.0); !ok) return ok;
  p.zeros = o.pad;
  p.center = o.center;
  p.pad_mode = o.pad_mode;
  p.power = o.power;
  p.offset = (p.n_fft - p.length) / 2;
  p.lead = (o.center ? p.n_fft / 2 : 0) + o.pad;
  p.window = o.weights.empty() ? make_window(o.window, p.length, o.periodic) : o.weights;
  if (p.window.size() != static_cast<std::size_t>(p.length))
    return argument_error("window", std::to_string(p.length) + " values", std::to_string(p.window.size()));
  double norm = 1;
  if (o.norm == SpectrumNorm::kWindow) {
    norm = 0;
    for (double w : p.window) norm += w * w;
  } else if (o.norm == SpectrumNorm::kFrameLength) {
    norm = p.n_fft;
  }
  for (double& w : p.window) w /= std::sqrt(norm);
  return {};
}

Result<void> fill_mel(const MelSpectrogramOptions& o, FeaturePlan::Impl& p) {
  if (auto ok = fill_spectrogram(o.spectrogram, p); !ok) return ok;
  if (o.spectrogram.power == 0) return argument_error("power", "a power above 0 before a mel bank", "0 (complex)");
  if (auto ok = check_range("sample_rate", o.sample_rate, 1, std::numeric_limits<int>::max()); !ok) return ok;
  if (auto ok = check_range("n_mels", o.n_mels, 1, kMaxMels); !ok) return ok;
  const double f_max = o.f_max == 0 ? nyquist_hz(o.sample_rate) : o.f_max;
  if (auto ok = check_range("f_min", o.f_min, 0.0, 1e9); !ok) return ok;
  if (!(f_max > o.f_min) || !(f_max < 1e9)) return argument_error("f_max", "above f_min", std::to_string(f_max));
  p.has_mel = true;
  p.bank = make_mel_bank(p.num_bins(), o.f_min, f_max, o.n_mels, o.sample_rate, o.mel_scale, o.slaney_norm);
  return {};
}

template <class T>
struct Tables;
template <>
struct Tables<float> {
  static const float* window(const FeaturePlan::Impl& p) { return p.window32.data(); }
  static const float* weights(const FeaturePlan::Impl& p) { return p.weights32.data(); }
  static const float* dct(const FeaturePlan::Impl& p) { return p.packed32.data(); }
  static const RealFftTables<float>& fft(const FeaturePlan::Impl& p) { return p.fft32; }
  static int lanes() { return frame_kernels().float_lanes; }
  static void mel(const MelJob<float>& job) { frame_kernels().mel_f32(job); }
  static void dense(const DenseJob<float>& job) { frame_kernels().dense_f32(job); }
  static void log(const LogJob<float>& job) { frame_kernels().log_f32(job); }
  static void store(const StoreJob& job, float*) { frame_kernels().store_f32(job); }
};
template <>
struct Tables<double> {
  static const double* window(const FeaturePlan::Impl& p) { return p.window.data(); }
  static const double* weights(const FeaturePlan::Impl& p) { return p.bank.weights.data(); }
  static const double* dct(const FeaturePlan::Impl& p) { return p.packed.data(); }
  static const RealFftTables<double>& fft(const FeaturePlan::Impl& p) { return p.fft64; }
  static int lanes() { return frame_kernels().double_lanes; }
  static void mel(const MelJob<double>& job) { frame_kernels().mel_f64(job); }
  static void dense(const DenseJob<double>& job) { frame_kernels().dense_f64(job); }
  static void log(const LogJob<double>& job) {
    for (int i = 0; i < job.count; ++i) {
      const double x = job.values[i] + job.offset;
      job.values[i] = std::log(x < job.floor ? job.floor : x) * job.scale;
      double& peak = job.peak[i % lanes()];
      peak = greater(job.values[i], peak);
    }
  }
  static void store(const StoreJob& job, double*) { frame_kernels().store_f64(job); }
  static void store(const StoreJob& job, float*) { frame_kernels().store_f64_as_f32(job); }
};

/// Windows [begin, end) of a channel; begin is a tile's first.
struct WindowRange {
  std::int64_t begin, end;
};

// One tile of windows after another, window = lane. Out is the samples' type, T that of the arithmetic.
template <class Out, class T>
class Computer {
 public:
  using Kernel = void (*)(const FrameJob<T>&);

  Computer(const FeaturePlan::Impl& plan, Kernel kernel, std::int64_t windows, std::uint64_t dither_seed)
      : p_(plan), kernel_(kernel), windows_(windows), dither_seed_(dither_seed) {}

  bool allocate() {
    const int scratch = 2 * Tables<T>::fft(p_).scratch_length();
    samples_ = rows(p_.n_fft);
    scratch_a_ = rows(scratch);
    scratch_b_ = rows(scratch);
    if (p_.power == 0) bins_ = rows(2 * p_.num_bins());
    power_ = rows(p_.num_bins());
    mels_ = rows(mels());
    clamped_ = rows(p_.num_coefs > 0 ? mels() : 0);
    coefs_ = rows(p_.num_coefs + 2 * kDenseRows);
    energies_ = rows(2);
    peaks_ = rows(1);
    return samples_ && scratch_a_ && scratch_b_ && (bins_ || p_.power != 0) && power_ && mels_ && clamped_ && coefs_ &&
           energies_ && peaks_;
  }
  /// Memory for what waits for an item's peak. One of the threads that share an item has it for all.
  bool allocate_kept(int channels_per_item) {
    if (!waits()) return true;
    kept_ = make_aligned<T>(static_cast<std::size_t>(kept_stride()) * static_cast<std::size_t>(channels_per_item));
    return kept_ != nullptr;
  }
  /// Of the item's channel `index`.
  T* kept(int index) { return waits() ? kept_.get() + index * kept_stride() : nullptr; }

  void forget_peak() { std::fill(peaks_.get(), peaks_.get() + lanes_, -std::numeric_limits<T>::infinity()); }
  /// The greatest value of all windows since.
  T peak() const {
    T peak = peaks_[0];
    for (int l = 1; l < lanes_; ++l) peak = greater(peaks_[static_cast<std::size_t>(l)], peak);
    return peak;
  }

  /// The first part of the work: all that needs no peak of the item.
  void run_windows(const PlanarView& from, const PlanarView& to, int c, WindowRange range, T* kept) {
    const int values = p_.num_values();
    Out* out = to.channel_as<Out>(c);
    FrameJob<T> job{};
    job.in = from.channel(c);
    job.num_samples = from.num_frames;
    job.hop = p_.hop;
    job.length = p_.length;
    job.offset = p_.offset;
    job.zeros = p_.zeros;
    job.pad_mode = p_.pad_mode;
    job.window = Tables<T>::window(p_);
    job.fft = Tables<T>::fft(p_).view();
    job.samples = samples_.get();
    job.scratch_a = scratch_a_.get();
    job.scratch_b = scratch_b_.get();
    job.bins = bins_.get();
    job.power = power_.get();
    if (p_.family == Family::kKaldi) {
      job.remove_dc = p_.kaldi.remove_dc_offset;
      job.preemphasis = static_cast<T>(p_.kaldi.preemphasis);
      job.dither = p_.kaldi.dither;
      job.noise = gaussian_noise;
      job.noise_key = noise_key(dither_seed_, static_cast<std::uint64_t>(c));
      if (p_.kaldi.use_energy || p_.kaldi.spectrum) {
        job.energy_raw = energies_.get();
        job.energy_windowed = energies_.get() + lanes_;
      }
    }
    for (std::int64_t t = range.begin; t < range.end; t += lanes_) {
      job.num_frames = static_cast<int>(std::min<std::int64_t>(lanes_, range.end - t));
      job.first_frame = static_cast<std::uint64_t>(t);
      job.start = t * p_.hop - p_.lead + p_.offset;
      kernel_(job);
      if (p_.family == Family::kKaldi)
        kaldi_tile(job.num_frames, out + t * values);
      else
        torch_tile(job.num_frames, out, t, kept == nullptr ? nullptr : kept + t * mels());
    }
  }

  /// The second part of the work, when the item's peak is known.
  void finish_windows(const PlanarView& out, int c, WindowRange range, T peak, const T* kept) {
    Out* values = out.channel_as<Out>(c);
    if (p_.family == Family::kKaldi) {
      if (range.begin == 0) subtract_mean(values);
    } else if (std::isnan(peak)) {
      for (int v = 0; v < p_.num_values(); ++v) {
        std::fill(values + v * windows_ + range.begin, values + v * windows_ + range.end,
                  std::numeric_limits<Out>::quiet_NaN());
      }
    } else {
      const T floor = peak - static_cast<T>(p_.family == Family::kWhisper ? 8 : p_.log.top_db);
      if (waits()) return cosine_of_kept(floor, values, range, kept);
      for (int v = 0; v < p_.num_values(); ++v)
        clamp(values + v * windows_ + range.begin, range.end - range.begin, static_cast<Out>(floor));
    }
  }

 private:
  AlignedBuffer<T> rows(int count) const {
    return make_aligned<T>(static_cast<std::size_t>(std::max(count, 1)) * static_cast<std::size_t>(lanes_));
  }
  int mels() const { return p_.bank.num_mels(); }
  bool waits() const { return p_.family == Family::kTorch && p_.num_coefs > 0 && p_.has_peak(); }
  std::int64_t kept_stride() const { return (windows_ + lanes_ - 1) / lanes_ * mels() * lanes_; }

  void run_mel(T* to) {
    Tables<T>::mel({power_.get(), to, mels(), p_.bank.first.data(), p_.bank.offset.data(), Tables<T>::weights(p_)});
  }
  void run_log(T* values, int count, double offset, double floor, double scale) {
    Tables<T>::log(
        {values, count * lanes_, static_cast<T>(offset), static_cast<T>(floor), static_cast<T>(scale), peaks_.get()});
  }
  // The cosine transform of max(from, floor).
  void run_dct(const T* from, T floor) {
    const T* weights = Tables<T>::dct(p_);
    if constexpr (std::is_same_v<T, float>) {
      if (p_.folded) {
        const int half = mels() / 2, sums = mels() - half, even = (p_.num_coefs + 1) / 2;
        T* differences = clamped_.get() + sums * lanes_;
        frame_kernels().fold_f32({from, clamped_.get(), differences, mels(), floor});
        Tables<T>::dense({clamped_.get(), coefs_.get(), even, 2, sums, weights});
        weights += (even + kDenseRows - 1) / kDenseRows * kDenseRows * sums;
        return Tables<T>::dense({differences, coefs_.get() + lanes_, p_.num_coefs / 2, 2, half, weights});
      }
    }
    for (int i = 0; i < mels() * lanes_; ++i) {
      const T x = from[i];
      clamped_[static_cast<std::size_t>(i)] = x < floor ? floor : x;
    }
    Tables<T>::dense({clamped_.get(), coefs_.get(), p_.num_coefs, 1, mels(), weights});
  }
  // out[value][window]
  void store_rows(const T* from, int count, int used, Out* out) {
    Tables<T>::store({from, count, used, out, windows_, 1}, out);
  }

  void torch_tile(int used, Out* out, std::int64_t t, T* kept) {
    const int bins = p_.num_bins();
    const std::size_t lanes = static_cast<std::size_t>(lanes_);
    if (p_.power == 0) {
      // Real and imaginary parts are neighbours in the result: two stores of every other value.
      for (int k = 0; k < bins; ++k)
        Tables<T>::store(
            {bins_.get() + static_cast<std::size_t>(2 * k) * lanes, 2, used, out + 2 * (k * windows_ + t), 1, 2}, out);
      return;
    }
    const std::size_t count = static_cast<std::size_t>(bins) * lanes;
    if (p_.power == 1)
      for (std::size_t i = 0; i < count; ++i) power_[i] = std::sqrt(power_[i]);
    else if (p_.power != 2)
      for (std::size_t i = 0; i < count; ++i) power_[i] = std::pow(power_[i], static_cast<T>(p_.power / 2));
    if (!p_.has_mel) return store_rows(power_.get(), bins, used, out + t);
    // What waits for its peak is computed where it waits.
    T* values = kept != nullptr ? kept : mels_.get();
    run_mel(values);
    constexpr double kNone = -std::numeric_limits<double>::infinity();
    if (p_.family == Family::kWhisper)
      run_log(values, mels(), 0, 1e-10, std::numbers::log10e);
    else if (p_.log.mode == LogMode::kLn)
      run_log(values, mels(), p_.log.offset, kNone, 1);
    else if (p_.log.mode == LogMode::kDb)
      run_log(values, mels(), 0, p_.log.floor, 10 * std::numbers::log10e);
    if (!p_.num_coefs) return store_rows(values, mels(), used, out + t);
    if (kept != nullptr) return;
    run_dct(values, -std::numeric_limits<T>::infinity());
    store_rows(coefs_.get(), p_.num_coefs, used, out + t);
  }

  void cosine_of_kept(T floor, Out* out, WindowRange range, const T* kept) {
    for (std::int64_t t = range.begin; t < range.end; t += lanes_) {
      run_dct(kept + t * mels(), floor);
      store_rows(coefs_.get(), p_.num_coefs, static_cast<int>(std::min<std::int64_t>(lanes_, range.end - t)), out + t);
    }
  }

  void clamp(Out* values, std::int64_t count, Out floor) const {
    if (p_.family == Family::kWhisper)
      for (std::int64_t i = 0; i < count; ++i) values[i] = ((values[i] < floor ? floor : values[i]) + 4) * Out(0.25);
    else
      for (std::int64_t i = 0; i < count; ++i) values[i] = values[i] < floor ? floor : values[i];
  }

  // Kaldi's tail for one tile: log, energy, cosine transform; out[window][value].
  void kaldi_tile(int used, Out* out) {
    const KaldiOptions& o = p_.kaldi;
    const int values = p_.num_values();
    const auto store_columns = [&](const T* from, int count, int at) {
      Tables<T>::store({from, count, used, out + at, 1, values}, out);
    };
    const auto store_column = [&](const T* from, int at) {
      for (int l = 0; l < used; ++l) out[l * values + at] = static_cast<Out>(from[l]);
    };
    // The energy wanted, as a logarithm, in place.
    T* energy = energies_.get() + (o.raw_energy ? 0 : lanes_);
    if (o.use_energy || o.spectrum) {
      run_log(energy, 1, 0, kFloatEpsilon, 1);
      const T floor =
          static_cast<T>(o.energy_floor > 0 ? std::log(o.energy_floor) : -std::numeric_limits<double>::infinity());
      for (int l = 0; l < lanes_; ++l) energy[l] = energy[l] < floor ? floor : energy[l];
    }
    if (o.spectrum) {
      run_log(power_.get(), p_.num_bins(), 0, kFloatEpsilon, 1);
      store_columns(power_.get() + lanes_, p_.num_bins() - 1, 1);
      store_column(energy, 0);
      return;
    }
    if (!o.use_power)
      for (int i = 0; i < p_.num_bins() * lanes_; ++i)
        power_[static_cast<std::size_t>(i)] = std::sqrt(power_[static_cast<std::size_t>(i)]);
    run_mel(mels_.get());
    if (o.use_log_fbank || p_.num_coefs) run_log(mels_.get(), mels(), 0, kFloatEpsilon, 1);
    if (!p_.num_coefs) {
      store_columns(mels_.get(), mels(), o.use_energy && !o.htk_compat ? 1 : 0);
      if (o.use_energy) store_column(energy, o.htk_compat ? mels() : 0);
      return;
    }
    run_dct(mels_.get(), -std::numeric_limits<T>::infinity());
    store_columns(coefs_.get() + lanes_, values - 1, o.htk_compat ? 0 : 1);
    if (o.htk_compat && !o.use_energy)
      for (int l = 0; l < lanes_; ++l) coefs_[static_cast<std::size_t>(l)] *= std::numbers::sqrt2_v<T>;
    store_column(o.use_energy ? energy : coefs_.get(), o.htk_compat ? values - 1 : 0);
  }

  void subtract_mean(Out* out) const {
    const int values = p_.num_values();
    for (int v = 0; v < values; ++v) {
      double sum = 0;
      for (std::int64_t t = 0; t < windows_; ++t) sum += static_cast<double>(out[t * values + v]);
      for (std::int64_t t = 0; t < windows_; ++t)
        out[t * values + v] -= static_cast<Out>(sum / static_cast<double>(windows_));
    }
  }

  const FeaturePlan::Impl& p_;
  Kernel kernel_;
  std::int64_t windows_;
  std::uint64_t dither_seed_;
  int lanes_ = Tables<T>::lanes();
  AlignedBuffer<T> samples_, scratch_a_, scratch_b_, bins_, power_, mels_, clamped_, coefs_, energies_;
  AlignedBuffer<T> peaks_;  // per lane, of the item at hand
  AlignedBuffer<T> kept_;   // [channel of the item][tile][mel][lane]: decibels that wait for their peak
};

/// Neighbouring channels [first, first + count) that share their peak, by one computer or by all.
template <class Out, class T>
void run_item(const FeaturePlan::Impl& p, std::span<Computer<Out, T>> computers, const PlanarView& in,
              const PlanarView& out, int first, int count, std::int64_t windows) {
  const std::int64_t lanes = Tables<T>::lanes(), tiles = std::max<std::int64_t>((windows + lanes - 1) / lanes, 1);
  const std::int64_t range_tiles = std::max<std::int64_t>(tiles * count / wanted_parts(std::ssize(computers)), 1);
  const std::int64_t ranges = (tiles + range_tiles - 1) / range_tiles;
  const auto for_part = [&](auto body) {
    return [&, body](Computer<Out, T>& computer, std::int64_t part) {
      const int index = static_cast<int>(part / ranges);
      const std::int64_t begin = part % ranges * range_tiles * lanes;
      body(computer, first + index, WindowRange{begin, std::min(begin + range_tiles * lanes, windows)},
           computers[0].kept(index));
    };
  };
  const auto run = for_part([&](Computer<Out, T>& computer, int c, WindowRange range, T* kept) {
    computer.run_windows(in, out, c, range, kept);
  });
  if (!p.has_peak() && !(p.family == Family::kKaldi && p.kaldi.subtract_mean))
    return share_parts(computers, ranges * count, run);
  for (Computer<Out, T>& computer : computers) computer.forget_peak();
  const auto finish = for_part([&](Computer<Out, T>& computer, int c, WindowRange range, T* kept) {
    T peak = computers[0].peak();
    for (const Computer<Out, T>& other : computers) peak = greater(other.peak(), peak);
    computer.finish_windows(out, c, range, peak, kept);
  });
  share_parts_twice(computers, ranges * count, run, finish);
}

template <class Out, class T>
Result<void> compute_all(const FeaturePlan::Impl& p, void (*kernel)(const FrameJob<T>&), const PlanarView& in,
                         std::int64_t windows, const PlanarView& out, int channels_per_item, int num_threads,
                         std::uint64_t dither_seed) {
  constexpr double kLeastSamples = 1 << 17;  // of a thread: 0.3 ms and more
  const int item = p.has_peak() ? channels_per_item : std::max(in.num_channels, 1);
  const std::int64_t items = in.num_channels / item;
  const double samples = static_cast<double>(windows) * std::max(p.hop, p.n_fft / 2) * in.num_channels;
  const std::int64_t threads = worthwhile_threads(num_threads, samples, kLeastSamples);
  // Items enough: each thread has some for itself. Else all threads work on one after the other, of which there is but
  // one where channels have nothing to do with each other.
  const bool by_items = items >= threads;
  std::vector<Computer<Out, T>> computers;
  for (std::int64_t i = 0; i < threads; ++i) {
    Computer<Out, T>& computer = computers.emplace_back(p, kernel, windows, dither_seed);
    if (!computer.allocate() || ((by_items || i == 0) && !computer.allocate_kept(item)))
      return make_error(ErrorCode::kOutOfMemory, Stage::kConvert, "cannot compute features: out of memory", "features");
  }
  const std::span all(computers);
  if (!by_items) {
    for (int i = 0; i < items; ++i) run_item(p, all, in, out, i * item, item, windows);
    return {};
  }
  share_parts(all, items, [&](Computer<Out, T>& computer, std::int64_t i) {
    run_item(p, std::span(&computer, 1), in, out, static_cast<int>(i) * item, item, windows);
  });
  return {};
}

}  // namespace

Result<FeaturePlan> FeaturePlan::spectrogram(const SpectrogramOptions& options) {
  auto p = std::make_shared<Impl>();
  if (auto ok = fill_spectrogram(options, *p); !ok) return ok.error();
  finish_tables(*p);
  return FeaturePlan(std::move(p));
}

Result<FeaturePlan> FeaturePlan::chain(const ChainOptions& o) {
  auto p = std::make_shared<Impl>();
  if (auto ok = fill_spectrogram(o.spectrogram, *p); !ok) return ok.error();
  if (auto ok = check_range("num_filters", o.num_filters, 0, kMaxMels); !ok) return ok.error();
  if (auto ok = check_range("num_coefs", o.num_coefs, 0, kMaxMels); !ok) return ok.error();
  if (o.num_filters == 0 && (o.num_coefs > 0 || o.log.mode != LogMode::kNone))
    return argument_error("num_filters", "a filter bank before a logarithm or a cosine transform", "none");
  const std::size_t filters = static_cast<std::size_t>(o.num_filters);
  if (o.filters.size() != filters * static_cast<std::size_t>(p->num_bins()))
    return argument_error("filters", std::to_string(p->num_bins()) + " rows of " + std::to_string(filters) + " weights",
                          std::to_string(o.filters.size()) + " weights");
  if (o.dct.size() != filters * static_cast<std::size_t>(o.num_coefs))
    return argument_error("dct", std::to_string(filters) + " rows of " + std::to_string(o.num_coefs) + " weights",
                          std::to_string(o.dct.size()) + " weights");
  if (filters > 0) {
    if (o.spectrogram.power == 0) return argument_error("power", "a power above 0 before a filter bank", "0 (complex)");
    p->has_mel = true;
    p->bank = make_bank(o.filters.data(), p->num_bins(), o.num_filters);
    p->log = o.log;
  }
  p->num_coefs = o.num_coefs;
  for (int k = 0; k < o.num_coefs; ++k)
    for (int m = 0; m < o.num_filters; ++m) p->dct.push_back(o.dct[static_cast<std::size_t>(m * o.num_coefs + k)]);
  finish_tables(*p);
  return FeaturePlan(std::move(p));
}

Result<FeaturePlan> FeaturePlan::mel_spectrogram(const MelSpectrogramOptions& options) {
  auto p = std::make_shared<Impl>();
  if (auto ok = fill_mel(options, *p); !ok) return ok.error();
  finish_tables(*p);
  return FeaturePlan(std::move(p));
}

Result<FeaturePlan> FeaturePlan::mfcc(const MfccOptions& options) {
  auto p = std::make_shared<Impl>();
  if (auto ok = fill_mel(options.mel, *p); !ok) return ok.error();
  if (auto ok = check_range("n_mfcc", options.n_mfcc, 1, options.mel.n_mels); !ok) return ok.error();
  p->log.mode = options.log_mels ? LogMode::kLn : LogMode::kDb;
  make_dct(*p, options.n_mfcc, options.ortho);
  finish_tables(*p);
  return FeaturePlan(std::move(p));
}

Result<FeaturePlan> FeaturePlan::whisper(const WhisperOptions& options) {
  if (options.n_mels != 80 && options.n_mels != 128)
    return argument_error("n_mels", "80 or 128", std::to_string(options.n_mels));
  MelSpectrogramOptions mel;
  mel.spectrogram.hop_length = 160;
  mel.n_mels = options.n_mels;
  mel.mel_scale = MelScale::kSlaney;
  mel.slaney_norm = true;
  auto p = std::make_shared<Impl>();
  p->family = Family::kWhisper;
  p->drop_last = true;
  if (auto ok = fill_mel(mel, *p); !ok) return ok.error();
  finish_tables(*p);
  return FeaturePlan(std::move(p));
}

Result<FeaturePlan> FeaturePlan::kaldi(const KaldiOptions& o) {
  auto p = std::make_shared<Impl>();
  if (auto ok = check_range("sample_frequency", o.sample_frequency, 1.0, 1e9); !ok) return ok.error();
  if (auto ok = check_range("frame_length", o.sample_frequency * o.frame_length_ms * 0.001, 2.0, double{kMaxFft}); !ok)
    return ok.error();
  if (auto ok = check_range("frame_shift", o.sample_frequency * o.frame_shift_ms * 0.001, 1.0, 1e9); !ok)
    return ok.error();
  if (auto ok = check_range("preemphasis", o.preemphasis, 0.0, 1.0); !ok) return ok.error();
  if (auto ok = check_range("dither", o.dither, 0.0, 1e9); !ok) return ok.error();
  if (auto ok = check_range("num_mel_bins", o.num_mel_bins, 1, kMaxMels); !ok) return ok.error();
  if (auto ok = check_range("num_ceps", o.num_ceps, 0, o.num_mel_bins); !ok) return ok.error();
  const double nyquist = o.sample_frequency / 2;
  const double high = o.mel.high_freq > 0 ? o.mel.high_freq : o.mel.high_freq + nyquist;
  if (!(o.mel.low_freq >= 0 && o.mel.low_freq < high))
    return argument_error("low_freq", "from 0 to below high_freq", std::to_string(o.mel.low_freq));
  if (!(high <= nyquist))
    return argument_error("high_freq", "at most " + std::to_string(nyquist), std::to_string(high));
  if (o.mel.vtln_warp != 1) {
    const double vtln_high = o.mel.vtln_high < 0 ? o.mel.vtln_high + nyquist : o.mel.vtln_high;
    if (!(o.mel.vtln_warp > 0)) return argument_error("vtln_warp", "above 0", std::to_string(o.mel.vtln_warp));
    if (!(o.mel.vtln_low > o.mel.low_freq && o.mel.vtln_low < vtln_high && vtln_high < high))
      return argument_error("vtln_high", "low_freq < vtln_low < vtln_high < high_freq", std::to_string(vtln_high));
  }
  p->family = Family::kKaldi;
  p->kaldi = o;
  p->length = static_cast<int>(o.sample_frequency * o.frame_length_ms * 0.001);
  p->hop = static_cast<int>(o.sample_frequency * o.frame_shift_ms * 0.001);
  p->n_fft = p->length;
  if (o.round_to_power_of_two) {
    p->n_fft = 1;
    while (p->n_fft < p->length) p->n_fft *= 2;
  }
  p->center = false;
  p->lead = o.snip_edges ? 0 : p->length / 2 - p->hop / 2;
  p->pad_mode = PadMode::kMirror;
  p->window = make_window(o.window, p->length, false, o.blackman_coeff);
  p->has_mel = true;
  p->bank = make_kaldi_mel_bank(p->n_fft, o.num_mel_bins, o.sample_frequency, o.mel);
  if (o.num_ceps > 0) {
    make_dct(*p, o.num_ceps, true);
    if (o.cepstral_lifter != 0)
      for (int k = 0; k < o.num_ceps; ++k)
        for (int m = 0; m < o.num_mel_bins; ++m)
          p->dct[static_cast<std::size_t>(k * o.num_mel_bins + m)] *=
              1 + 0.5 * o.cepstral_lifter * std::sin(std::numbers::pi * k / o.cepstral_lifter);
  }
  finish_tables(*p);
  return FeaturePlan(std::move(p));
}

int FeaturePlan::num_values() const { return impl_->num_values(); }
bool FeaturePlan::window_major() const { return impl_->family == Family::kKaldi; }

Result<std::int64_t> FeaturePlan::num_windows(std::int64_t num_samples) const {
  const Impl& p = *impl_;
  if (num_samples < 0 || num_samples > std::numeric_limits<std::int64_t>::max() / 4)
    return argument_error("num_samples", "from 0 to 2^61", std::to_string(num_samples));
  if (p.family == Family::kKaldi) {
    if (num_samples == 0) return std::int64_t{0};
    if (!p.kaldi.snip_edges) return (num_samples + p.hop / 2) / p.hop;
    return num_samples < p.length ? 0 : 1 + (num_samples - p.length) / p.hop;
  }
  const std::int64_t length = num_samples + 2 * std::int64_t{p.zeros};
  const std::int64_t half = p.center ? p.n_fft / 2 : 0;
  if (p.center && p.pad_mode == PadMode::kReflect && half >= length)
    return argument_error("in", "more than n_fft / 2 = " + std::to_string(half) + " samples to reflect",
                          std::to_string(length));
  if (p.center && p.pad_mode != PadMode::kConstant && length == 0)
    return argument_error("in", "at least one sample to pad from", "0");
  if (length + 2 * half < p.n_fft)
    return argument_error("in", "at least n_fft = " + std::to_string(p.n_fft) + " samples", std::to_string(length));
  return (length + 2 * half - p.n_fft) / p.hop + (p.drop_last ? 0 : 1);
}

Result<void> compute_features(const FeaturePlan& plan, const PlanarView& in, const PlanarView& out,
                              int channels_per_item, int num_threads, std::uint64_t dither_seed) {
  const FeaturePlan::Impl& p = plan.impl();
  if (in.type != SampleType::kFloat32 && in.type != SampleType::kFloat64)
    return argument_error("in", "float32 or float64 samples", "integers");
  if (out.type != in.type || out.num_channels != in.num_channels)
    return argument_error("out", "the type and channels of in", "others");
  if (channels_per_item < 1 || in.num_channels % channels_per_item != 0)
    return argument_error("channels_per_item", "a divisor of the " + std::to_string(in.num_channels) + " channels",
                          std::to_string(channels_per_item));
  const auto windows = plan.num_windows(in.num_frames);
  if (!windows) return windows.error();
  if (out.num_frames != *windows * plan.num_values())
    return argument_error("out", std::to_string(*windows * plan.num_values()) + " values per channel",
                          std::to_string(out.num_frames));
  const FrameKernels& k = frame_kernels();
  if (in.type == SampleType::kFloat64)
    return compute_all<double, double>(p, k.frames_f64, in, *windows, out, channels_per_item, num_threads, dither_seed);
  if (!is_smooth(p.n_fft))
    return compute_all<float, double>(p, k.frames_f32_in_f64, in, *windows, out, channels_per_item, num_threads,
                                      dither_seed);
  return compute_all<float, float>(p, k.frames_f32, in, *windows, out, channels_per_item, num_threads, dither_seed);
}

}  // namespace tonearm::core
