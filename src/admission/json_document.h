// JSON text parsed whole by simdjson's DOM, within limits.
//
// The DOM and never On-Demand: that accepts broken JSON and any depth in the parts it skips.
#pragma once

#include <cstddef>
#include <simdjson.h>
#include <string>

#include "irsa/base/result.h"

namespace irsa::admission {

// Keeps the parser's buffers from one text to the next; for one thread at a time.
class JsonDocument {
 public:
  explicit JsonDocument(size_t max_depth);

  // The root, which holds until the next Parse; strings are copied out of `text`, which need not live on. `text` is
  // parsed in place: it is given the spare capacity that the parser may read behind its end, its content stays.
  // kMalformed, saying what is wrong but quoting nothing, when it is not wholly valid JSON (numbers of any size are).
  base::Result<simdjson::dom::element> Parse(std::string& text);

  // The longest text that fits the buffers as they are. They take about 14 bytes for each of it: 8 of tape, 5/3 of
  // strings, 4 of indexes.
  size_t capacity() const { return parser_.capacity(); }

 private:
  simdjson::simdjson_result<simdjson::dom::element> ParseInPlace(std::string& text);

  size_t max_depth_;
  simdjson::dom::parser parser_;
};

// The same text with every number outside of strings replaced by a 0 and spaces. What begins like a number but is none
// by JSON's grammar stays, so that broken text stays broken.
std::string BlankNumbers(std::string text);

}  // namespace irsa::admission
