// sts:TagSession and sts:SetSourceIdentity, which a trust policy has to allow as well for what is set on a session.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
#pragma once

#include <optional>

#include "irsa/iam/request_context.h"
#include "irsa/iam/trust_policy.h"
#include "irsa/sts/assume_role_check.h"

#include "check_texts.h"

namespace irsa::sts {

// Null when the policy allows all that the attributes ask for. `context` is the request for the role.
std::optional<Check> CheckSessionActions(const iam::TrustPolicy& policy, iam::RequestContext context,
                                         const iam::SessionAttributes& attributes, const Asker& asker);

}  // namespace irsa::sts
