#include "chunked_decoder.h"

#include <algorithm>
#include <charconv>

#include "request_head.h"

namespace irsa::http {
namespace {

// Nobody sends extensions; 16 digits and some blanks are what a size line needs. Trailers are as rare.
constexpr size_t kMaxLineBytes = 256;
constexpr size_t kMaxTrailerBytes = 4096;
constexpr ptrdiff_t kMaxSizeDigits = 16;  // of a 64-bit number; more are zeros in front

// The blanks that may stand around an extension's signs go from the front.
void SkipBlanks(std::string_view& text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
}

// A token, or a string in quotes (RFC 9110, section 5.6.4), goes from the front; false without one.
bool TakeValue(std::string_view& text) {
  if (!text.starts_with('"')) {
    const size_t size = std::min(text.find_first_of(" \t;="), text.size());
    const bool is_token = IsToken(text.substr(0, size));
    text.remove_prefix(size);
    return is_token;
  }
  for (size_t i = 1; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
    if (text[i] == '\\') ++i;
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return false;
  }
  return false;
}

// *( BWS ";" BWS name [ BWS "=" BWS value ] ) (RFC 9112, section 7.1.1). Nothing else may follow a chunk's size: what
// one parser skips there, another may take for a line's end.
bool AreExtensions(std::string_view text) {
  while (!text.empty()) {
    SkipBlanks(text);
    if (!text.starts_with(';')) return false;
    text.remove_prefix(1);
    SkipBlanks(text);
    if (text.starts_with('"') || !TakeValue(text)) return false;
    std::string_view behind = text;
    SkipBlanks(behind);
    if (!behind.starts_with('=')) continue;
    text = behind.substr(1);
    SkipBlanks(text);
    if (!TakeValue(text)) return false;
  }
  return true;
}

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
  if (rest - line_.data() > kMaxSizeDigits) return State::kMalformed;
  if (!AreExtensions({rest, static_cast<size_t>(end - rest)})) return State::kMalformed;
  if (data_left_ > max_bytes_ - body.size()) return State::kTooLarge;
  part_ = data_left_ == 0 ? Part::kTrailer : Part::kData;
  return State::kMore;
}

}  // namespace irsa::http
