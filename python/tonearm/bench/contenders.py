# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""The libraries that are compared, each run as its own experts would run it.

Every loader takes a path and returns a contiguous float32 torch tensor of shape (channels, frames): what a library
gives in another layout or type is converted, and the conversion is part of its time.
"""

import importlib
import importlib.metadata
from dataclasses import dataclass
from typing import Any, Callable, Dict, Optional

Loader = Callable[[str], Any]


@dataclass(frozen=True)
class Contender:
    name: str
    package: str  #: on PyPI
    how: str  #: how it is run, in words
    make: Callable[[], Loader]  #: imports the library; raises ImportError or whatever else the import raises

    def version(self) -> str:
        return importlib.metadata.version(self.package)

    def loader(self) -> "tuple[Optional[Loader], str]":
        """(the loader or None, why not)."""
        try:
            return self.make(), ""
        except Exception as error:  # an import may fail in any way; the reason is shown
            return None, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no text'}"


def _tonearm() -> Loader:
    import tonearm

    return lambda path: tonearm.load(path)[0]


def _soundfile() -> Loader:
    import soundfile
    import torch

    return lambda path: torch.from_numpy(soundfile.read(path, dtype="float32", always_2d=True)[0]).t().contiguous()


def _torchcodec() -> Loader:
    from torchcodec.decoders import AudioDecoder

    return lambda path: AudioDecoder(path).get_all_samples().data.contiguous()


def _torchaudio() -> Loader:
    import torchaudio

    return lambda path: torchaudio.load(path)[0].contiguous()


def _librosa() -> Loader:
    import librosa
    import torch

    def load(path: str) -> Any:
        samples = torch.from_numpy(librosa.load(path, sr=None, mono=False)[0])
        return samples.reshape(-1, samples.shape[-1]).contiguous()

    return load


def _pyav() -> Loader:
    import av
    import torch

    def load(path: str) -> Any:
        with av.open(path) as container:
            stream = container.streams.audio[0]
            resampler = av.AudioResampler(format="fltp")
            parts = []
            for frame in container.decode(stream):
                parts += [torch.from_numpy(piece.to_ndarray()) for piece in resampler.resample(frame)]
            parts += [torch.from_numpy(piece.to_ndarray()) for piece in resampler.resample(None)]
        return torch.cat(parts, dim=1)

    return load


def _scipy() -> Loader:
    import scipy.io.wavfile
    import torch

    def load(path: str) -> Any:
        _, samples = scipy.io.wavfile.read(path)
        tensor = torch.from_numpy(samples.reshape(len(samples), -1))
        if tensor.dtype == torch.uint8:
            return ((tensor.float() - 128) / 128).t().contiguous()
        scale = 1.0 if tensor.dtype.is_floating_point else 2.0 ** -(torch.iinfo(tensor.dtype).bits - 1)
        return (tensor.float() * scale).t().contiguous()

    return load


#: By name; tonearm first.
CONTENDERS: Dict[str, Contender] = {
    contender.name: contender
    for contender in (
        Contender("tonearm", "tonearm", "tonearm.load(path)", _tonearm),
        Contender(
            "soundfile",
            "soundfile",
            'soundfile.read(path, dtype="float32", always_2d=True), then one transposing copy',
            _soundfile,
        ),
        Contender("torchcodec", "torchcodec", "AudioDecoder(path).get_all_samples()", _torchcodec),
        Contender("torchaudio", "torchaudio", "torchaudio.load(path), made contiguous", _torchaudio),
        Contender("librosa", "librosa", "librosa.load(path, sr=None, mono=False)", _librosa),
        Contender("pyav", "av", 'decode() of the first audio stream, resampled to "fltp", joined', _pyav),
        Contender("scipy", "scipy", "scipy.io.wavfile.read(path), scaled and transposed (WAV only)", _scipy),
    )
}
