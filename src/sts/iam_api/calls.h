// The calls, each a function from parameters to what its result holds.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/sts/form.h"
#include "irsa/sts/iam_api/entities.h"
#include "irsa/sts/sts_error.h"

#include "sts/answer_tree.h"
#include "sts/violations.h"

namespace irsa::sts {

struct Call {
  const Parameters& parameters;
  const std::string& account;  // of the caller
  const StsConfig& config;
  base::SystemTime now;
  Entities& entities;  // for a write a copy: what a call that fails leaves of it does not count
};

using Nodes = std::vector<AnswerNode>;
using CallResult = std::variant<Nodes, StsError>;

struct CallType {
  std::string_view action;
  CallResult (*run)(Call&);
  bool has_result;  // whether the answer has an element for it
  bool is_write;
};

std::span<const CallType> ProviderCalls();
std::span<const CallType> RoleCalls();

// The parameter's value, "" when it is not there.
std::string Value(const Parameters& parameters, std::string_view name);

// The values of NAME.member.1, NAME.member.2, … in that order.
std::vector<std::string> ListOf(const Parameters& parameters, const std::string& name);

using Tags = std::map<std::string, std::string>;

// Tags.member.N.Key and .Value, added to `into`.
std::optional<StsError> ReadTags(const Parameters& parameters, Tags& into);
void RemoveTags(const Parameters& parameters, Tags& from);

AnswerNode TagsNode(const Tags& tags);
AnswerNode ListNode(std::string name, const std::vector<std::string>& values);

// One page has all: "IsTruncated" is always false.
AnswerNode NotTruncated();

}  // namespace irsa::sts
