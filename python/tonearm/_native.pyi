# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
from typing import Any, Optional, Sequence

NATIVE: int
UINT8: int
INT16: int
INT32: int
FLOAT32: int
FLOAT64: int

class Source:
    @staticmethod
    def from_path(path: bytes, allow_special: bool = False) -> Source: ...
    @staticmethod
    def from_buffer(buffer: object, name: str) -> Source: ...
    @staticmethod
    def from_address(address: int, size_bytes: int, owner: object, name: str) -> Source: ...
    @staticmethod
    def from_stream(
        object: object, seek: Optional[object], base: int, size: int, max_request_bytes: int, name: str
    ) -> Source: ...

class Options:
    def __init__(self) -> None: ...
    backend: Optional[str]
    format: Optional[str]
    frame_offset: int
    num_frames: int
    sample_type: int
    sample_rate: int
    mono: int
    stream_index: int
    strict: int
    verify: int
    threads: int
    max_bytes: int
    max_frames: int
    max_channels: int
    deadline_sec: float
    non_finite: int

class Audio:
    @property
    def sample_type(self) -> int: ...
    @property
    def num_channels(self) -> int: ...
    @property
    def num_frames(self) -> int: ...
    @property
    def sample_rate(self) -> int: ...
    @property
    def info(self) -> dict[str, Any]: ...
    @property
    def warnings(self) -> list[str]: ...
    @property
    def num_non_finite(self) -> int: ...
    def to_dlpack(self) -> Optional[object]: ...

class Reader:
    def __init__(self, source: object, options: Options) -> None: ...
    def read(self, num_frames: int) -> Audio: ...
    def seek(self, frame: int) -> None: ...
    def tell(self) -> int: ...
    def close(self) -> None: ...
    @property
    def info(self) -> dict[str, Any]: ...

class Batch:
    def __init__(
        self, items: list[object], options: Options, num_threads: int, max_ahead: int, in_order: bool
    ) -> None: ...
    def next(self) -> tuple[int, Audio | None, Exception | None] | None: ...
    def close(self) -> None: ...

class SaveOptions:
    def __init__(self) -> None: ...
    backend: str
    format: str
    encoding: str
    compression: Optional[float]
    sample_rate: int
    num_channels: int
    sample_type: int
    num_frames: int
    bits_per_sample: int
    deadline_sec: float
    non_finite: int
    def add_tag(self, key: str, value: str) -> None: ...

class Writer:
    @staticmethod
    def to_path(path: bytes, options: SaveOptions) -> Writer: ...
    @staticmethod
    def to_memory(options: SaveOptions) -> Writer: ...
    @staticmethod
    def to_stream(
        write: object, seek: Optional[object], base: int, max_request_bytes: int, name: str, options: SaveOptions
    ) -> Writer: ...
    def write(self, address: int, num_frames: int) -> None: ...
    def write_audio(self, audio: Audio) -> None: ...
    def close(self) -> None: ...
    def discard(self) -> None: ...
    @property
    def num_frames(self) -> int: ...
    @property
    def backend(self) -> str: ...
    @property
    def contents(self) -> bytes: ...
    @property
    def warnings(self) -> list[str]: ...

def read(source: Source, options: Options) -> Audio: ...
def load(
    uri: str | bytes | Source,
    frame_offset: int,
    num_frames: int,
    sample_type: int,
    format: Optional[str],
    backend: Optional[str],
) -> Audio: ...
def get_info(source: Source, options: Options, exact: bool) -> dict[str, Any]: ...
def version() -> str: ...
def set_wheel_directories(directories: Sequence[bytes]) -> None: ...
def backend_names() -> list[str]: ...
def examine_backend(index: int) -> dict[str, Any]: ...
def diagnose(subjects: Sequence[bytes]) -> str: ...

class Resampler:
    def __init__(self, **options: Any) -> None: ...
    def length(self, num_frames: int) -> int: ...
    def run(
        self,
        sample_type: int,
        num_channels: int,
        input: int,
        in_frames: int,
        output: int,
        out_frames: int,
        num_threads: int = 1,
    ) -> None: ...

class ResampleStream:
    def __init__(self, resampler: Resampler, sample_type: int, num_channels: int) -> None: ...
    def length(self, in_frames: int, last: bool) -> int: ...
    def push(self, last: bool, input: int, in_frames: int, output: int, out_frames: int) -> None: ...

class Features:
    @staticmethod
    def chain(**options: Any) -> Features: ...
    @staticmethod
    def kaldi(**options: Any) -> Features: ...
    @staticmethod
    def whisper(n_mels: int) -> Features: ...
    @property
    def num_values(self) -> int: ...
    def num_windows(self, num_samples: int) -> int: ...
    def run(
        self,
        sample_type: int,
        num_channels: int,
        channels_per_item: int,
        input: int,
        num_samples: int,
        output: int,
        num_windows: int,
        num_threads: int = 1,
    ) -> None: ...

def cuda_examine(device: int) -> None: ...

class CudaResampler:
    def __init__(self, resampler: Resampler, device: int) -> None: ...
    def run(
        self,
        sample_type: int,
        num_signals: int,
        input: int,
        num_samples: int,
        output: int,
        out_stride: int,
        stream: int,
    ) -> None: ...

class CudaFeatures:
    def __init__(self, features: Features, device: int) -> None: ...
    def workspace(
        self,
        sample_type: int,
        num_signals: int,
        signals_per_item: int,
        input: int,
        num_samples: int,
        output: int,
        out_stride: int,
    ) -> int: ...
    def run(
        self,
        sample_type: int,
        num_signals: int,
        signals_per_item: int,
        input: int,
        num_samples: int,
        output: int,
        out_stride: int,
        workspace: int,
        workspace_bytes: int,
        stream: int,
    ) -> None: ...
