// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// libFuzzer target: the probe, of bytes that lie in memory and of bytes that come from a stream without a size.
// Held: what is said to lie before the audio lies within the source; both ways see the same.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "core/registry/probe.h"
#include "core/source/byte_source.h"
#include "tests/fuzz/seeds.h"
#include "tests/pcm/make_files.h"
#include "tests/registry/make_mp3.h"
#include "tests/registry/make_ogg.h"

using namespace tonearm;

namespace {

struct Stream {
  const std::uint8_t* data;
  std::size_t size;
  std::size_t at = 0;

  static std::int64_t read(void* context, void* out, std::size_t size) {
    auto& stream = *static_cast<Stream*>(context);
    const std::size_t count = std::min(size, stream.size - stream.at);
    if (count > 0) std::memcpy(out, stream.data + stream.at, count);
    stream.at += count;
    return static_cast<std::int64_t>(count);
  }
};

}  // namespace

std::vector<test::Seed> test::make_seeds() {
  std::vector<Seed> seeds;
  const auto add = [&](std::span<const std::byte> bytes) { seeds.push_back(to_seed(bytes)); };
  const auto add_text = [&](const std::string& text) { add(std::as_bytes(std::span(text))); };
  const std::vector<std::byte> audio = counting_bytes(16);
  for (const char* magic : {"RIFF", "RIFX", "RF64"}) add(make_riff({}, audio, magic));
  add(make_wave64({}, audio));
  add(make_aiff("", 2, 16, 4, audio));
  add(make_au(true, 3, 2, audio));
  add(make_caf("lpcm", 0, 2, 2, 16, audio));
  add_text(opus(1, 7));
  add_text(repeat(mpeg_frame(), 3));
  add_text(std::string("ID3\4\0\0\0\0\0\x0A", 10) + std::string(10, '\0') + "fLaC" + std::string(42, '\0'));
  add_text(std::string("\0\0\0\x14"
                       "ftypM4A \0\0\0\0",
                       16) +
           "M4A mp42");
  for (const char* text :
       {"#!AMR\n", "\x1A\x45\xDF\xA3", "wvpk", "MAC ", "\xFF\xF1\x50\x80", "<!DOCTYPE html>", "FLV\1"}) {
    add_text(text + std::string(60, '\0'));
  }
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto memory = core::make_memory_source(std::as_bytes(std::span(data, size)));
  Stream stream{data, size};
  const auto pipe = core::make_callback_source({&stream, Stream::read, nullptr, nullptr}, "<pipe>");
  const auto in_memory = core::probe(*memory);
  const auto in_pipe = core::probe(*pipe);
  if (!in_memory || !in_pipe) std::abort();  // neither source fails
  if (in_memory->start > size || in_memory->tags_end > in_memory->start) std::abort();
  if (in_memory->container != in_pipe->container || in_memory->codec != in_pipe->codec) std::abort();
  if (in_memory->description.empty()) std::abort();
  return 0;
}
