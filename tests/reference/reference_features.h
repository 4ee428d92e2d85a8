// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Spectra by the O(N^2) sum, dense mel triangles and Kaldi's chain, in double. Shares no code with core/dsp.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

namespace tonearm::reference {

using Matrix = std::vector<std::vector<double>>;

inline const double kPi = std::acos(-1.0);

inline std::vector<std::complex<double>> dft(const std::vector<double>& x) {
  const std::size_t n = x.size();
  std::vector<std::complex<double>> bins(n / 2 + 1);
  for (std::size_t k = 0; k < bins.size(); ++k)
    for (std::size_t i = 0; i < n; ++i)
      bins[k] += x[i] * std::polar(1.0, -2 * kPi * static_cast<double>(k * i % n) / static_cast<double>(n));
  return bins;
}

/// Reflected without the edge, each side by `pad`.
inline std::vector<double> reflect(const std::vector<double>& x, std::size_t pad) {
  std::vector<double> y;
  for (std::size_t i = pad; i > 0; --i) y.push_back(x[i]);
  y.insert(y.end(), x.begin(), x.end());
  for (std::size_t i = 1; i <= pad; ++i) y.push_back(x[x.size() - 1 - i]);
  return y;
}

/// [window][bin] of an already padded signal.
inline std::vector<std::vector<std::complex<double>>> stft(const std::vector<double>& x,
                                                           const std::vector<double>& window, std::size_t hop) {
  std::vector<std::vector<std::complex<double>>> all;
  for (std::size_t at = 0; at + window.size() <= x.size(); at += hop) {
    std::vector<double> frame;
    for (std::size_t i = 0; i < window.size(); ++i) frame.push_back(x[at + i] * window[i]);
    all.push_back(dft(frame));
  }
  return all;
}

inline std::vector<double> periodic_hann(std::size_t n) {
  std::vector<double> w;
  for (std::size_t i = 0; i < n; ++i)
    w.push_back(std::pow(std::sin(kPi * static_cast<double>(i) / static_cast<double>(n)), 2));
  return w;
}

/// Mel bank [mel][bin] on bins of sample_rate / 2 / (num_bins - 1) Hz; slaney scale and norm, or HTK without norm.
inline Matrix mel_bank(int num_bins, int num_mels, double sample_rate, double f_max, bool slaney) {
  const auto to_mel = [&](double f) {
    if (!slaney) return 2595 * std::log10(1 + f / 700);
    return f < 1000 ? 3 * f / 200 : 15 + 27 * std::log(f / 1000) / std::log(6.4);
  };
  const auto to_hz = [&](double m) {
    if (!slaney) return 700 * (std::pow(10.0, m / 2595) - 1);
    return m < 15 ? m * 200 / 3 : 1000 * std::pow(6.4, (m - 15) / 27);
  };
  Matrix bank;
  for (int m = 0; m < num_mels; ++m) {
    double f[3];
    for (int i = 0; i < 3; ++i) f[i] = to_hz(to_mel(f_max) * (m + i) / (num_mels + 1));
    std::vector<double> row;
    for (int k = 0; k < num_bins; ++k) {
      const double hz = sample_rate / 2 * k / (num_bins - 1);
      const double up = (hz - f[0]) / (f[1] - f[0]), down = (f[2] - hz) / (f[2] - f[1]);
      row.push_back(std::max(0.0, std::min(up, down)) * (slaney ? 2 / (f[2] - f[0]) : 1));
    }
    bank.push_back(row);
  }
  return bank;
}

/// Kaldi log-mel filter bank with default options (16 kHz, 25 / 10 ms, povey, pre-emphasis 0.97, low 20 Hz):
/// [window][mel].
inline Matrix kaldi_fbank(const std::vector<double>& x, int num_mels, bool snip_edges) {
  const long length = 400, shift = 160, size = 512, n = static_cast<long>(x.size());
  const long windows = snip_edges ? (n < length ? 0 : 1 + (n - length) / shift) : (n + shift / 2) / shift;
  const auto mel = [](double f) { return 1127 * std::log(1 + f / 700); };
  Matrix out;
  for (long t = 0; t < windows; ++t) {
    std::vector<double> f(static_cast<std::size_t>(size), 0.0);
    double mean = 0;
    for (long i = 0; i < length; ++i) {
      long at = t * shift + i + (snip_edges ? 0 : shift / 2 - length / 2);
      while (at < 0 || at >= n) at = at < 0 ? -at - 1 : 2 * n - 1 - at;
      f[static_cast<std::size_t>(i)] = x[static_cast<std::size_t>(at)];
      mean += x[static_cast<std::size_t>(at)] / length;
    }
    for (long i = 0; i < length; ++i) f[static_cast<std::size_t>(i)] -= mean;
    double before = f[0];
    for (long i = 0; i < length; ++i) {
      const double now = f[static_cast<std::size_t>(i)];
      const double hann = 0.5 - 0.5 * std::cos(2 * kPi * static_cast<double>(i) / (length - 1));
      f[static_cast<std::size_t>(i)] = (now - 0.97 * before) * std::pow(hann, 0.85);
      before = now;
    }
    const auto bins = dft(f);
    std::vector<double> row;
    const double low = mel(20), step = (mel(8000) - low) / (num_mels + 1);
    for (int m = 0; m < num_mels; ++m) {
      double sum = 0;
      for (int k = 0; k < size / 2; ++k) {
        const double at = (mel(16000.0 * k / size) - low) / step - m;
        sum += std::max(0.0, std::min(at, 2 - at)) * std::norm(bins[static_cast<std::size_t>(k)]);
      }
      row.push_back(std::log(std::max(sum, 1.1920928955078125e-07)));
    }
    out.push_back(row);
  }
  return out;
}

/// [mel][window] of reflect-centred power spectra at 16 kHz.
inline std::vector<double> mel_spectrogram(const std::vector<double>& x, std::size_t n_fft, std::size_t hop, int mels,
                                           bool slaney) {
  const auto spectra = stft(reflect(x, n_fft / 2), periodic_hann(n_fft), hop);
  const auto bank = mel_bank(static_cast<int>(n_fft / 2 + 1), mels, 16000, 8000, slaney);
  std::vector<double> out;
  for (const auto& row : bank)
    for (const auto& spectrum : spectra) {
      double sum = 0;
      for (std::size_t k = 0; k < spectrum.size(); ++k) sum += row[k] * std::norm(spectrum[k]);
      out.push_back(sum);
    }
  return out;
}

}  // namespace tonearm::reference
