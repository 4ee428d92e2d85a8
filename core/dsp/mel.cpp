// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/dsp/mel.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>

namespace tonearm::core {
namespace {

constexpr double kSlaneyStepHz = 200.0 / 3;
constexpr double kSlaneyLogHz = 1000;
const double kSlaneyLogStep = std::log(6.4) / 27;

double hz_to_mel(double f, MelScale scale) {
  if (scale == MelScale::kHtk) return 2595 * std::log10(1 + f / 700);
  return f < kSlaneyLogHz ? f / kSlaneyStepHz
                          : kSlaneyLogHz / kSlaneyStepHz + std::log(f / kSlaneyLogHz) / kSlaneyLogStep;
}

double mel_to_hz(double m, MelScale scale) {
  if (scale == MelScale::kHtk) return 700 * (std::pow(10, m / 2595) - 1);
  const double knee = kSlaneyLogHz / kSlaneyStepHz;
  return m < knee ? m * kSlaneyStepHz : kSlaneyLogHz * std::exp(kSlaneyLogStep * (m - knee));
}

double kaldi_mel(double f) { return 1127 * std::log(1 + f / 700); }
double kaldi_hz(double m) { return 700 * (std::exp(m / 1127) - 1); }

// Appends one row, trimmed of zeros on both sides.
void add_row(MelBank& bank, int num_bins, const std::function<double(int)>& weight) {
  int first = 0;
  while (first < num_bins && weight(first) <= 0) ++first;
  int last = num_bins;
  while (last > first && weight(last - 1) <= 0) --last;
  bank.first.push_back(first < num_bins ? first : 0);
  for (int k = first; k < last; ++k) bank.weights.push_back(std::max(0.0, weight(k)));
  bank.offset.push_back(static_cast<int>(bank.weights.size()));
}

double triangle(double x, double left, double centre, double right) {
  return std::min((x - left) / (centre - left), (right - x) / (right - centre));
}

// Kaldi's piecewise linear warp of the frequency axis (VTLN).
double warp_hz(double f, double low, double high, const KaldiMelOptions& o) {
  if (f < low || f > high) return f;
  const double l = o.vtln_low * std::max(1.0, o.vtln_warp);
  const double h = o.vtln_high * std::min(1.0, o.vtln_warp);
  const double scale = 1 / o.vtln_warp;
  if (f < l) return low + (scale * l - low) / (l - low) * (f - low);
  if (f < h) return scale * f;
  return high + (high - scale * h) / (high - h) * (f - high);
}

}  // namespace

MelBank make_mel_bank(int num_bins, double f_min, double f_max, int num_mels, int sample_rate, MelScale scale,
                      bool slaney_norm) {
  MelBank bank;
  bank.offset.push_back(0);
  const double low = hz_to_mel(f_min, scale);
  const double step = (hz_to_mel(f_max, scale) - low) / (num_mels + 1);
  const double bin_hz = num_bins > 1 ? nyquist_hz(sample_rate) / (num_bins - 1) : 0;
  for (int m = 0; m < num_mels; ++m) {
    const double left = mel_to_hz(low + step * m, scale);
    const double centre = mel_to_hz(low + step * (m + 1), scale);
    const double right = mel_to_hz(low + step * (m + 2), scale);
    const double norm = slaney_norm ? 2 / (right - left) : 1;
    add_row(bank, num_bins, [&](int k) { return norm * triangle(bin_hz * k, left, centre, right); });
  }
  return bank;
}

MelBank make_bank(const double* dense, int num_bins, int num_filters) {
  MelBank bank;
  bank.offset.push_back(0);
  for (int m = 0; m < num_filters; ++m) {
    const auto weight = [&](int k) {
      return dense[static_cast<std::size_t>(k) * static_cast<std::size_t>(num_filters) + static_cast<std::size_t>(m)];
    };
    int first = 0;
    while (first < num_bins && weight(first) == 0) ++first;
    int last = num_bins;
    while (last > first && weight(last - 1) == 0) --last;
    bank.first.push_back(first < num_bins ? first : 0);
    for (int k = first; k < last; ++k) bank.weights.push_back(weight(k));
    bank.offset.push_back(static_cast<int>(bank.weights.size()));
  }
  return bank;
}

MelBank make_kaldi_mel_bank(int fft_size, int num_mels, double sample_rate, const KaldiMelOptions& options) {
  KaldiMelOptions o = options;
  const double nyquist = sample_rate / 2;
  if (o.high_freq <= 0) o.high_freq += nyquist;
  if (o.vtln_high < 0) o.vtln_high += nyquist;
  MelBank bank;
  bank.offset.push_back(0);
  const double low = kaldi_mel(o.low_freq);
  const double step = (kaldi_mel(o.high_freq) - low) / (num_mels + 1);
  const auto edge = [&](int i) {
    const double mel = low + step * i;
    return o.vtln_warp == 1 ? mel : kaldi_mel(warp_hz(kaldi_hz(mel), o.low_freq, o.high_freq, o));
  };
  for (int m = 0; m < num_mels; ++m) {
    const double left = edge(m), centre = edge(m + 1), right = edge(m + 2);
    add_row(bank, fft_size / 2,
            [&](int k) { return triangle(kaldi_mel(k * sample_rate / fft_size), left, centre, right); });
  }
  return bank;
}

}  // namespace tonearm::core
