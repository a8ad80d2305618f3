// Policy variables, `${aws:username}` or `${aws:username, 'nobody'}`, in the values of String and Arn conditions.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
#pragma once

#include <string_view>

#include "irsa/base/result.h"
#include "irsa/iam/policy_text.h"
#include "irsa/iam/request_context.h"

namespace irsa::iam {

// Version 2012-10-17 has variables; in 2008-10-17 `${…}` is literal text.
enum class Variables { kExpanded, kLiteral };

enum class Wildcards { kMatch, kLiteral };

inline bool HasVariables(std::string_view text) { return text.find("${") != std::string_view::npos; }

// kInvalid, quoting the text, when a `${` in it is no well-formed variable: without an end or a name, or with something
// other than a quoted default value after the comma.
Status CheckVariables(std::string_view text);

// `text` with the context's values for its variables. `${*}`, `${?}` and `${$}` stand for that character, literally. A
// variable's value matches literally too. kNotFound, naming the variable, when the context has no value, or several,
// and the policy no default: such a text is equal to nothing.
Result<Pattern> Expand(std::string_view text, Wildcards wildcards, const RequestContext& context);

}  // namespace irsa::iam
