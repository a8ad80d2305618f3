// What a scalar of YAML stands for, by the rules of kubectl's parser (go-yaml v2: YAML 1.1 without its sexagesimals).
// https://github.com/kubernetes-sigs/yaml, https://yaml.org/type/
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "irsa/base/result.h"
#include "irsa/manifest/manifest.h"

namespace irsa::manifest {

// A scalar that is not quoted. Null: empty, ~, null Null NULL. Booleans: y yes on true, n no off false, each in lower
// case, capitalised or in upper case. Integers: an optional sign, underscores anywhere, decimal, 0x, 0o, 0b, or octal
// by a leading zero (0644 is 420). Anything with a dot or an exponent that is a number, and decimal integers over 64
// bits, are floats. All else, dates too, is a string.
//
// kInvalid for what JSON has no number for: .inf, .nan, and integers over 64 bits in other bases.
Result<Value> ResolvePlain(std::string_view text);

// A scalar, quoted or not, with an explicit tag in its long form ("tag:yaml.org,2002:int"). kInvalid when the text is
// not of that type, or the tag is none of str, int, float, bool, null and timestamp (which stays a string).
Result<Value> ResolveTagged(std::string_view tag, std::string_view text);

// The text a scalar has as a key: true for yes, 420 for 0644. Nothing for null, lists and maps.
std::optional<std::string> KeyText(const Value& scalar);

// A scalar as yaml-cpp gives it, made UTF-8: its escapes \N and \_ (U+0085 and U+00A0) come as single bytes.
std::string RepairEscapes(std::string_view scalar);

}  // namespace irsa::manifest
