#include "mutation_output.h"

#include "cli/output/unified_diff.h"

namespace irsa::cli {

std::string FormatYaml(std::span<const manifest::Document> documents) {
  std::string out;
  for (const manifest::Document& document : documents) {
    if (!out.empty()) out += "---\n";
    out += manifest::WriteYaml(document.value);
  }
  return out;
}

std::string FormatJson(std::span<const manifest::Document> documents) {
  std::string out;
  for (const manifest::Document& document : documents) out += document.value.dump(2) + "\n";
  return out;
}

std::string FormatPatches(std::span<const MutatedObject> objects) {
  std::string out;
  for (const MutatedObject& object : objects) {
    const manifest::Value line = {
        {"kind", object.kind}, {"namespace", object.namespace_name}, {"name", object.name}, {"patch", object.patch}};
    out += line.dump() + "\n";
  }
  return out;
}

std::string FormatDiffs(std::span<const MutatedObject> objects, bool has_color) {
  std::string out;
  for (const MutatedObject& object : objects) {
    out += "--- " + object.title + "\n+++ " + object.title + ", mutated\n";
    out += UnifiedHunks(manifest::WriteYaml(object.before), manifest::WriteYaml(object.after), has_color);
  }
  return out;
}

}  // namespace irsa::cli
