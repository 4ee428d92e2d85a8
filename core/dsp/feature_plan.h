// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What a FeaturePlan holds: every table of a feature, designed in double.
// Place in the flow: behind features.h; read by features.cpp and by the plans of the device.
#pragma once

#include <vector>

#include "core/dsp/features.h"
#include "core/dsp/fft.h"

namespace tonearm::core {

/// Kaldi's floor below every logarithm.
inline constexpr double kFloatEpsilon = 1.1920928955078125e-07;

enum class Family { kTorch, kKaldi, kWhisper };

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
  double power = 2;            // 0: complex
  std::vector<double> window;  // with the normalisation in it
  std::vector<float> window32;
  bool has_mel = false;
  MelBank bank;
  std::vector<float> weights32;
  LogOptions log;
  int num_coefs = 0;        // 0: no cosine transform
  std::vector<double> dct;  // [num_coefs][num_mels], liftered
  // As DenseJob has it. In float, where every other row is symmetric and those between are antisymmetric, as cosines
  // are: the even rows' first halves, then the odd rows'.
  bool folded = false;
  std::vector<double> packed;
  std::vector<float> packed32;
  KaldiOptions kaldi;
  RealFftTables<float> fft32{1};
  RealFftTables<double> fft64{1};

  int num_bins() const { return n_fft / 2 + 1; }
  // Whether the logarithm is clamped relative to a maximum that is only known at the end.
  bool has_peak() const { return family == Family::kWhisper || (log.mode == LogMode::kDb && log.top_db >= 0); }
  int num_values() const {
    if (family == Family::kKaldi) {
      if (kaldi.spectrum) return num_bins();
      return num_coefs ? num_coefs : bank.num_mels() + (kaldi.use_energy ? 1 : 0);
    }
    if (num_coefs) return num_coefs;
    if (has_mel) return bank.num_mels();
    return power == 0 ? 2 * num_bins() : num_bins();
  }
};

}  // namespace tonearm::core
