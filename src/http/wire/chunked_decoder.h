// The chunked transfer coding (RFC 9112 section 7.1), taken apart piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace irsa::http {

// For one body. Extensions are skipped, trailers checked and dropped.
class ChunkedDecoder {
 public:
  enum class State { kMore, kDone, kMalformed, kTooLarge };

  explicit ChunkedDecoder(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Takes from the front of `bytes` what belongs to the body, and appends the data to `body`. kTooLarge as soon as a
  // chunk is announced that would go over max_bytes. How the bytes are split between calls makes no difference. Not
  // called again once it has not returned kMore.
  State Feed(std::string_view& bytes, std::string& body);

 private:
  enum class Part { kSize, kData, kDataEnd, kTrailer };
  enum class Line { kMore, kWhole, kMalformed };

  Line TakeLine(std::string_view& bytes);
  State EndLine(const std::string& body);
  State ReadSize(const std::string& body);

  size_t max_bytes_;
  Part part_ = Part::kSize;
  std::string line_;
  uint64_t data_left_ = 0;
  size_t trailer_bytes_ = 0;
};

}  // namespace irsa::http
