#include "request_framer.h"

#include <algorithm>
#include <utility>

#include "irsa/http/message/message.h"

namespace irsa::http {
namespace {

// A body's memory is reserved at once up to here, so that no review of usual size is moved while it grows; beyond, it
// grows with what really arrives, whatever was announced.
constexpr size_t kMaxReservedBytes = 256 << 10;

constexpr std::string_view kEmptyLine = "\r\n\r\n";

}  // namespace

RequestFramer::State RequestFramer::Feed(std::string_view& bytes) {
  switch (part_) {
    case Part::kHead:
      return FeedHead(bytes);
    case Part::kBodyStart:
      return StartBody(bytes);
    case Part::kLength:
      return FeedLength(bytes);
    case Part::kChunks:
      return FeedChunks(bytes);
    default:
      return refusal_.reason.empty() ? State::kComplete : State::kRefused;
  }
}

RequestFramer::State RequestFramer::FeedHead(std::string_view& bytes) {
  size_t take = std::min(bytes.size(), kMaxHeadBytes - head_text_.size());
  // Spares the copying of a body that came along. An empty line ends the head wherever it stands.
  const size_t empty_line = bytes.find(kEmptyLine);
  if (empty_line != std::string_view::npos) take = std::min(take, empty_line + kEmptyLine.size());
  head_text_.append(bytes.substr(0, take));
  const auto end = FindHeadEnd();
  if (part_ == Part::kEnd) return State::kRefused;
  if (!end) {
    bytes.remove_prefix(take);
    if (head_text_.size() == kMaxHeadBytes) {
      return Refuse({431, "the headers have more than " + std::to_string(kMaxHeadBytes) + " bytes", {}});
    }
    return State::kMore;
  }
  bytes.remove_prefix(take - (head_text_.size() - *end));
  head_text_.resize(*end);
  auto parsed = ParseRequestHead(head_text_);
  if (auto* refusal = std::get_if<Refusal>(&parsed)) return Refuse(std::move(*refusal));
  head_ = std::get<RequestHead>(std::move(parsed));
  part_ = Part::kBodyStart;
  return State::kHead;
}

// Line by line, so that what can never become a head is refused where it is seen, and none is searched twice.
std::optional<size_t> RequestFramer::FindHeadEnd() {
  while (true) {
    const size_t feed = head_text_.find('\n', scanned_);
    const bool is_request_line = line_start_ == 0;
    const size_t line_bytes = std::min(feed, head_text_.size()) - line_start_;
    if (is_request_line && line_bytes >= kMaxRequestLineBytes) {
      Refuse({414, "the request line has more than " + std::to_string(kMaxRequestLineBytes) + " bytes", {}});
      return std::nullopt;
    }
    scanned_ = head_text_.size();
    if (feed == std::string::npos) return std::nullopt;
    const bool is_empty = feed == line_start_ + 1;
    if (is_request_line && is_empty && head_text_[0] == '\r' && !std::exchange(has_skipped_line_, true)) {
      head_text_.erase(0, 2);
      scanned_ = 0;
      continue;
    }
    if (feed == line_start_ || head_text_[feed - 1] != '\r' || (is_request_line && is_empty)) {
      Refuse({400, "a line does not end with CR LF, or the request begins with empty ones", {}});
      return std::nullopt;
    }
    line_start_ = feed + 1;
    scanned_ = line_start_;
    if (is_empty) return line_start_;
  }
}

RequestFramer::State RequestFramer::StartBody(std::string_view& bytes) {
  switch (head_.body) {
    case RequestHead::Body::kNone:
      part_ = Part::kEnd;
      return State::kComplete;
    case RequestHead::Body::kChunked:
      chunks_.emplace(max_body_bytes_);
      part_ = Part::kChunks;
      return FeedChunks(bytes);
    default:
      break;
  }
  body_.reserve(std::min<uint64_t>(head_.content_length, kMaxReservedBytes) + kBodyPadding);
  part_ = Part::kLength;
  return FeedLength(bytes);
}

RequestFramer::State RequestFramer::FeedLength(std::string_view& bytes) {
  const size_t take = std::min<uint64_t>(bytes.size(), head_.content_length - body_.size());
  GrowBody(take);
  body_.append(bytes.substr(0, take));
  bytes.remove_prefix(take);
  if (body_.size() < head_.content_length) return State::kMore;
  part_ = Part::kEnd;
  return State::kComplete;
}

// Doubles, whatever was announced.
void RequestFramer::GrowBody(size_t bytes) {
  const size_t need = body_.size() + bytes + kBodyPadding;
  if (need > body_.capacity()) body_.reserve(std::max(need, 2 * body_.capacity()));
}

RequestFramer::State RequestFramer::FeedChunks(std::string_view& bytes) {
  switch (chunks_->Feed(bytes, body_)) {
    case ChunkedDecoder::State::kMore:
      return State::kMore;
    case ChunkedDecoder::State::kMalformed:
      return Refuse({400, "the body's chunks are malformed", {}});
    case ChunkedDecoder::State::kTooLarge:
      return Refuse({413, "the body has more than the limit of " + std::to_string(max_body_bytes_) + " bytes", {}});
    default:
      break;
  }
  body_.reserve(body_.size() + kBodyPadding);
  part_ = Part::kEnd;
  return State::kComplete;
}

size_t RequestFramer::held_bytes() const {
  return HeldBy(head_text_) + HeldBy(head_.method) + HeldBy(head_.target) + HeldBy(head_.content_type) + HeldBy(body_);
}

void RequestFramer::ReleaseUnused() {
  if (part_ == Part::kLength && body_.capacity() > 2 * body_.size() + kBodyPadding) body_.shrink_to_fit();
}

std::string RequestFramer::TakeBody() { return std::exchange(body_, {}); }

RequestFramer::State RequestFramer::Refuse(Refusal refusal) {
  refusal_ = std::move(refusal);
  part_ = Part::kEnd;
  return State::kRefused;
}

// A string that an empty one is assigned to keeps its memory; one that is moved from does not.
void RequestFramer::Reset() {
  const RequestFramer gone = std::move(*this);
  *this = RequestFramer(gone.max_body_bytes_);
}

}  // namespace irsa::http
