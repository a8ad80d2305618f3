// Reads a pod into text, for tests to compare.
#pragma once

#include <string>
#include <string_view>

#include "irsa/admission/review_reader.h"

namespace irsa::admission {

inline constexpr const char* kPrefix = "example.org";

// The view as text, or the error's code and message.
std::string Read(ReviewReader& reader, std::string pod);
// With a reader of its own, for kPrefix.
std::string Read(std::string pod);

// That many elements, with commas between them.
std::string Repeat(std::string_view element, size_t count);

}  // namespace irsa::admission
