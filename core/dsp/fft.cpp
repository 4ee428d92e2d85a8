// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/dsp/fft.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <utility>

namespace tonearm::core {
#include "core/dsp/fft_inl.h"

namespace {

// The largest first: the last is done in registers with what follows it.
std::vector<int> factor(int n) {
  std::vector<int> radix;
  for (int r : {8, 7, 5, 4, 3, 2})
    while (n % r == 0) {
      radix.push_back(r);
      n /= r;
    }
  return radix;
}

std::vector<int> places(int size, const std::vector<int>& radix) {
  std::vector<int> place;
  for (int k = 0; k < size; ++k) {
    int at = 0, rest = k, n = size;
    for (int r : radix) {
      n /= r;
      at += rest % r * n;
      rest /= r;
    }
    place.push_back(at);
  }
  return place;
}

template <class T>
void push_turn(std::vector<T>& table, std::int64_t numerator, std::int64_t denominator) {
  const double a =
      2 * std::numbers::pi * static_cast<double>(numerator % denominator) / static_cast<double>(denominator);
  table.push_back(static_cast<T>(std::cos(a)));
  table.push_back(static_cast<T>(-std::sin(a)));
}

}  // namespace

bool is_smooth(int n) {
  for (int r : {2, 3, 5, 7})
    while (n % r == 0) n /= r;
  return n == 1;
}

template <class T>
RealFftTables<T>::RealFftTables(int size, std::vector<int> radix) : size_(size) {
  bluestein_ = !is_smooth(size);
  packed_ = !bluestein_ && size % 2 == 0;
  stages_size_ = packed_ ? size / 2 : size;
  if (bluestein_) {
    stages_size_ = 1;
    while (stages_size_ < 2 * size - 1) stages_size_ *= 2;
  }
  radix_ = radix.empty() ? factor(stages_size_) : std::move(radix);
  place_ = places(stages_size_, radix_);
  int n = stages_size_;
  for (int r : radix_) {
    for (int p = 0; p < n / r; ++p)
      for (int k = 1; k < r; ++k) push_turn(twiddle_, std::int64_t{p} * k, n);
    n /= r;
  }
  if (packed_)
    for (int k = 0; k <= size / 2; ++k) push_turn(post_, k, size);
  if (bluestein_) {
    std::vector<Pair<double>> a(static_cast<std::size_t>(stages_size_));
    for (std::int64_t k = 0; k < size; ++k) {
      push_turn(chirp_, k * k, 2 * std::int64_t{size});
      const double angle = std::numbers::pi * static_cast<double>(k * k % (2 * std::int64_t{size})) / size;
      const Pair<double> v = {std::cos(angle), std::sin(angle)};
      a[static_cast<std::size_t>(k)] = v;
      if (k > 0) a[static_cast<std::size_t>(stages_size_ - k)] = v;
    }
    std::vector<double> twiddle;
    n = stages_size_;
    for (int r : radix_) {
      for (int p = 0; p < n / r; ++p)
        for (int k = 1; k < r; ++k) push_turn(twiddle, std::int64_t{p} * k, n);
      n /= r;
    }
    const int num_stages = static_cast<int>(radix_.size());
    const FftStages<double> stages{stages_size_, num_stages, radix_.data(), twiddle.data(), place_.data()};
    complex_fft<double, double>(stages, a.data(), num_stages);
    for (int place : place_) {
      const Pair<double>& z = a[static_cast<std::size_t>(place)];
      filter_.push_back(static_cast<T>(z.re / stages_size_));
      filter_.push_back(static_cast<T>(z.im / stages_size_));
    }
  }
}

template <class T>
RealFft<T> RealFftTables<T>::view() const {
  return {size_,         packed_,
          bluestein_,    {stages_size_, static_cast<int>(radix_.size()), radix_.data(), twiddle_.data(), place_.data()},
          post_.data(),  chirp_.data(),
          filter_.data()};
}

template class RealFftTables<float>;
template class RealFftTables<double>;

}  // namespace tonearm::core
