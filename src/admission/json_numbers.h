// Numbers that are valid JSON but fit no 64-bit type (RFC 8259 section 6 sets no limit), where only strings are read.
#pragma once

#include <string>

namespace irsa::admission {

// The same text with every number outside of strings replaced by a 0 and spaces. What begins like a number but is none
// by JSON's grammar stays, so that broken text stays broken.
std::string BlankNumbers(std::string text);

}  // namespace irsa::admission
