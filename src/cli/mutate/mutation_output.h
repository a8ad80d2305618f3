// The forms in which `irsa mutate` prints its result.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "irsa/manifest/manifest.h"

#include "manifest_mutator.h"

namespace irsa::cli {

// YAML documents, separated by "---".
std::string FormatYaml(std::span<const manifest::Document> documents);

// JSON documents one after another, indented.
std::string FormatJson(std::span<const manifest::Document> documents);

// One line of JSON for each object that was changed: {"kind", "namespace", "name", "patch"}.
std::string FormatPatches(std::span<const MutatedObject> objects);

// The hunks of a unified diff, with 3 or 4 lines of context and without the two header lines; empty for equal texts.
// Both texts are whole lines. With `has_color`, ANSI escapes make what is removed red, what is added green and the
// hunks' places cyan.
std::string UnifiedHunks(std::string_view before, std::string_view after, bool has_color);

// Unified diffs of the objects' YAML, under lines that name the object.
std::string FormatDiffs(std::span<const MutatedObject> objects, bool has_color);

}  // namespace irsa::cli
