// Kubernetes manifests, as kubectl reads and writes them: YAML or JSON, several documents, key order kept.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/base/result.h"

namespace irsa::manifest {

// Key order is kept, so that what is written back reads like what was given.
using Document = nlohmann::ordered_json;

struct Limits {
  size_t max_bytes = 64 << 20;
  size_t max_nodes = 4'000'000;  // counted after aliases are expanded: a few anchors can stand for billions
  int max_depth = 100;
};

// All documents of a text, empty ones left out. Scalars are resolved as kubectl does (YAML 1.1's booleans, octal 0644).
// Duplicate keys are refused. Errors name the document and line.
base::Result<std::vector<Document>> ReadDocuments(std::string_view text, const Limits& limits = {});

// The objects in it: each document, a List (any kind ending in "List" with items) replaced by its items.
std::vector<Document> FlattenLists(std::vector<Document> documents);

// Block style, two spaces, lists not indented under their key, strings quoted only where they would be read as
// something else: as kubectl prints it. Ends in a line break.
std::string WriteYaml(const Document& document);

}  // namespace irsa::manifest
