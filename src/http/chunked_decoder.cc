#include "chunked_decoder.h"

#include <algorithm>
#include <charconv>

#include "field_line.h"

namespace irsa::http {
namespace {

// Nobody sends extensions; 16 digits and some blanks are what a size line needs. Trailers are as rare.
constexpr size_t kMaxLineBytes = 256;
constexpr size_t kMaxTrailerBytes = 4096;

}  // namespace

ChunkedDecoder::State ChunkedDecoder::Feed(std::string_view& bytes, std::string& body) {
  while (!bytes.empty()) {
    if (part_ == Part::kData) {
      const size_t take = std::min<uint64_t>(data_left_, bytes.size());
      body.append(bytes.substr(0, take));
      bytes.remove_prefix(take);
      data_left_ -= take;
      if (data_left_ == 0) part_ = Part::kDataEnd;
      continue;
    }
    const Line line = TakeLine(bytes);
    if (line == Line::kMalformed) return State::kMalformed;
    if (line == Line::kMore) return State::kMore;
    const State state = EndLine(body);
    line_.clear();
    if (state != State::kMore) return state;
  }
  return State::kMore;
}

ChunkedDecoder::Line ChunkedDecoder::TakeLine(std::string_view& bytes) {
  while (!bytes.empty()) {
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (c == '\n') {
      if (!line_.ends_with('\r')) return Line::kMalformed;
      line_.pop_back();
      return Line::kWhole;
    }
    if (line_.size() == kMaxLineBytes) return Line::kMalformed;
    line_.push_back(c);
  }
  return Line::kMore;
}

ChunkedDecoder::State ChunkedDecoder::EndLine(const std::string& body) {
  switch (part_) {
    case Part::kSize:
      return ReadSize(body);
    case Part::kDataEnd:
      part_ = Part::kSize;
      return line_.empty() ? State::kMore : State::kMalformed;
    default:
      break;
  }
  if (line_.empty()) return State::kDone;
  trailer_bytes_ += line_.size();
  return trailer_bytes_ <= kMaxTrailerBytes && ParseFieldLine(line_) ? State::kMore : State::kMalformed;
}

ChunkedDecoder::State ChunkedDecoder::ReadSize(const std::string& body) {
  const char* end = line_.data() + line_.size();
  const auto [rest, error] = std::from_chars(line_.data(), end, data_left_, 16);
  if (error != std::errc()) return State::kMalformed;
  const std::string_view extension = TrimBlanks({rest, static_cast<size_t>(end - rest)});
  const auto is_text = [](char c) { return c == '\t' || static_cast<unsigned char>(c) >= 0x20; };
  if (!extension.empty() && (extension.front() != ';' || !std::ranges::all_of(extension, is_text))) {
    return State::kMalformed;
  }
  if (data_left_ > max_bytes_ - body.size()) return State::kTooLarge;
  part_ = data_left_ == 0 ? Part::kTrailer : Part::kData;
  return State::kMore;
}

}  // namespace irsa::http
