// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Analysis windows, in double.
#pragma once

#include <vector>

namespace tonearm::core {

enum class WindowType { kHann, kHamming, kBlackman, kPovey, kRectangular };

/// `length` weights. Periodic divides the circle by length (torch's default), symmetric by length - 1 (Kaldi's).
/// Povey is hann^0.85. `blackman_coeff` is Kaldi's (0.42 is the classic window). A window of one sample is 1.
std::vector<double> make_window(WindowType type, int length, bool periodic, double blackman_coeff = 0.42);

}  // namespace tonearm::core
