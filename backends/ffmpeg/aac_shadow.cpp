// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/aac_shadow.h"

#include <cmath>
#include <string>
#include <vector>

namespace tonearm::ffmpeg {
namespace {

constexpr float kTolerance = 1e-6F;  // of full scale

/// AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1): object type 5 bits, rate index 4, channel configuration 4.
/// Gives the channel configuration of AAC-LC, or 0.
int plain_channels(const ParametersView& parameters) {
  if (parameters.extradata() == nullptr || parameters.extradata_bytes() < 2) return 0;
  const int config = parameters.extradata()[0] << 8 | parameters.extradata()[1];
  const int object_type = config >> 11, rate_index = config >> 7 & 15, channels = config >> 3 & 15;
  return object_type == 2 && rate_index < 13 && channels <= 2 ? channels : 0;
}

/// The same of an ADTS header (ISO/IEC 13818-7 section 6.2.1): profile 2 bits, rate index 4, one private bit, channel
/// configuration 3.
int plain_channels(const AdtsHeader& header) {
  const int fields = std::to_integer<int>(header[2]) << 8 | std::to_integer<int>(header[3]);
  const int profile = fields >> 14, rate_index = fields >> 10 & 15, channels = fields >> 6 & 7;
  return profile == 1 && rate_index < 13 && channels <= 2 ? channels : 0;
}

/// `block` as a packet of a stream that has such headers.
std::vector<std::byte> with_header(AdtsHeader header, const std::vector<std::byte>& block) {
  const std::size_t size = kAdtsHeaderBytes + block.size();
  header[1] |= std::byte{1};  // no checksum
  header[3] = (header[3] & std::byte{0xFC}) | static_cast<std::byte>(size >> 11 & 3);
  header[4] = static_cast<std::byte>(size >> 3 & 0xFF);
  header[5] = (header[5] & std::byte{0x1F}) | static_cast<std::byte>(size << 5 & 0xE0);
  std::vector<std::byte> packet(header.begin(), header.end());
  packet.insert(packet.end(), block.begin(), block.end());
  return packet;
}

/// raw_data_block of one element whose channels hold a single band of noise (ISO/IEC 14496-3 section 4.4.2).
std::vector<std::byte> noise_block(int num_channels) {
  // global_gain 90 | a long window of sines, max_sfb 1, no predictor | one section of one band: the noise codebook |
  // its energy | no pulses, no TNS, no gain control
  const std::string channel = "01011010 0 00 0 000001 0 1101 00001 100000000 0 0 0 ";
  const std::string single = "000 0000 " + channel, pair = "001 0000 0 " + channel + channel;
  const std::string bits = (num_channels == 1 ? single : pair) + "111";  // ID_END
  std::vector<std::byte> bytes;
  std::size_t count = 0;
  for (const char bit : bits) {
    if (bit == ' ') continue;
    if (count % 8 == 0) bytes.push_back(std::byte{0});
    if (bit == '1') bytes.back() |= std::byte{0x80} >> (count % 8);
    ++count;
  }
  return bytes;
}

}  // namespace

AacShadow::AacShadow(const Api& api)
    : api_(api), codec_(nullptr, CodecDeleter{&api}), frame_(api.av_frame_alloc(), FrameDeleter{&api}) {}

std::unique_ptr<AacShadow> AacShadow::open(const Api& api, const AVCodecParameters* parameters,
                                           const AdtsHeader* adts) {
  const ParametersView view(*api.layout, parameters);
  const int channels = adts != nullptr ? plain_channels(*adts) : plain_channels(view);
  const AVCodec* decoder = channels > 0 ? api.avcodec_find_decoder(view.codec_id()) : nullptr;
  if (decoder == nullptr) return nullptr;
  std::unique_ptr<AacShadow> shadow(new AacShadow(api));
  shadow->codec_.reset(api.avcodec_alloc_context3(decoder));
  if (!shadow->codec_ || !shadow->frame_) return nullptr;
  if (api.avcodec_parameters_to_context(shadow->codec_.get(), parameters) < 0) return nullptr;
  CodecView(*api.layout, shadow->codec_.get()).set_thread_count(1);
  if (api.avcodec_open2(shadow->codec_.get(), decoder, nullptr) < 0) return nullptr;
  if (!shadow->feed_noise(channels, adts)) return nullptr;
  return shadow;
}

bool AacShadow::feed_noise(int num_channels, const AdtsHeader* adts) {
  const PacketHandle packet(api_.av_packet_alloc(), PacketDeleter{&api_});
  std::vector<std::byte> noise = noise_block(num_channels);
  if (adts != nullptr) noise = with_header(*adts, noise);
  return packet && fill_packet(api_, packet.get(), noise) && api_.avcodec_send_packet(codec_.get(), packet.get()) >= 0;
}

void AacShadow::feed(const AVPacket* packet) {
  if (!is_first_) api_.avcodec_send_packet(codec_.get(), packet);
  is_first_ = false;  // the noise stands for the first packet
}

bool AacShadow::agrees(const AVFrame* frame) {
  if (api_.avcodec_receive_frame(codec_.get(), frame_.get()) < 0) return false;
  const FrameView ours(*api_.layout, frame_.get()), theirs(*api_.layout, frame);
  bool same = ours.format() == kFltPlanar && theirs.format() == kFltPlanar &&
              ours.num_frames() == theirs.num_frames() && ours.num_channels() == theirs.num_channels();
  for (int c = 0; same && c < ours.num_channels(); ++c) {
    const auto* a = reinterpret_cast<const float*>(ours.planes()[c]);
    const auto* b = reinterpret_cast<const float*>(theirs.planes()[c]);
    float worst = 0;
    for (int i = 0; i < ours.num_frames(); ++i) worst = std::fmax(worst, std::fabs(a[i] - b[i]));
    same = worst <= kTolerance;
  }
  api_.av_frame_unref(frame_.get());
  return same;
}

}  // namespace tonearm::ffmpeg
