// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Where a window reads past the signal. Included as frame_kernels_inl.h is, and by the kernels of cuda/.

namespace {

// The sample that a window sees at `index`, which may lie outside [-zeros, num_samples + zeros).
// `in` is what an index gives samples of: a pointer, or a device's view.
template <class T, class Samples>
TONEARM_HOST_DEVICE inline T padded_sample(const Samples& in, std::int64_t index, std::int64_t num_samples,
                                           std::int64_t zeros, PadMode mode) {
  const std::int64_t length = num_samples + 2 * zeros;
  std::int64_t at = index + zeros;
  if (at < 0 || at >= length) {
    switch (mode) {
      case PadMode::kConstant: return T(0);
      case PadMode::kReplicate: at = at < 0 ? 0 : length - 1; break;
      case PadMode::kReflect:
        // One fold is enough: the plan refuses signals shorter than their padding.
        at = at < 0 ? -at : 2 * (length - 1) - at;
        break;
      case PadMode::kMirror: {
        // Kaldi's: the edge is part of its image, folded as often as a short signal needs.
        const std::int64_t period = 2 * length;
        at = (at % period + period) % period;
        if (at >= length) at = period - 1 - at;
        break;
      }
    }
  }
  at -= zeros;
  return at >= 0 && at < num_samples ? static_cast<T>(in[at]) : T(0);
}

}  // namespace
