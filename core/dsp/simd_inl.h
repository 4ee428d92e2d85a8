// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Vectors of TONEARM_VECTOR_BYTES and their square transpose. Included by one file per instruction set, inside
// namespace TONEARM_ISA: everything is in an unnamed namespace and nothing of the standard library is called, so that
// no inline function compiled for a newer processor can be picked by the linker for an older one.

namespace {

template <class T>
struct VectorOf {
  typedef T type __attribute__((vector_size(TONEARM_VECTOR_BYTES)));
};
template <class T>
using Vector = typename VectorOf<T>::type;

template <class T>
inline constexpr int kLanes = TONEARM_VECTOR_BYTES / static_cast<int>(sizeof(T));

template <class T>
inline Vector<T> load_unaligned(const T* p) {
  Vector<T> v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
template <class T>
inline void store_unaligned(T* p, Vector<T> v) {
  __builtin_memcpy(p, &v, sizeof v);
}

// Interleaves the lower halves of a and b into lo, the upper halves into hi.
template <class V, class T, int N>
TONEARM_INLINE void interleave(V a, V b, V& lo, V& hi) {
  if constexpr (N == 2) {
    lo = __builtin_shufflevector(a, b, 0, 2);
    hi = __builtin_shufflevector(a, b, 1, 3);
  } else if constexpr (N == 4) {
    lo = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    hi = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  } else if constexpr (N == 8) {
    lo = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    hi = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  } else {
    lo = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    hi = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  }
}

// Lanes 1 to N - 1 of v, then `last`.
template <class V, class T, int N>
TONEARM_INLINE V move_down(V v, T last) {
  const V next = {last};
  if constexpr (N == 2) return __builtin_shufflevector(v, next, 1, 2);
  if constexpr (N == 4) return __builtin_shufflevector(v, next, 1, 2, 3, 4);
  if constexpr (N == 8) return __builtin_shufflevector(v, next, 1, 2, 3, 4, 5, 6, 7, 8);
  if constexpr (N == 16) return __builtin_shufflevector(v, next, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
}

// Interleaving row i with row i + N/2, log2 N times, transposes N rows of N.
template <class T>
TONEARM_INLINE void transpose(Vector<T>* rows) {
  constexpr int n = kLanes<T>;
  Vector<T> other[n];
  for (int step = 1; step < n; step *= 2) {
#pragma GCC unroll 8
    for (int i = 0; i < n / 2; ++i)
      interleave<Vector<T>, T, n>(rows[i], rows[i + n / 2], other[2 * i], other[2 * i + 1]);
#pragma GCC unroll 16
    for (int i = 0; i < n; ++i) rows[i] = other[i];
  }
}

}  // namespace
