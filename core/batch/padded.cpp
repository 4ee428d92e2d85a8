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

std::size_t size_bytes(SampleType type, std::int64_t num_frames) {
  return sample_bytes(type) * static_cast<std::size_t>(num_frames);
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
  const int row = static_cast<int>(index) * num_channels_;
  for (int c = 0; c < num_channels_; ++c) {
    std::memcpy(block_.view().channel(row + c), from.channel(c), size_bytes(from.type, from.num_frames));
  }
  return {};
}

Result<void> PaddedSamples::grow(const PlanarBuffer& like, std::int64_t num_frames) {
  const int num_rows = static_cast<int>(lengths_.size()) * num_channels_;
  auto larger = PlanarBuffer::allocate(like.type(), num_rows, num_frames);
  if (!larger) return larger.error();
  for (int row = 0; row < num_rows; ++row) {
    const std::int64_t length = lengths_[static_cast<std::size_t>(row / num_channels_)];
    if (length > 0)
      std::memcpy(larger->view().channel(row), block_.view().channel(row), size_bytes(like.type(), length));
  }
  block_ = std::move(*larger);
  return {};
}

DecodedAudio PaddedSamples::finish() {
  const std::int64_t longest = lengths_.empty() ? 0 : *std::max_element(lengths_.begin(), lengths_.end());
  for (int row = 0; row < block_.num_channels(); ++row) {
    const std::int64_t length = lengths_[static_cast<std::size_t>(row / num_channels_)];
    const PlanarView rest = block_.view().slice(length, longest - length);
    std::memset(rest.channel(row), 0, size_bytes(rest.type, rest.num_frames));
  }
  block_.set_num_frames(longest);
  block_.make_contiguous();
  DecodedAudio whole;
  whole.samples = std::move(block_);
  whole.sample_rate = sample_rate_;
  return whole;
}

}  // namespace tonearm::core
