// What a misspelt name was likely meant for, for messages that help.
#pragma once

#include <span>
#include <string_view>

namespace irsa::base {

// The first of those candidates that the fewest insertions, removals, replacements and swaps of neighbours make of
// `text`, ASCII letters' case aside: none of them for the same name in another case, two at most, and fewer than half
// of the candidate's letters. Empty when there is none.
std::string_view LikelyMeant(std::string_view text, std::span<const std::string_view> candidates);

}  // namespace irsa::base
