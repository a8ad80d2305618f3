#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "irsa/base/text.h"
#include "irsa/manifest/manifest.h"

#include "reader.h"

namespace irsa::manifest {
namespace {

bool IsControl(char c) { return static_cast<uint8_t>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r'; }

std::string WithLineFeeds(std::string_view text) {
  std::string lines;
  lines.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_return = text[i] == '\r';
    lines.push_back(is_return ? '\n' : text[i]);
    if (is_return && i + 1 < text.size() && text[i + 1] == '\n') ++i;
  }
  return lines;
}

bool LooksLikeJson(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\n");
  return first != text.npos && (text[first] == '{' || text[first] == '[');
}

}  // namespace

Result<std::string_view> CleanText(std::string_view text, std::string& storage) {
  if (text.starts_with(base::kByteOrderMark)) text.remove_prefix(base::kByteOrderMark.size());
  if (text.find('\r') != text.npos) {
    storage = WithLineFeeds(text);
    text = storage;
  }
  for (size_t i = 0; i < text.size();) {
    const size_t length = base::Utf8Length(text.substr(i));
    if (length == 0 || IsControl(text[i])) {
      const std::string_view what = length == 0 ? "not UTF-8" : "a control character";
      return base::WithContext({ErrorCode::kMalformed, std::string(what)}, "line " + std::to_string(LineAt(text, i)));
    }
    i += length;
  }
  return text;
}

size_t LineAt(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  return 1 + static_cast<size_t>(std::ranges::count(before, '\n'));
}

TextBuffer::TextBuffer(std::string_view text) {
  char* begin = const_cast<char*>(text.data());  // the interface of streambuf wants it; nothing is ever written
  setg(begin, begin, begin + text.size());
}

std::string PlaceName(size_t document, size_t line) {
  return "document " + std::to_string(document) + ", line " + std::to_string(line);
}

Result<std::vector<Document>> ReadDocuments(std::string_view text, const Limits& limits) {
  if (text.size() > limits.max_bytes) {
    return Error{ErrorCode::kTooLarge,
                 std::to_string(text.size()) + " bytes, more than the limit of " + std::to_string(limits.max_bytes)};
  }
  std::string storage;
  const Result<std::string_view> clean = CleanText(text, storage);
  if (!clean) return clean.error();

  std::optional<ReadFailure> json_failure;
  if (LooksLikeJson(*clean)) {
    ReadOutcome json = ReadJsonDocuments(*clean, limits);
    if (auto* documents = std::get_if<std::vector<Document>>(&json)) return std::move(*documents);
    json_failure = std::get<ReadFailure>(std::move(json));
    if (!json_failure->is_syntax) return json_failure->error;
  }
  ReadOutcome yaml = ReadYamlDocuments(*clean, limits);
  if (auto* documents = std::get_if<std::vector<Document>>(&yaml)) return std::move(*documents);
  // Text in braces that is neither: the reader that got further understood more of it.
  ReadFailure& yaml_failure = std::get<ReadFailure>(yaml);
  const bool is_json =
      json_failure && (json_failure->is_cut || (yaml_failure.is_syntax && json_failure->offset >= yaml_failure.offset));
  return is_json ? json_failure->error : yaml_failure.error;
}

}  // namespace irsa::manifest
