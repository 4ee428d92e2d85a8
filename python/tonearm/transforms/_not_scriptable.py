# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""What torch.jit.script of a module says that TorchScript cannot express."""

import torch

from .._errors import invalid_argument


class NotScriptable(torch.nn.Module):
    def __prepare_scriptable__(self) -> torch.nn.Module:
        name = type(self).__name__
        raise invalid_argument(
            f"Invalid argument: torch.jit.script of {name}, which TorchScript cannot express.\n"
            "  next: use torch.jit.trace or torch.export",
            subject=name,
            needed="a module that is traced or exported",
            found="torch.jit.script",
            next="use torch.jit.trace or torch.export",
        )
