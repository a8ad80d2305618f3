#include "session_actions.h"

#include <string>
#include <vector>

#include "irsa/base/text.h"

namespace irsa::sts {
namespace {

using base::Quoted;

constexpr const char* kTagSession = "sts:TagSession";
constexpr const char* kSetSourceIdentity = "sts:SetSourceIdentity";

std::vector<SessionAction> SessionActions(const iam::SessionAttributes& attributes, const Asker& asker) {
  const std::string sets = asker.IsSigned() ? "the new session has " : "the token sets ";
  std::vector<SessionAction> actions;
  if (!attributes.tags.empty() || !attributes.transitive_tag_keys.empty()) {
    const std::string count =
        attributes.tags.size() > 1 ? " (" + std::to_string(attributes.tags.size()) + " in all)" : "";
    const std::string first = attributes.tags.empty() ? "" : ", " + Quoted(attributes.tags.begin()->first) + count;
    actions.push_back({kTagSession, sets + "session tags" + first});
  }
  if (!attributes.source_identity.empty()) {
    actions.push_back({kSetSourceIdentity, sets + "the source identity " + Quoted(attributes.source_identity)});
  }
  return actions;
}

}  // namespace

std::optional<Check> CheckSessionActions(const iam::TrustPolicy& policy, iam::RequestContext context,
                                         const iam::SessionAttributes& attributes, const Asker& asker) {
  for (const SessionAction& action : SessionActions(attributes, asker)) {
    context.action = action.name;
    const iam::Decision decision = iam::Evaluate(policy, context);
    if (decision.Allowed()) continue;
    return SessionActionRefused(action, {decision, iam::Explain(policy, context, decision), {}, {}, asker});
  }
  return std::nullopt;
}

}  // namespace irsa::sts
