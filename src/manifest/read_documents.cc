#include <optional>
#include <utility>

#include "irsa/manifest/manifest.h"

#include "reader.h"
#include "text.h"

namespace irsa::manifest {
namespace {

bool LooksLikeJson(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\n");
  return first != text.npos && (text[first] == '{' || text[first] == '[');
}

}  // namespace

std::string PlaceName(size_t document, size_t line) {
  return "document " + std::to_string(document) + ", line " + std::to_string(line);
}

base::Result<std::vector<Document>> ReadDocuments(std::string_view text, const Limits& limits) {
  if (text.size() > limits.max_bytes) {
    return base::Error{base::ErrorCode::kTooLarge, std::to_string(text.size()) + " bytes, more than the limit of " +
                                                       std::to_string(limits.max_bytes)};
  }
  std::string storage;
  const base::Result<std::string_view> clean = CleanText(text, storage);
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
