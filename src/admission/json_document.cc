#include "json_document.h"

#include <new>
#include <string_view>
#include <utility>

namespace irsa::admission {
namespace {

using base::Error;
using base::ErrorCode;

constexpr size_t kInitialCapacity = 16384;  // a pod of a few containers is reviewed in 4 to 10 KB

}  // namespace

JsonDocument::JsonDocument(size_t max_depth) : max_depth_(max_depth) {
  // simdjson counts the document itself as a level. The limit stays when the capacity grows.
  if (parser_.allocate(kInitialCapacity, max_depth + 1) != simdjson::SUCCESS) throw std::bad_alloc();
}

base::Result<simdjson::dom::element> JsonDocument::Parse(std::string& text) {
  // Some versions of simdjson skip it, some don't.
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) return Error{ErrorCode::kMalformed, "not JSON: begins with a byte order mark"};
  auto root = ParseInPlace(text);
  if (root.error() != simdjson::SUCCESS) {
    // Versions differ in what they call a number that fits no 64-bit type, so any error is worth the second look.
    std::string blanked = BlankNumbers(text);
    if (blanked != text) root = ParseInPlace(blanked);
  }
  switch (root.error()) {
    case simdjson::SUCCESS:
      return root.value_unsafe();
    case simdjson::EMPTY:
      return Error{ErrorCode::kMalformed, "not JSON: empty"};
    case simdjson::DEPTH_ERROR:
      return Error{ErrorCode::kMalformed, "JSON nested deeper than " + std::to_string(max_depth_)};
    case simdjson::UTF8_ERROR:
      return Error{ErrorCode::kMalformed, "not JSON: not valid UTF-8"};
    case simdjson::MEMALLOC:
      throw std::bad_alloc();
    default:
      return Error{ErrorCode::kMalformed, "not valid JSON"};
  }
}

simdjson::simdjson_result<simdjson::dom::element> JsonDocument::ParseInPlace(std::string& text) {
  text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  constexpr bool kCopyToPad = false;
  return parser_.parse(text.data(), text.size(), kCopyToPad);
}

}  // namespace irsa::admission
