// What both languages ask of a text before it is parsed, and places in it.
#pragma once

#include <cstddef>
#include <streambuf>
#include <string>
#include <string_view>

#include "irsa/base/result.h"

namespace irsa::manifest {

// `text` without a byte order mark and with every line break a single line feed; kept in `storage` where that is not
// the text as it is. kMalformed, naming the line, for what is not UTF-8 and for control characters (other than tab, and
// line breaks): yaml-cpp takes 0x04 for the end of its input, and guesses UTF-16 from zeros.
base::Result<std::string_view> CleanText(std::string_view text, std::string& storage);

// A scalar as yaml-cpp gives it, made UTF-8: its escapes \N and \_ (U+0085 and U+00A0) come as single bytes.
std::string RepairEscapes(std::string_view scalar);

// Counted from 1.
size_t LineAt(std::string_view text, size_t offset);

// Gives the bytes of a text that outlives it to a parser that wants a stream, without a copy.
class TextBuffer final : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text);

  size_t position() const { return static_cast<size_t>(gptr() - eback()); }  // of the byte that is read next
};

}  // namespace irsa::manifest
