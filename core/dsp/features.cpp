// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/dsp/features.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "core/dsp/aligned.h"
#include "core/dsp/fft.h"

namespace tonearm::core {
namespace {

constexpr int kMaxFft = 65536;
constexpr int kMaxMels = 4096;
constexpr double kFloatEpsilon = 1.1920928955078125e-07;  // Kaldi's floor below every logarithm

Error argument_error(const char* name, const std::string& needed, const std::string& found) {
  return make_error(ErrorCode::kInvalidArgument, Stage::kArguments, std::string("cannot compute features: bad ") + name,
                    name, needed, found);
}

template <class N>
Result<void> check_range(const char* name, N value, N low, N high) {
  if (value >= low && value <= high) return {};  // false for NaN
  return argument_error(name, "from " + std::to_string(low) + " to " + std::to_string(high), std::to_string(value));
}

enum class Family { kTorch, kKaldi, kWhisper };

}  // namespace

struct FeaturePlan::Impl {
  Family family = Family::kTorch;
  int n_fft = 400;
  int length = 400;  // of the window
  int offset = 0;    // of the window within n_fft
  int hop = 200;
  int lead = 0;  // samples that the first window starts before the signal
  int zeros = 0;
  bool center = true;
  bool drop_last = false;
  PadMode pad_mode = PadMode::kReflect;
  double power = 2;  // 0: complex
  double scale = 1;  // of the magnitude
  std::vector<double> window;
  std::vector<float> window32;
  bool has_mel = false;
  MelBank bank;
  std::vector<float> weights32;
  LogMode log = LogMode::kNone;
  int num_coefs = 0;        // 0: no cosine transform
  std::vector<double> dct;  // [num_coefs][num_mels], liftered
  std::vector<float> dct32;
  std::vector<int> dct_first, dct_offset;
  KaldiOptions kaldi;
  RealFftTables<float> fft32{1};
  RealFftTables<double> fft64{1};

  int num_bins() const { return n_fft / 2 + 1; }
  int num_values() const {
    if (family == Family::kKaldi) return num_coefs ? num_coefs : bank.num_mels() + (kaldi.use_energy ? 1 : 0);
    if (num_coefs) return num_coefs;
    if (has_mel) return bank.num_mels();
    return power == 0 ? 2 * num_bins() : num_bins();
  }
};

namespace {

double gaussian_noise(std::uint64_t seed, std::uint64_t item, std::uint64_t frame, std::uint64_t index) {
  // Counter based: splitmix64 over the four counters, then Box-Muller. The same draw for the same place, in any order.
  const auto mix = [](std::uint64_t z) {
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  };
  const std::uint64_t key = mix(mix(mix(mix(seed) ^ item) ^ frame) ^ index);
  const double u = (static_cast<double>(key >> 11) + 0.5) * 0x1p-53;
  const double v = (static_cast<double>(mix(key) >> 11) + 0.5) * 0x1p-53;
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
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

// What every family does last: float copies of the tables and the transforms.
void finish_tables(FeaturePlan::Impl& p) {
  p.window32.assign(p.window.begin(), p.window.end());
  p.weights32.assign(p.bank.weights.begin(), p.bank.weights.end());
  p.dct32.assign(p.dct.begin(), p.dct.end());
  for (int k = 0; k <= p.num_coefs; ++k) {
    p.dct_first.push_back(0);
    p.dct_offset.push_back(k * p.bank.num_mels());
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
  p.window = make_window(o.window, p.length, o.periodic);
  if (o.norm == SpectrumNorm::kWindow) {
    double sum = 0;
    for (double w : p.window) sum += w * w;
    p.scale = sum > 0 ? 1 / std::sqrt(sum) : 1;
  } else if (o.norm == SpectrumNorm::kFrameLength) {
    p.scale = 1 / std::sqrt(static_cast<double>(p.n_fft));
  }
  return {};
}

Result<void> fill_mel(const MelSpectrogramOptions& o, FeaturePlan::Impl& p) {
  if (auto ok = fill_spectrogram(o.spectrogram, p); !ok) return ok;
  if (o.spectrogram.power == 0) return argument_error("power", "a power above 0 before a mel bank", "0 (complex)");
  if (auto ok = check_range("sample_rate", o.sample_rate, 1, std::numeric_limits<int>::max()); !ok) return ok;
  if (auto ok = check_range("n_mels", o.n_mels, 1, kMaxMels); !ok) return ok;
  const double f_max = o.f_max == 0 ? static_cast<double>(o.sample_rate / 2) : o.f_max;
  if (auto ok = check_range("f_min", o.f_min, 0.0, 1e9); !ok) return ok;
  if (!(f_max > o.f_min) || !(f_max < 1e9)) return argument_error("f_max", "above f_min", std::to_string(f_max));
  p.has_mel = true;
  p.bank = make_mel_bank(p.num_bins(), o.f_min, f_max, o.n_mels, o.sample_rate, o.mel_scale, o.slaney_norm);
  return {};
}

// Everything one channel needs while its tiles pass: scratch for T, and the kernels that fit.
template <class T>
struct Workspace {
  AlignedBuffer<T> samples, scratch_a, scratch_b, bins, power, mels, coefs, energies;
  int lanes = 0;

  bool allocate(const FeaturePlan::Impl& p, int lanes_, int scratch_length) {
    lanes = lanes_;
    const auto rows = [&](int count) {
      return make_aligned<T>(static_cast<std::size_t>(count) * static_cast<std::size_t>(lanes));
    };
    samples = rows(p.n_fft);
    scratch_a = rows(2 * scratch_length);
    scratch_b = rows(2 * scratch_length);
    bins = rows(2 * p.num_bins());
    power = rows(p.num_bins());
    mels = rows(std::max(1, p.bank.num_mels()));
    coefs = rows(std::max(1, p.num_coefs));
    energies = rows(2);
    return samples && scratch_a && scratch_b && bins && power && mels && coefs && energies;
  }
};

template <class T>
struct Tables;
template <>
struct Tables<float> {
  static const float* window(const FeaturePlan::Impl& p) { return p.window32.data(); }
  static const float* weights(const FeaturePlan::Impl& p) { return p.weights32.data(); }
  static const float* dct(const FeaturePlan::Impl& p) { return p.dct32.data(); }
  static RealFft<float> fft(const FeaturePlan::Impl& p) { return p.fft32.view(); }
  static int scratch_length(const FeaturePlan::Impl& p) { return p.fft32.scratch_length(); }
  static int lanes() { return frame_kernels().float_lanes; }
  static void mel(const MelJob<float>& job) { frame_kernels().mel_f32(job); }
};
template <>
struct Tables<double> {
  static const double* window(const FeaturePlan::Impl& p) { return p.window.data(); }
  static const double* weights(const FeaturePlan::Impl& p) { return p.bank.weights.data(); }
  static const double* dct(const FeaturePlan::Impl& p) { return p.dct.data(); }
  static RealFft<double> fft(const FeaturePlan::Impl& p) { return p.fft64.view(); }
  static int scratch_length(const FeaturePlan::Impl& p) { return p.fft64.scratch_length(); }
  static int lanes() { return frame_kernels().double_lanes; }
  static void mel(const MelJob<double>& job) { frame_kernels().mel_f64(job); }
};

template <class T>
void run_mel(const FeaturePlan::Impl& p, Workspace<T>& w) {
  Tables<T>::mel({w.power.get(), w.mels.get(), p.bank.num_mels(), p.bank.first.data(), p.bank.offset.data(),
                  Tables<T>::weights(p)});
}

// Kaldi's tail for one tile: log, energy, cosine transform; out[window][value].
template <class Out, class T>
void kaldi_tile(const FeaturePlan::Impl& p, Workspace<T>& w, int used, Out* out) {
  const KaldiOptions& o = p.kaldi;
  const int values = p.num_values();
  const int mels = p.bank.num_mels();
  const auto log_floored = [](T v) { return std::log(greater(v, static_cast<T>(kFloatEpsilon))); };
  if (!o.use_power)
    for (int i = 0; i < p.num_bins() * w.lanes; ++i)
      w.power[static_cast<std::size_t>(i)] = std::sqrt(w.power[static_cast<std::size_t>(i)]);
  run_mel(p, w);
  if (o.use_log_fbank || p.num_coefs)
    for (int i = 0; i < mels * w.lanes; ++i)
      w.mels[static_cast<std::size_t>(i)] = log_floored(w.mels[static_cast<std::size_t>(i)]);
  const auto energy = [&](int lane) {
    const T log_energy = log_floored(w.energies[static_cast<std::size_t>((o.raw_energy ? 0 : w.lanes) + lane)]);
    return o.energy_floor > 0 ? greater(log_energy, static_cast<T>(std::log(o.energy_floor))) : log_energy;
  };
  if (p.num_coefs)
    Tables<T>::mel(
        {w.mels.get(), w.coefs.get(), p.num_coefs, p.dct_first.data(), p.dct_offset.data(), Tables<T>::dct(p)});
  for (int l = 0; l < used; ++l, out += values) {
    if (!p.num_coefs) {
      const int shift = o.use_energy && !o.htk_compat ? 1 : 0;
      for (int m = 0; m < mels; ++m)
        out[shift + m] = static_cast<Out>(w.mels[static_cast<std::size_t>(m * w.lanes + l)]);
      if (o.use_energy) out[o.htk_compat ? mels : 0] = static_cast<Out>(energy(l));
      continue;
    }
    T c0 = o.use_energy ? energy(l) : w.coefs[static_cast<std::size_t>(l)];
    if (o.htk_compat && !o.use_energy) c0 *= std::numbers::sqrt2_v<T>;
    const int shift = o.htk_compat ? -1 : 0;
    for (int k = 1; k < values; ++k)
      out[k + shift] = static_cast<Out>(w.coefs[static_cast<std::size_t>(k * w.lanes + l)]);
    out[o.htk_compat ? values - 1 : 0] = static_cast<Out>(c0);
  }
}

// One tile of spectra or mels; out[value][window], `windows` apart.
template <class Out, class T>
void torch_tile(const FeaturePlan::Impl& p, Workspace<T>& w, int used, Out* out, std::int64_t windows) {
  const std::size_t lanes = static_cast<std::size_t>(w.lanes);
  const std::size_t bins = static_cast<std::size_t>(p.num_bins());
  const T scale = static_cast<T>(p.scale);
  if (p.power == 0) {
    for (std::size_t k = 0; k < bins; ++k)
      for (int l = 0; l < used; ++l) {
        const std::size_t at = 2 * k * lanes + static_cast<std::size_t>(l);
        Out* pair = out + 2 * (static_cast<std::int64_t>(k) * windows + l);
        pair[0] = static_cast<Out>(w.bins[at] * scale);
        pair[1] = static_cast<Out>(w.bins[at + lanes] * scale);
      }
    return;
  }
  if (p.scale != 1)
    for (std::size_t i = 0; i < bins * lanes; ++i) w.power[i] *= scale * scale;
  if (p.power == 1)
    for (std::size_t i = 0; i < bins * lanes; ++i) w.power[i] = std::sqrt(w.power[i]);
  else if (p.power != 2)
    for (std::size_t i = 0; i < bins * lanes; ++i) w.power[i] = std::pow(w.power[i], static_cast<T>(p.power / 2));
  const T* from = w.power.get();
  std::size_t rows = bins;
  if (p.has_mel) {
    run_mel(p, w);
    from = w.mels.get();
    rows = static_cast<std::size_t>(p.bank.num_mels());
  }
  for (std::size_t m = 0; m < rows; ++m)
    for (int l = 0; l < used; ++l) {
      T v = from[m * lanes + static_cast<std::size_t>(l)];
      if (p.family == Family::kWhisper)
        v = std::log10(greater(v, T(1e-10)));
      else if (p.log == LogMode::kLn)
        v = std::log(v + T(1e-6));
      else if (p.log == LogMode::kDb)
        v = 10 * std::log10(greater(v, T(1e-10)));
      out[static_cast<std::int64_t>(m) * windows + l] = static_cast<Out>(v);
    }
}

// Clamps to `range` below the greatest value.
template <class Out>
void clamp_below_peak(Out* values, std::size_t count, Out range) {
  Out peak = -std::numeric_limits<Out>::infinity();
  for (std::size_t i = 0; i < count; ++i) peak = greater(values[i], peak);
  for (std::size_t i = 0; i < count; ++i) values[i] = greater(values[i], peak - range);
}

template <class Out, class T>
Result<void> compute_channel(const FeaturePlan::Impl& p, void (*kernel)(const FrameJob<T>&), const Out* in,
                             std::int64_t num_samples, std::int64_t windows, std::uint64_t item, Workspace<T>& w,
                             Out* out) {
  const bool torch_mfcc = p.family == Family::kTorch && p.num_coefs > 0;
  const int values = p.num_values();
  const std::size_t mels = static_cast<std::size_t>(p.bank.num_mels());
  std::vector<Out> kept(torch_mfcc ? mels * static_cast<std::size_t>(windows) : 0);
  FrameJob<T> job{};
  job.in = in;
  job.num_samples = num_samples;
  job.hop = p.hop;
  job.length = p.length;
  job.offset = p.offset;
  job.zeros = p.zeros;
  job.pad_mode = p.pad_mode;
  job.window = Tables<T>::window(p);
  job.fft = Tables<T>::fft(p);
  job.samples = w.samples.get();
  job.scratch_a = w.scratch_a.get();
  job.scratch_b = w.scratch_b.get();
  job.bins = w.bins.get();
  job.power = w.power.get();
  if (p.family == Family::kKaldi) {
    job.remove_dc = p.kaldi.remove_dc_offset;
    job.preemphasis = static_cast<T>(p.kaldi.preemphasis);
    job.dither = p.kaldi.dither;
    job.noise = gaussian_noise;
    job.seed = p.kaldi.dither_seed;
    job.item = item;
    if (p.kaldi.use_energy) {
      job.energy_raw = w.energies.get();
      job.energy_windowed = w.energies.get() + w.lanes;
    }
  }
  for (std::int64_t t = 0; t < windows; t += w.lanes) {
    job.num_frames = static_cast<int>(std::min<std::int64_t>(w.lanes, windows - t));
    job.first_frame = static_cast<std::uint64_t>(t);
    job.start = t * p.hop - p.lead + p.offset;
    kernel(job);
    if (p.family == Family::kKaldi)
      kaldi_tile(p, w, job.num_frames, out + t * values);
    else
      torch_tile(p, w, job.num_frames, torch_mfcc ? kept.data() + t : out + (p.power == 0 ? 2 : 1) * t, windows);
  }

  const std::size_t count = static_cast<std::size_t>(windows) * static_cast<std::size_t>(values);
  if (p.family == Family::kWhisper) {
    clamp_below_peak(out, count, Out(8));
    for (std::size_t i = 0; i < count; ++i) out[i] = (out[i] + 4) / 4;
  } else if (torch_mfcc) {
    if (p.log == LogMode::kDb) clamp_below_peak(kept.data(), kept.size(), Out(80));
    const std::size_t n = static_cast<std::size_t>(windows);
    std::vector<T> sum(n);
    for (int k = 0; k < p.num_coefs; ++k) {
      std::fill(sum.begin(), sum.end(), T(0));
      for (std::size_t m = 0; m < mels; ++m) {
        const T c = Tables<T>::dct(p)[static_cast<std::size_t>(k) * mels + m];
        for (std::size_t t = 0; t < n; ++t) sum[t] += c * static_cast<T>(kept[m * n + t]);
      }
      for (std::size_t t = 0; t < n; ++t) out[static_cast<std::size_t>(k) * n + t] = static_cast<Out>(sum[t]);
    }
  } else if (p.family == Family::kKaldi && p.kaldi.subtract_mean && windows > 0) {
    for (int v = 0; v < values; ++v) {
      double sum = 0;
      for (std::int64_t t = 0; t < windows; ++t) sum += static_cast<double>(out[t * values + v]);
      for (std::int64_t t = 0; t < windows; ++t)
        out[t * values + v] -= static_cast<Out>(sum / static_cast<double>(windows));
    }
  }
  return {};
}

template <class Out, class T>
Result<void> compute_all(const FeaturePlan::Impl& p, void (*kernel)(const FrameJob<T>&), const PlanarView& in,
                         std::int64_t windows, const PlanarView& out) {
  Workspace<T> w;
  if (!w.allocate(p, Tables<T>::lanes(), Tables<T>::scratch_length(p)))
    return make_error(ErrorCode::kOutOfMemory, Stage::kConvert, "cannot compute features: out of memory", "features");
  for (int c = 0; c < in.num_channels; ++c) {
    auto ok = compute_channel<Out, T>(p, kernel, in.channel_as<const Out>(c), in.num_frames, windows,
                                      static_cast<std::uint64_t>(c), w, out.channel_as<Out>(c));
    if (!ok) return ok;
  }
  return {};
}

}  // namespace

Result<FeaturePlan> FeaturePlan::spectrogram(const SpectrogramOptions& options) {
  auto p = std::make_shared<Impl>();
  if (auto ok = fill_spectrogram(options, *p); !ok) return ok.error();
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
  p->log = options.log_mels ? LogMode::kLn : LogMode::kDb;
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

Result<void> compute_features(const FeaturePlan& plan, const PlanarView& in, const PlanarView& out) {
  const FeaturePlan::Impl& p = plan.impl();
  if (in.type != SampleType::kFloat32 && in.type != SampleType::kFloat64)
    return argument_error("in", "float32 or float64 samples", "integers");
  if (out.type != in.type || out.num_channels != in.num_channels)
    return argument_error("out", "the type and channels of in", "others");
  const auto windows = plan.num_windows(in.num_frames);
  if (!windows) return windows.error();
  if (out.num_frames != *windows * plan.num_values())
    return argument_error("out", std::to_string(*windows * plan.num_values()) + " values per channel",
                          std::to_string(out.num_frames));
  const FrameKernels& k = frame_kernels();
  if (in.type == SampleType::kFloat64) return compute_all<double, double>(p, k.frames_f64, in, *windows, out);
  if (!is_smooth(p.n_fft)) return compute_all<float, double>(p, k.frames_f32_in_f64, in, *windows, out);
  return compute_all<float, float>(p, k.frames_f32, in, *windows, out);
}

}  // namespace tonearm::core
