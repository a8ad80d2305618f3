// Differences between two texts, for people.
#pragma once

#include <string>
#include <string_view>

namespace irsa::cli {

// The hunks of a unified diff, with 3 or 4 lines of context and without the two header lines; empty for equal texts.
// Both texts are whole lines. With `has_color`, ANSI escapes make what is removed red, what is added green and the
// hunks' places cyan.
std::string UnifiedHunks(std::string_view before, std::string_view after, bool has_color);

}  // namespace irsa::cli
