# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Native plans are made once: _dsp.py keeps those of the options and tables, _cuda.py their twins on devices."""

import collections
import threading
from typing import Any, Callable, Optional, Sequence, Tuple

import torch


class PlanCache:
    """The last plans made, by their options and the tensors they were made of.

    A tensor counts as the same while it is the same object and was not written to. The cache holds the tensors, so that
    none of their identities can be taken by another one.
    """

    def __init__(self, capacity: int = 32) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._plans: "collections.OrderedDict[Any, Tuple[Any, Any]]" = collections.OrderedDict()

    def get(self, options: Tuple, tables: Sequence[Optional[torch.Tensor]], make: Callable[[], Any]) -> Any:
        if any(t is not None and t.is_inference() for t in tables):
            return make()  # such tensors do not count their changes
        key = (options, tuple((id(t), None if t is None else t._version) for t in tables))
        with self._lock:
            found = self._plans.get(key)
            if found is not None:
                self._plans.move_to_end(key)
                return found[0]
        plan = make()
        with self._lock:
            self._plans[key] = (plan, tables)
            while len(self._plans) > self._capacity:
                self._plans.popitem(last=False)
        return plan
