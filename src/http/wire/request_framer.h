// Where requests begin and end in a connection's bytes: a head up to its empty line, then a body of the length that the
// head announces. Pure: bytes in, verdicts out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "chunked_decoder.h"
#include "request_head.h"

namespace irsa::http {

// The apiserver's heads have under 1 KB; a service mesh adds headers of its own, seldom more than 8 KB.
inline constexpr size_t kMaxHeadBytes = 16 << 10;
inline constexpr size_t kMaxRequestLineBytes = 8 << 10;  // with its CR LF; cpp-httplib's limit as well

// What a string takes beside itself: nothing as long as its text fits into it.
inline size_t HeldBy(const std::string& text) {
  static const size_t kWithin = std::string().capacity();
  return text.capacity() > kWithin ? text.capacity() : 0;
}

// One request after another (an empty line before each is skipped: RFC 9112, section 2.2): Feed until kComplete, take
// the body, Reset. For one thread at a time.
class RequestFramer {
 public:
  enum class State {
    kMore,      // all bytes are taken, and the request is not whole
    kHead,      // the head is whole: now is the time to refuse it; else call Feed again, even without bytes
    kComplete,  // the request is whole; what is left of the bytes belongs to the next one
    kRefused,   // it can never become a request: see refusal()
  };

  explicit RequestFramer(size_t max_body_bytes) : max_body_bytes_(max_body_bytes) {}

  // Takes what belongs to this request from the front of `bytes`. How they are split between calls makes no difference
  // to the verdict. A body's length is not checked against max_body_bytes unless it is chunked: that is known at kHead.
  State Feed(std::string_view& bytes);

  // Whether any byte of the current request was taken.
  bool HasBegun() const { return !head_text_.empty(); }
  // The memory that is held for it, by capacity.
  size_t held_bytes() const;
  // Gives back what was made room for and did not arrive in this turn: a client may announce more than it ever sends.
  void ReleaseUnused();

  // From kHead on.
  const RequestHead& head() const { return head_; }
  const std::string& head_text() const { return head_text_; }

  // At kComplete, once; with room for kBodyPadding more bytes.
  std::string TakeBody();

  // At kRefused.
  const Refusal& refusal() const { return refusal_; }

  // Ready for the next request; keeps no memory.
  void Reset();

 private:
  enum class Part { kHead, kBodyStart, kLength, kChunks, kEnd };

  State FeedHead(std::string_view& bytes);
  std::optional<size_t> FindHeadEnd();
  State FeedLength(std::string_view& bytes);
  State FeedChunks(std::string_view& bytes);
  State StartBody(std::string_view& bytes);
  void GrowBody(size_t bytes);
  State Refuse(Refusal refusal);

  size_t max_body_bytes_;
  Part part_ = Part::kHead;
  std::string head_text_;
  bool has_skipped_line_ = false;  // an empty one before the head, of a client that ends its bodies with one
  size_t line_start_ = 0;          // of the head's last line, the one that has no end yet
  size_t scanned_ = 0;             // how far that line was searched for its end
  RequestHead head_;
  std::string body_;
  std::optional<ChunkedDecoder> chunks_;
  Refusal refusal_;
};

}  // namespace irsa::http
