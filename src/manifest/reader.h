// The two languages' readers behind ReadDocuments.
#pragma once

#include <cstddef>
#include <string_view>
#include <variant>
#include <vector>

#include "irsa/base/result.h"
#include "irsa/manifest/manifest.h"

namespace irsa::manifest {

struct ReadFailure {
  base::Error error;
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

}  // namespace irsa::manifest
