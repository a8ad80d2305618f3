// Which service accounts patterns tell apart: one subject for each set of patterns that some subject matches.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "irsa/iam/policy_text.h"

namespace irsa::iam {

struct SubjectClasses {
  // "system:serviceaccount:<namespace>:<name>", valid names. Every other subject is matched by the same patterns as one
  // of these, provided that `complete`.
  std::vector<std::string> subjects;
  bool complete = true;  // false: there were too many, and some are left out
};

SubjectClasses ClassesOf(const std::vector<Pattern>& patterns);

// The namespace in a subject, or in a pattern of subjects that has no wildcard there; empty for all others.
std::string_view NamespaceIn(std::string_view pattern);

// Whether it is the `sub` of some service account.
bool IsServiceAccountSubject(std::string_view text);

}  // namespace irsa::iam
