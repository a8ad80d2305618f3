// The two languages' readers behind ReadDocuments, what both ask of a text before it is parsed, and places in it.
#pragma once

#include <cstddef>
#include <streambuf>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "irsa/base/result.h"
#include "irsa/manifest/manifest.h"

namespace irsa::manifest {

struct ReadFailure {
  Error error;
  size_t offset = 0;      // how far the reader got
  bool is_syntax = true;  // not this language, rather than something refused in it
  bool is_cut = false;    // all of it is this language, but more of it was to come
};

using ReadOutcome = std::variant<std::vector<Document>, ReadFailure>;

// Both take text as CleanText returns it.
ReadOutcome ReadJsonDocuments(std::string_view text, const Limits& limits);
ReadOutcome ReadYamlDocuments(std::string_view text, const Limits& limits);

// "document 2, line 14"
std::string PlaceName(size_t document, size_t line);

// `text` without a byte order mark and with every line break a single line feed; kept in `storage` where that is not
// the text as it is. kMalformed, naming the line, for what is not UTF-8 and for control characters (other than tab, and
// line breaks): yaml-cpp takes 0x04 for the end of its input, and guesses UTF-16 from zeros.
Result<std::string_view> CleanText(std::string_view text, std::string& storage);

// Counted from 1.
size_t LineAt(std::string_view text, size_t offset);

// Gives the bytes of a text that outlives it to a parser that wants a stream, without a copy.
class TextBuffer final : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text);

  size_t position() const { return static_cast<size_t>(gptr() - eback()); }  // of the byte that is read next
};

}  // namespace irsa::manifest
