// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A short wait for another thread that is awake: to fall asleep and to be woken takes tens of microseconds.
#pragma once

namespace tonearm::core {

/// Polls is_over() for about as long as that; the caller then sleeps until it is.
template <class IsOver>
void pause_until(const IsOver& is_over) {
  for (int i = 0; i < 1000 && !is_over(); ++i) {
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
  }
}

}  // namespace tonearm::core
