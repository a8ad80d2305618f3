#include "json_document.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <limits>
#include <new>

#include "irsa/base/text.h"

namespace irsa::admission {
namespace {

constexpr size_t kInitialCapacity = 16384;  // a pod of a few containers is reviewed in 4 to 10 KB

// By how much a token changes the depth, by its first character. What stands behind the last token ends any depth.
constexpr std::array<std::ptrdiff_t, 256> kDepthChanges = [] {
  std::array<std::ptrdiff_t, 256> changes{};
  changes['{'] = changes['['] = 1;
  changes['}'] = changes[']'] = -1;
  changes['\0'] = std::numeric_limits<std::ptrdiff_t>::min();
  return changes;
}();

// The hexadecimal digits of \uXXXX are taken off `raw`; none where it begins otherwise.
std::optional<uint32_t> TakeCodeUnit(std::string_view& raw) {
  constexpr size_t kSize = 6;
  uint32_t unit = 0;
  if (raw.size() < kSize || !raw.starts_with("\\u")) return std::nullopt;
  if (std::from_chars(raw.data() + 2, raw.data() + kSize, unit, 16).ptr != raw.data() + kSize) return std::nullopt;
  raw.remove_prefix(kSize);
  return unit;
}

void AppendUtf8(uint32_t code, std::string& text) {
  const auto append = [&text](uint32_t byte) { text += static_cast<char>(byte); };
  const auto append_tail = [&](uint32_t shift) { append(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) return append(code);
  if (code < 0x800) {
    append(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    append(0xE0 | code >> 12);
    append_tail(6);
  } else {
    append(0xF0 | code >> 18);
    append_tail(12);
    append_tail(6);
  }
  append_tail(0);
}

// Takes the escape that `raw` begins with off it.
bool TakeEscape(std::string_view& raw, std::string& text) {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kNamed = "\"\\/\b\f\n\r\t";
  if (const size_t named = kNames.find(raw.size() > 1 ? raw[1] : 'u'); named != std::string_view::npos) {
    text += kNamed[named];
    raw.remove_prefix(2);
    return true;
  }
  std::optional<uint32_t> code = TakeCodeUnit(raw);
  if (code && *code >= 0xD800 && *code < 0xE000) {
    // The first half of a character, which the second has to follow.
    const std::optional<uint32_t> low = *code < 0xDC00 ? TakeCodeUnit(raw) : std::nullopt;
    if (!low || *low < 0xDC00 || *low >= 0xE000) return false;
    code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
  }
  if (code) AppendUtf8(*code, text);
  return code.has_value();
}

}  // namespace

Error NotJson() { return {ErrorCode::kMalformed, "not valid JSON"}; }

bool Cursor::TakeWord(std::string_view literal) {
  constexpr std::string_view kWhiteSpace = " \t\r\n";
  const std::string_view token(text_ + *at_, text_ + *(at_ + 1));
  if (token.substr(0, token.find_last_not_of(kWhiteSpace) + 1) != literal) return false;
  ++at_;
  return true;
}

bool Cursor::TakeRaw(std::string_view& raw) {
  if (Peek() != '"') return false;
  const char* const begin = text_ + *at_ + 1;
  // Between the closing quote and the next token there is only white space.
  const char* end = text_ + *(at_ + 1) - 1;
  while (*end != '"') --end;
  if (end < begin) return false;
  raw = {begin, end};
  ++at_;
  return true;
}

bool Cursor::ReplaceEscapes(std::string_view raw, std::string_view& text) {
  std::optional<std::string> unescaped = admission::Unescape(raw);
  if (!unescaped) return false;
  text = document_->unescaped_.emplace_back(*std::move(unescaped));
  document_->unescaped_bytes_ += sizeof(std::string) + text.size();
  return true;
}

Status Cursor::Skip() {
  switch (Peek()) {
    case '{':
    case '[':
      break;
    case '}':
    case ']':
    case ',':
    case ':':
    case '\0':
      return NotJson();
    default:
      ++at_;
      return {};
  }
  std::ptrdiff_t depth = 1;
  const uint32_t* at = at_ + 1;
  do {
    depth += kDepthChanges[static_cast<unsigned char>(text_[*at++])];
  } while (depth > 0);
  if (depth < 0) return NotJson();
  at_ = at;
  return {};
}

JsonDocument::JsonDocument() {
  constexpr size_t kNoDepth = 1;  // simdjson keeps none
  if (simdjson::get_active_implementation()->create_dom_parser_implementation(kInitialCapacity, kNoDepth, index_) !=
      simdjson::SUCCESS) {
    throw std::bad_alloc();
  }
}

Result<Cursor> JsonDocument::Parse(std::string& text) {
  unescaped_.clear();
  unescaped_bytes_ = 0;
  plain_ = {};
  if (text.starts_with(base::kByteOrderMark))
    return Error{ErrorCode::kMalformed, "not JSON: begins with a byte order mark"};
  text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  if (text.size() > capacity() && index_->set_capacity(text.size()) != simdjson::SUCCESS) throw std::bad_alloc();
  text_ = text;
  const auto* const bytes = reinterpret_cast<const uint8_t*>(text.data());
  switch (index_->stage1(bytes, text.size(), simdjson::stage1_mode::regular)) {
    case simdjson::SUCCESS:
      break;
    case simdjson::EMPTY:
      return Error{ErrorCode::kMalformed, "not JSON: empty"};
    case simdjson::UTF8_ERROR:
      return Error{ErrorCode::kMalformed, "not JSON: not valid UTF-8"};
    default:
      return NotJson();
  }
  uint32_t* const begin = index_->structural_indexes.get();
  uint32_t* const end = begin + index_->n_structural_indexes;
  *end = static_cast<uint32_t>(text.size());  // where the text has a '\0'
  return Cursor(*this, text.c_str(), begin, end);
}

// Bounded, because what is read once more later may lie before a backslash that ended the last look.
void JsonDocument::LookForEscapes(std::string_view part) {
  constexpr size_t kAhead = 4096;
  plain_ = text_.substr(static_cast<size_t>(part.data() - text_.data()), std::max(part.size(), kAhead));
  plain_ = plain_.substr(0, plain_.find('\\'));
}

std::optional<std::string> Unescape(std::string_view raw) {
  std::string text;
  while (!raw.empty()) {
    const size_t plain = std::min(raw.find('\\'), raw.size());
    text += raw.substr(0, plain);
    raw.remove_prefix(plain);
    if (!raw.empty() && !TakeEscape(raw, text)) return std::nullopt;
  }
  return text;
}

}  // namespace irsa::admission
