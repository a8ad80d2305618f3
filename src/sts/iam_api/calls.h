// The calls, each a function from parameters to what its result holds.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/sts/iam_api/entities.h"
#include "irsa/sts/query/answer_tree.h"
#include "irsa/sts/query/form.h"
#include "irsa/sts/query/sts_error.h"

#include "sts/query/parameter_lists.h"
#include "sts/query/violations.h"

namespace irsa::sts {

struct Call {
  const Parameters& parameters;
  const std::string& account;  // of the caller
  const StsConfig& config;
  base::SystemTime now;
  Entities& entities;  // for a write a copy: what a call that fails leaves of it does not count
};

// Of a call whose result is empty unless there is an error.
inline CallResult EmptyOr(std::optional<StsError> error) {
  if (error) return *std::move(error);
  return Nodes();
}

struct CallType {
  std::string_view action;
  CallResult (*run)(Call&);
  bool has_result;  // whether the answer has an element for it
  bool is_write;
};

std::span<const CallType> ProviderCalls();
std::span<const CallType> RoleCalls();

// How many characters a parameter has.
struct Length {
  size_t min = 0;
  size_t max = std::string::npos;
};

// A parameter that the call must have.
std::optional<StsError> ReadText(const Call& call, std::string_view name, const Length& length, std::string& into);

// Tags.member.N.Key and .Value, added to `into`; LimitExceeded for more than an entity may have.
std::optional<StsError> AddTags(const Parameters& parameters, Tags& into);
void RemoveTags(const Parameters& parameters, Tags& from);

AnswerNode TagsNode(const Tags& tags);
AnswerNode ListNode(std::string name, const std::vector<std::string>& values);

// One page has all: "IsTruncated" is always false.
AnswerNode NotTruncated();

}  // namespace irsa::sts
