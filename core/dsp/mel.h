// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Mel filter banks as sparse rows, in double.
#pragma once

#include <vector>

namespace tonearm::core {

enum class MelScale {
  kHtk,     ///< 2595 log10(1 + f / 700)
  kSlaney,  ///< linear below 1 kHz, logarithmic above
};

/// Row m weighs the bins [first[m], first[m] + count) with weights[offset[m] ...]; count = offset[m + 1] - offset[m].
struct MelBank {
  std::vector<int> first;
  std::vector<int> offset;
  std::vector<double> weights;
  int num_mels() const { return static_cast<int>(first.size()); }
};

/// Half of an odd rate loses its fraction, as in torchaudio.
inline double nyquist_hz(int sample_rate) {
  const int whole = sample_rate / 2;
  return whole;
}

/// torchaudio's melscale_fbanks: triangles in Hz over bins spread evenly from 0 to nyquist_hz.
/// `slaney_norm` gives each triangle unit area.
MelBank make_mel_bank(int num_bins, double f_min, double f_max, int num_mels, int sample_rate, MelScale scale,
                      bool slaney_norm);

/// Rows of a dense [num_bins][num_filters] matrix, any weights; zeros at the ends of a row are left out.
MelBank make_bank(const double* dense, int num_bins, int num_filters);

struct KaldiMelOptions {
  double low_freq = 20;
  double high_freq = 0;  ///< <= 0: counts from Nyquist
  double vtln_low = 100;
  double vtln_high = -500;  ///< < 0: counts from Nyquist
  double vtln_warp = 1;
};

/// Kaldi's: triangles in mel (1127 ln(1 + f / 700)) over the bins below Nyquist. The caller has checked the band edges.
MelBank make_kaldi_mel_bank(int fft_size, int num_mels, double sample_rate, const KaldiMelOptions& options);

}  // namespace tonearm::core
