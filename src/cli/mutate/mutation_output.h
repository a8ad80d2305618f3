// The forms in which `irsa mutate` prints its result.
#pragma once

#include <span>
#include <string>

#include "irsa/manifest/manifest.h"

#include "manifest_mutator.h"

namespace irsa::cli {

// YAML documents, separated by "---".
std::string FormatYaml(std::span<const manifest::Document> documents);

// JSON documents one after another, indented.
std::string FormatJson(std::span<const manifest::Document> documents);

// One line of JSON for each object that was changed: {"kind", "namespace", "name", "patch"}.
std::string FormatPatches(std::span<const MutatedObject> objects);

// Unified diffs of the objects' YAML, under lines that name the object.
std::string FormatDiffs(std::span<const MutatedObject> objects, bool has_color);

}  // namespace irsa::cli
