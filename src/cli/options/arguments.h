// The command line's words, before they are parsed.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace irsa::cli {

// Go's programs take "--name=" for an empty value, and templates of manifests write it for a value that is not set; our
// parser would take the next word for the value. So such a word becomes two: "--name" and "".
std::vector<std::string> WithEmptyValuesApart(std::span<const std::string_view> words);

// "irsa help issuer jwks" becomes "irsa issuer jwks --help". Other command lines stay as they are.
std::vector<std::string> WithHelpBehind(std::vector<std::string> words);

}  // namespace irsa::cli
