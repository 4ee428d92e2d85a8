# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""The command line: `tonearm` and `python -m tonearm`. Only `bench` needs torch."""

import argparse
import json
import os
import sys
from typing import Any, Dict, List, NoReturn, Optional


def main(argv: Optional[List[str]] = None) -> int:
    """Exit status: 0 all went well, 1 something failed or was found, 2 the command itself was wrong."""
    parser = _make_parser()
    # The doctor's own options are the program's: they pass through unread.
    arguments, rest = parser.parse_known_args(argv)
    if rest and arguments.command != "doctor":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    sys.stdout.reconfigure(errors="surrogateescape")  # file names need not be UTF-8
    sys.stderr.reconfigure(errors="surrogateescape")
    try:
        return arguments.run(arguments, rest)
    except BrokenPipeError:  # the reader of our output has left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    except (RuntimeError, ImportError, OSError) as error:
        print(f"tonearm: {error}", file=sys.stderr)
        return 1


def _make_parser() -> argparse.ArgumentParser:
    about = "Looks at audio files, converts them, and looks at what decodes them."
    parser = argparse.ArgumentParser(prog="tonearm", description=about)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    info = commands.add_parser("info", help="what files hold")
    info.add_argument("files", nargs="+", metavar="FILE")
    info.add_argument("--json", action="store_true", help="a JSON array on stdout, one object per file")
    info.add_argument("--exact", action="store_true", help="count the frames where the header only estimates")
    info.set_defaults(run=_run_info)

    convert = commands.add_parser("convert", help="one file to another: format by the extension, or by the options")
    convert.add_argument("source", metavar="IN")
    convert.add_argument("target", metavar="OUT", help="replaced only once all of it is written")
    convert.add_argument("--rate", type=int, metavar="HZ", help="resample")
    convert.add_argument("--mono", action="store_true", help="the average of all channels")
    convert.add_argument("--format", help="wav, flac, ogg, mp3, ... where the extension does not say it")
    convert.add_argument("--encoding", help="PCM_S, PCM_U, PCM_F, ULAW, ALAW, or a codec such as OPUS in ogg")
    convert.add_argument("--bits", type=int, help="per sample; by default the source's, 16 where that is lossy")
    convert.add_argument(
        "--compression", type=float, metavar="X", help="FLAC: level 0 to 8; Vorbis: quality 0 to 10; others: kbit/s"
    )
    convert.set_defaults(run=_run_convert)

    doctor = commands.add_parser("doctor", help="what works here, what does not, and why")
    doctor.add_argument("subjects", nargs="*", metavar="SUBJECT", help="ffmpeg, sndfile, torch, ..., or a library's path")
    doctor.add_argument("--json", action="store_true", help="the report as one JSON object")
    doctor.set_defaults(run=_run_doctor)

    backends = commands.add_parser("backends", help="the decoders, in order of preference")
    backends.add_argument("--json", action="store_true", help="a JSON array on stdout")
    backends.set_defaults(run=_run_backends)

    from .bench import command as bench_command

    bench = commands.add_parser("bench", help="decoding speed against other libraries, samples compared first")
    bench_command.add_arguments(bench)
    bench.set_defaults(run=lambda given, _: bench_command.run(given))
    return parser


def _run_info(arguments: argparse.Namespace, _: List[str]) -> int:
    from . import Error, info

    status = 0
    described = []
    for path in arguments.files:
        try:
            described.append(_describe(path, info(path, exact=arguments.exact)))
        except Error as error:
            status = 1
            described.append({"file": path, "error": {"code": error.code, "stage": error.stage, "text": str(error)}})
            print(f"tonearm: {path}: {error}", file=sys.stderr)
    if arguments.json:
        print(json.dumps(described, indent=1))
    else:
        print("\n\n".join(_as_text(entry) for entry in described if "error" not in entry))
    return status


def _describe(path: str, metadata: Any) -> Dict[str, Any]:
    return {"file": path, **vars(metadata), "duration_sec": metadata.duration_sec}


def _as_text(entry: Dict[str, Any]) -> str:
    about = "" if entry["num_frames_exact"] else " (estimated)"
    bits = f", {entry['bits_per_sample']} bits" if entry["bits_per_sample"] else ""
    lines = [
        entry["file"],
        f"  container    {entry['container']}",
        f"  encoding     {entry['encoding']}{bits}",
        f"  rate         {entry['sample_rate']} Hz",
        f"  channels     {entry['num_channels']}",
        f"  frames       {entry['num_frames']}{about}",
        f"  duration     {entry['duration_sec']:.3f} s",
        f"  backend      {entry['backend']}",
    ]
    if entry["num_streams"] > 1:
        lines.append(f"  stream       {entry['stream_index']} of {entry['num_streams']}")
    lines += [f"  tag          {key}: {value}" for key, value in entry["tags"].items()]
    return "\n".join(lines)


def _run_convert(arguments: argparse.Namespace, _: List[str]) -> int:
    from ._convert import convert

    watched = sys.stderr.isatty()

    def progress(done: float) -> None:
        print(f"\r{done:4.0%}", end="", file=sys.stderr, flush=True)

    try:
        warnings = convert(
            arguments.source,
            arguments.target,
            rate_hz=arguments.rate,
            mono=arguments.mono,
            format=arguments.format,
            encoding=arguments.encoding,
            bits_per_sample=arguments.bits,
            compression=arguments.compression,
            **({"progress": progress} if watched else {}),
        )
    finally:
        if watched:
            print("\r\033[K", end="", file=sys.stderr, flush=True)  # the terminal's line is left empty
    for text in warnings:
        print(f"tonearm: {arguments.source}: {text}", file=sys.stderr)
    return 0


def _run_doctor(arguments: argparse.Namespace, rest: List[str]) -> NoReturn:
    from ._doctor import run_program

    run_program([*arguments.subjects, *(["--json"] if arguments.json else []), *rest])


def _run_backends(arguments: argparse.Namespace, _: List[str]) -> int:
    from ._runtime import examine_backends

    backends = examine_backends()
    if arguments.json:
        print(json.dumps(backends, indent=1))
        return 0
    for backend in backends:
        state = "works" if backend["available"] else "absent"
        version = f" {backend['version']}" if backend["version"] else ""
        print(f"{backend['name']:<10} {state:<7}{version}  {backend['description']}")
        if backend["path"]:
            print(f"{'':<10} from {backend['path']}")
        if not backend["available"]:
            print(f"{'':<10} {backend['reason']}")
            if backend["next"]:
                print(f"{'':<10} next: {backend['next']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
