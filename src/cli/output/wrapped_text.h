// Reports for people: lines that end at a word.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace irsa::cli {

inline constexpr size_t kReportWidth = 100;

// Appends the words of `text` and a line's end, the line being `column` wide already; further lines begin with `indent`
// spaces. A word that is longer than a line stays whole.
void AppendWrapped(std::string_view text, size_t column, size_t indent, std::string& out, size_t width = kReportWidth);

}  // namespace irsa::cli
