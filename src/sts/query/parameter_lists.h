// Lists and tags as AWS's Query API has them in parameters: NAME.member.1, NAME.member.2, …
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/sts/query/form.h"
#include "irsa/sts/query/sts_error.h"

namespace irsa::sts {

// The parameter's value, "" when it is not there.
std::string Value(const Parameters& parameters, std::string_view name);

// The values of NAME.member.1, NAME.member.2, … in that order.
std::vector<std::string> ListOf(const Parameters& parameters, const std::string& name);

using Tags = std::map<std::string, std::string>;

inline constexpr size_t kMaxTags = 50;

// The tag of that name, whatever its case; null when there is none.
const Tags::value_type* FindTag(const Tags& tags, std::string_view name);

// Tags.member.N.Key and .Value, added to `into`, where a name is the same whatever its case. ValidationError for
// lengths that are not allowed; `duplicate` is the code for a name that is given twice.
std::optional<StsError> ReadTags(const Parameters& parameters, std::string_view duplicate, Tags& into);

}  // namespace irsa::sts
