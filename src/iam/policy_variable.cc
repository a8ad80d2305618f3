#include "irsa/iam/policy_variable.h"

#include <optional>
#include <string>
#include <vector>

#include "irsa/base/text.h"

namespace irsa::iam {
namespace {

using base::Quoted;

struct Variable {
  std::string_view name;
  std::optional<std::string_view> default_value;
};

Error Malformed(std::string_view text) {
  return {ErrorCode::kInvalid, Quoted(text) + " has a malformed policy variable"};
}

// `inside` is what is between the braces.
std::optional<Variable> ParseVariable(std::string_view inside) {
  const size_t comma = inside.find(',');
  Variable variable{base::Trimmed(inside.substr(0, comma), " "), std::nullopt};
  if (variable.name.empty() || HasVariables(inside)) return std::nullopt;
  if (comma == std::string_view::npos) return variable;
  std::string_view value = base::Trimmed(inside.substr(comma + 1), " ");
  if (value.size() < 2 || !value.starts_with('\'') || !value.ends_with('\'')) return std::nullopt;
  variable.default_value = value.substr(1, value.size() - 2);
  return variable;
}

bool IsEscape(std::string_view name) { return name == "*" || name == "?" || name == "$"; }

// Calls on_text and on_variable for the pieces of `text` in their order, until one fails.
template <typename OnText, typename OnVariable>
Status ForEachPiece(std::string_view text, OnText on_text, OnVariable on_variable) {
  std::string_view rest = text;
  while (true) {
    const size_t start = rest.find("${");
    on_text(rest.substr(0, start));
    if (start == std::string_view::npos) return {};
    const size_t end = rest.find('}', start);
    if (end == std::string_view::npos) return Malformed(text);
    const std::optional<Variable> variable = ParseVariable(rest.substr(start + 2, end - start - 2));
    if (!variable) return Malformed(text);
    if (Status status = on_variable(*variable); !status.ok()) return status;
    rest.remove_prefix(end + 1);
  }
}

}  // namespace

Status CheckVariables(std::string_view text) {
  return ForEachPiece(
      text, [](std::string_view) {}, [](const Variable&) { return Status(); });
}

Result<Pattern> Expand(std::string_view text, Wildcards wildcards, const RequestContext& context) {
  Pattern pattern;
  const auto add_text = [&](std::string_view piece) {
    wildcards == Wildcards::kMatch ? pattern.AppendWildcards(piece) : pattern.AppendLiteral(piece);
  };
  const auto add_variable = [&](const Variable& variable) -> Status {
    if (IsEscape(variable.name)) {
      pattern.AppendLiteral(variable.name);
      return {};
    }
    const std::vector<std::string> values = ValuesOf(context, variable.name);
    if (values.size() == 1) {
      pattern.AppendLiteral(values.front());
    } else if (values.empty() && variable.default_value) {
      pattern.AppendLiteral(*variable.default_value);
    } else {
      return Error{ErrorCode::kNotFound,
                   "policy variable " + Quoted(variable.name) + " has no single value in the request"};
    }
    return {};
  };
  Status status = ForEachPiece(text, add_text, add_variable);
  if (!status.ok()) return std::move(status).error();
  return pattern;
}

}  // namespace irsa::iam
