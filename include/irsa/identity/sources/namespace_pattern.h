// Patterns of namespaces: * stands for any text, none included ("team-*", "*-prod", "*").
#pragma once

#include <cstddef>
#include <string_view>

namespace irsa::identity {

// Has a * and could match a namespace: at most 63 characters of a-z, 0-9, - and *, no two * in a row.
bool IsNamespacePattern(std::string_view text);

bool MatchesNamespace(std::string_view pattern, std::string_view namespace_name);

// The characters that it names: of two patterns that match a namespace, the one with more of them counts.
size_t SpecificityOf(std::string_view pattern);

// Whether some text matches both.
bool PatternsOverlap(std::string_view one, std::string_view other);

}  // namespace irsa::identity
