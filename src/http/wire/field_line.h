// The smallest pieces of HTTP's text (RFC 9110 section 5): tokens and field lines.
#pragma once

#include <optional>
#include <string_view>

namespace irsa::http {

// Whether `text` is a token: a method or a field's name.
bool IsToken(std::string_view text);

// Without the spaces and tabs at both ends.
std::string_view TrimBlanks(std::string_view text);

struct FieldLine {
  std::string_view name;
  std::string_view value;  // trimmed
};

// "Name: value", without its line end. nullopt for anything else, above all what other parsers read differently: a
// blank before the colon or at the line's start (an old folded line), control characters.
std::optional<FieldLine> ParseFieldLine(std::string_view line);

}  // namespace irsa::http
