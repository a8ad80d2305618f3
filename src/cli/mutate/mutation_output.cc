#include "mutation_output.h"

#include <sstream>
#include <string_view>
#include <vector>

#include <dtl/dtl.hpp>

namespace irsa::cli {
namespace {

constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kCyan = "\x1b[36m";
constexpr std::string_view kReset = "\x1b[0m";

std::vector<std::string> Lines(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string_view Color(std::string_view line) {
  if (line.starts_with('-')) return kRed;
  if (line.starts_with('+')) return kGreen;
  return line.starts_with('@') ? kCyan : "";
}

std::string Colored(std::string_view hunks) {
  std::string out;
  for (const std::string& line : Lines(hunks)) {
    const std::string_view color = Color(line);
    out.append(color).append(line).append(color.empty() ? "" : kReset).append("\n");
  }
  return out;
}

}  // namespace

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

std::string UnifiedHunks(std::string_view before, std::string_view after, bool has_color) {
  dtl::Diff<std::string> diff(Lines(before), Lines(after));
  diff.onHuge();
  diff.compose();
  diff.composeUnifiedHunks();
  std::ostringstream hunks;
  diff.printUnifiedFormat(hunks);
  return has_color ? Colored(hunks.str()) : hunks.str();
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
