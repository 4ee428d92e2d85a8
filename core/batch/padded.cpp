// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/batch/padded.h"

#include <algorithm>
#include <climits>
#include <cstring>

namespace tonearm::core {
namespace {

Error differ_error(const char* argument, const char* what, std::int64_t first, std::int64_t other) {
  const std::string needed = "one " + std::string(what) + ": " + std::to_string(first);
  return make_error(ErrorCode::kInvalidArgument, Stage::kArguments,
                    "the sources differ in their " + std::string(what) + "s", argument, needed, std::to_string(other),
                    "give " + std::string(argument) + " to make them one batch");
}

}  // namespace

Result<void> PaddedSamples::check(std::size_t index, const PlanarBuffer& samples, int sample_rate) const {
  if (index >= lengths_.size()) {
    return make_error(ErrorCode::kInvalidArgument, Stage::kArguments, "Invalid argument: index", "index",
                      "less than the number of items, " + std::to_string(lengths_.size()), std::to_string(index));
  }
  if (num_channels_ == 0) {
    if (lengths_.size() <= static_cast<std::size_t>(INT_MAX / std::max(samples.num_channels(), 1))) return {};
    return make_error(ErrorCode::kInvalidArgument, Stage::kArguments, "too many items for one batch", "items",
                      "at most 2147483647 channels in all", std::to_string(lengths_.size()) + " items");
  }
  if (sample_rate != sample_rate_) {
    return differ_error("sample_rate", "sample rate", sample_rate_, sample_rate);
  }
  if (samples.num_channels() != num_channels_) {
    return differ_error("mono", "number of channel", num_channels_, samples.num_channels());
  }
  if (samples.type() == block_.type()) return {};
  return make_error(ErrorCode::kInvalidArgument, Stage::kArguments, "the sources differ in their sample types", "dtype",
                    "one type", "another one", "give dtype to make them one batch");
}

Result<void> PaddedSamples::add(std::size_t index, const PlanarBuffer& samples, int sample_rate) {
  if (auto checked = check(index, samples, sample_rate); !checked) return checked.error();
  const PlanarView from = samples.view();
  const bool is_first = num_channels_ == 0;
  if (is_first || from.num_frames > block_.view().channel_stride) {
    num_channels_ = from.num_channels;
    sample_rate_ = sample_rate;
    // A little more each time, so that items in the order of their lengths are not copied over and over.
    const std::int64_t step = is_first ? 0 : block_.view().channel_stride / 4;
    if (auto grown = grow(samples, std::max(from.num_frames, block_.view().channel_stride + step)); !grown) {
      return grown.error();
    }
  }
  lengths_[index] = from.num_frames;
  copy_frames(from, part(block_, index, 0, from.num_frames));
  return {};
}

PlanarView PaddedSamples::part(const PlanarBuffer& block, std::size_t index, std::int64_t begin,
                               std::int64_t count) const {
  PlanarView rows = block.view();
  rows.data = rows.channel(static_cast<int>(index) * num_channels_);
  rows.num_channels = num_channels_;
  return rows.slice(begin, count);
}

Result<void> PaddedSamples::grow(const PlanarBuffer& like, std::int64_t num_frames) {
  const int num_rows = static_cast<int>(lengths_.size()) * num_channels_;
  auto larger = PlanarBuffer::allocate(like.type(), num_rows, num_frames);
  if (!larger) return larger.error();
  for (std::size_t i = 0; i < lengths_.size(); ++i) {
    if (lengths_[i] > 0) copy_frames(part(block_, i, 0, lengths_[i]), part(*larger, i, 0, lengths_[i]));
  }
  block_ = std::move(*larger);
  return {};
}

DecodedAudio PaddedSamples::finish() {
  const std::int64_t longest = lengths_.empty() ? 0 : *std::max_element(lengths_.begin(), lengths_.end());
  for (std::size_t i = 0; i < lengths_.size(); ++i) {
    const PlanarView rest = part(block_, i, lengths_[i], longest - lengths_[i]);
    const std::size_t rest_bytes = sample_bytes(rest.type) * static_cast<std::size_t>(rest.num_frames);
    if (rest_bytes == 0) continue;
    for (int c = 0; c < num_channels_; ++c) std::memset(rest.channel(c), 0, rest_bytes);
  }
  block_.set_num_frames(longest);
  block_.make_contiguous();
  DecodedAudio whole;
  whole.samples = std::move(block_);
  whole.sample_rate = sample_rate_;
  return whole;
}

}  // namespace tonearm::core
