// Kubernetes manifests, as kubectl reads and writes them: YAML or JSON, several documents, key order kept.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/base/result.h"

namespace irsa::manifest {

// Key order is kept, so that what is written back reads like what was given.
using Value = nlohmann::ordered_json;

struct Document {
  Value value;
  size_t number = 1;  // counted from 1 in the text, empty documents included
  size_t line = 1;    // where it begins
};

// They protect the parsers, which recurse and allocate as the text demands, from exhausting stack and memory: reading
// stops at the first value over a limit. One cost remains: between two brackets, yaml-cpp keeps every token, over 100
// bytes for each byte of text. JSON, and YAML in block style, cost a small part of that.
struct Limits {
  size_t max_bytes = 64 << 20;
  // Counted after aliases are expanded, because a few anchors can stand for billions. A map, a list and a scalar are
  // one value each, and every 64 bytes of text one more.
  size_t max_values = 4'000'000;
  int max_depth = 100;
};

// All documents of a text, those that are empty or null left out.
//
// Text that begins with { or [ is read as JSON, several documents one after another allowed; where that is not JSON,
// and for any other text, as YAML with kubectl's meaning (sigs.k8s.io/yaml): scalar.h says what a plain scalar stands
// for, aliases and merge keys are expanded, keys that are numbers or booleans become text. Refused are keys that are
// lists, maps or null, unknown tags, !!binary, and a second document that does not begin with "---". In either language
// a key twice in a map, control characters and text that is not UTF-8 are refused.
//
// Errors name the document and line: kTooLarge over a limit, else kMalformed. Nothing of the text is quoted.
Result<std::vector<Document>> ReadDocuments(std::string_view text, const Limits& limits = {});

// One object of a manifest, where it stands: changing `*value` changes the document.
struct Object {
  Value* value = nullptr;  // a map
  std::string kind = {};
  std::string api_version = {};     // empty where the object has none
  std::string name = {};            // likewise
  std::string namespace_name = {};  // likewise
  std::string place = {};           // "document 2, line 14", within a list ", item 3", counted from 1
};

// The objects in the documents: a document itself, or the items of a List (a kind ending in "List" with items), however
// nested. Items of a typed list (PodList) that say no kind have the one the list is named for, as kubectl has it.
// kInvalid, naming the place, for what is no map, has no kind, or has a kind, apiVersion, name or namespace that is no
// string.
Result<std::vector<Object>> ObjectsIn(std::span<Document> documents);

// Block style, two spaces, lists not indented under their key, strings quoted only where they would be read as
// something else, by kubectl or by another YAML parser: as kubectl prints it, but long lines are never folded. Ends in
// a line break. Reading it gives the same value.
std::string WriteYaml(const Value& value);

}  // namespace irsa::manifest
