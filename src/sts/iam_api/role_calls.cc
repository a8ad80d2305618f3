#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/text.h"
#include "irsa/base/url.h"
#include "irsa/iam/arn.h"
#include "irsa/iam/policy_text.h"
#include "irsa/iam/web_identity.h"
#include "irsa/sts/answers.h"

#include "calls.h"

namespace irsa::sts {
namespace {

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
constexpr size_t kMaxName = 64;
constexpr size_t kMaxPolicyName = 128;
constexpr size_t kMaxPath = 512;
constexpr size_t kMaxDescription = 1000;
constexpr Length kPolicyLength{1, iam::kMaxPolicyBytes};
constexpr size_t kMaxAttachedPolicies = 10;
constexpr size_t kMaxInlineCharacters = 10240;  // counted, of all of a role together
constexpr std::string_view kNamePattern = "Member must satisfy regular expression pattern: [\\w+=,.@-]+";

StsError Malformed(std::string message) { return MakeStsError(kMalformedPolicyDocument, std::move(message)); }

void CheckEntityName(std::string_view parameter, const std::string& name, size_t max, Violations& violations) {
  violations.CheckLength(parameter, name, 1, max);
  if (!std::ranges::all_of(name, iam::IsNameCharacter)) violations.Add(parameter, &name, std::string(kNamePattern));
}

// Names are compared without regard to case.
IamRole* FindRole(Call& call, const std::string& name) {
  auto& roles = call.entities.roles;
  const auto found = std::ranges::find_if(roles, [&](const IamRole& role) {
    return role.account == call.account && base::EqualsIgnoringCase(role.name, name);
  });
  return found == roles.end() ? nullptr : &*found;
}

// RoleName or PolicyName.
std::optional<StsError> ReadEntityName(const Call& call, std::string_view parameter, size_t max, std::string& into) {
  Violations violations;
  if (const std::string* name = Required(call.parameters, parameter, violations)) {
    CheckEntityName(parameter, *name, max, violations);
    into = *name;
  }
  return violations.Error();
}

// `work` is given the role that the call names.
template <typename Work>
CallResult WithRole(Call& call, Work work) {
  std::string name;
  if (auto error = ReadEntityName(call, "RoleName", kMaxName, name)) return *std::move(error);
  if (IamRole* role = FindRole(call, name)) return work(*role);
  return MakeStsError(kNoSuchEntity, "The role with name " + name + " cannot be found.");
}

// AssumeRolePolicyDocument or PolicyDocument.
std::optional<StsError> ReadTrustPolicy(const Call& call, std::string_view name, std::string& into) {
  if (auto error = ReadText(call, name, kPolicyLength, into)) return error;
  if (const auto policy = iam::ParseTrustPolicy(into); !policy.ok()) return Malformed(policy.error().message);
  if (iam::CountedCharacters(into) > iam::kTrustPolicyQuota) {
    return MakeStsError(kLimitExceeded, "Cannot exceed quota for ACLSizePerRole: 2048");
  }
  return std::nullopt;
}

void ReadDuration(const Call& call, IamRole& role, Violations& violations) {
  const std::string* text = FindParameter(call.parameters, "MaxSessionDuration");
  if (text == nullptr) return;
  const bool is_number = !text->empty() && text->size() <= 9 && std::ranges::all_of(*text, base::IsDigit);
  role.max_session_duration = std::chrono::seconds(is_number ? std::stol(*text) : 0);
  if (role.max_session_duration < kMinMaxSessionDuration) {
    violations.Add("MaxSessionDuration", text, "Member must have value greater than or equal to 3600");
  } else if (role.max_session_duration > kMaxMaxSessionDuration) {
    violations.Add("MaxSessionDuration", text, "Member must have value less than or equal to 43200");
  }
}

void ReadDescription(const Call& call, IamRole& role, Violations& violations) {
  const std::string* description = FindParameter(call.parameters, "Description");
  if (description == nullptr) return;
  violations.CheckLength("Description", *description, 0, kMaxDescription);
  role.description = *description;
}

AnswerNode RoleNode(std::string name, const IamRole& role) {
  Nodes members{{"Path", role.path},
                {"RoleName", role.name},
                {"RoleId", RoleId(role.Arn())},
                {"Arn", role.Arn()},
                {"CreateDate", role.created},
                {"AssumeRolePolicyDocument", base::EncodeComponent(role.document)},
                {"MaxSessionDuration", std::to_string(role.max_session_duration.count())}};
  if (!role.description.empty()) members.push_back({"Description", role.description});
  if (!role.tags.empty()) members.push_back(TagsNode(role.tags));
  return {std::move(name), std::move(members)};
}

bool IsConfigured(const Call& call, const IamRole& role) {
  return std::ranges::any_of(call.config.roles, [&](const ConfiguredRole& known) {
    const std::string name = known.arn.substr(known.arn.rfind('/') + 1);
    return AccountOfRole(known.arn) == role.account && base::EqualsIgnoringCase(name, role.name);
  });
}

CallResult CreateRole(Call& call) {
  IamRole created;
  created.account = call.account;
  created.created = call.now;
  Violations violations;
  if (const std::string* name = Required(call.parameters, "RoleName", violations)) {
    created.name = *name;
    CheckEntityName("RoleName", *name, kMaxName, violations);
  }
  if (const std::string* path = FindParameter(call.parameters, "Path")) {
    created.path = *path;
    violations.CheckLength("Path", *path, 1, kMaxPath);
    if (!path->starts_with('/') || !path->ends_with('/')) {
      violations.Add("Path", path,
                     "Member must satisfy regular expression pattern: (\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)");
    }
  }
  ReadDescription(call, created, violations);
  ReadDuration(call, created, violations);
  if (auto error = violations.Error()) return *std::move(error);
  if (auto error = ReadTrustPolicy(call, "AssumeRolePolicyDocument", created.document)) {
    return *std::move(error);
  }
  if (auto error = AddTags(call.parameters, created.tags)) return *std::move(error);
  if (!iam::IsRoleArn(created.Arn())) return MakeStsError(kValidationError, "The specified value for path is invalid.");
  if (FindRole(call, created.name) != nullptr || IsConfigured(call, created)) {
    return MakeStsError(kEntityAlreadyExists, "Role with name " + created.name + " already exists.");
  }
  Nodes result{RoleNode("Role", created)};
  call.entities.roles.push_back(std::move(created));
  return result;
}

CallResult GetRole(Call& call) {
  return WithRole(call, [](IamRole& role) { return Nodes{RoleNode("Role", role)}; });
}

CallResult ListRoles(Call& call) {
  const std::string prefix = Value(call.parameters, "PathPrefix");
  Nodes list;
  for (const IamRole& role : call.entities.roles) {
    if (role.account == call.account && role.path.starts_with(prefix)) list.push_back(RoleNode("member", role));
  }
  return Nodes{{"Roles", std::move(list)}, NotTruncated()};
}

CallResult UpdateRole(Call& call) {
  return WithRole(call, [&](IamRole& role) -> CallResult {
    Violations violations;
    ReadDescription(call, role, violations);
    ReadDuration(call, role, violations);
    return EmptyOr(violations.Error());
  });
}

CallResult UpdateDescription(Call& call) {
  return WithRole(call, [&](IamRole& role) -> CallResult {
    Violations violations;
    if (Required(call.parameters, "Description", violations)) ReadDescription(call, role, violations);
    if (auto error = violations.Error()) return *std::move(error);
    return Nodes{RoleNode("Role", role)};
  });
}

CallResult UpdateTrustPolicy(Call& call) {
  return WithRole(call, [&](IamRole& role) -> CallResult {
    return EmptyOr(ReadTrustPolicy(call, "PolicyDocument", role.document));
  });
}

CallResult DeleteRole(Call& call) {
  return WithRole(call, [&](IamRole& role) -> CallResult {
    if (!role.attached_policies.empty()) {
      return MakeStsError(kDeleteConflict, "Cannot delete entity, must detach all policies first.");
    }
    if (!role.inline_policies.empty()) {
      return MakeStsError(kDeleteConflict, "Cannot delete entity, must delete policies first.");
    }
    call.entities.roles.erase(call.entities.roles.begin() + (&role - call.entities.roles.data()));
    return Nodes{};
  });
}

std::optional<StsError> ReadPolicyArn(const Call& call, std::string& into) {
  if (auto error = ReadText(call, "PolicyArn", {20, 2048}, into)) return error;
  const Result<iam::Arn> parsed = iam::ParseArn(into);
  if (!parsed.ok() || parsed->service != "iam" || !parsed->resource.starts_with("policy/")) {
    return MakeStsError(kInvalidInput, "ARN " + into + " is not valid.");
  }
  return std::nullopt;
}

CallResult AttachPolicy(Call& call) {
  return WithRole(call, [&](IamRole& role) -> CallResult {
    std::string arn;
    if (auto error = ReadPolicyArn(call, arn)) return *std::move(error);
    auto& attached = role.attached_policies;
    if (std::ranges::find(attached, arn) != attached.end()) return Nodes{};
    if (attached.size() >= kMaxAttachedPolicies) {
      return MakeStsError(kLimitExceeded, "Cannot exceed quota for PoliciesPerRole: 10");
    }
    attached.push_back(arn);
    return Nodes{};
  });
}

CallResult DetachPolicy(Call& call) {
  return WithRole(call, [&](IamRole& role) -> CallResult {
    std::string arn;
    if (auto error = ReadPolicyArn(call, arn)) return *std::move(error);
    if (std::erase(role.attached_policies, arn) == 0) {
      return MakeStsError(kNoSuchEntity, "Policy " + arn + " was not found.");
    }
    return Nodes{};
  });
}

CallResult ListAttachedPolicies(Call& call) {
  return WithRole(call, [](IamRole& role) -> CallResult {
    Nodes list;
    for (const std::string& arn : role.attached_policies) {
      list.push_back({"member", Nodes{{"PolicyName", arn.substr(arn.rfind('/') + 1)}, {"PolicyArn", arn}}});
    }
    return Nodes{{"AttachedPolicies", std::move(list)}, NotTruncated()};
  });
}

StsError NoPolicy(const std::string& name) {
  return MakeStsError(kNoSuchEntity, "The role policy with name " + name + " cannot be found.");
}

CallResult PutPolicy(Call& call) {
  return WithRole(call, [&](IamRole& role) -> CallResult {
    std::string name;
    if (auto error = ReadEntityName(call, "PolicyName", kMaxPolicyName, name)) return *std::move(error);
    std::string document;
    if (auto error = ReadText(call, "PolicyDocument", kPolicyLength, document)) return *std::move(error);
    const Result<base::Json> json = base::ReadJson(document);
    if (!json.ok() || !json->is_object() || !json->contains("Statement")) {
      return Malformed(json.ok() ? "Syntax errors in policy." : "Syntax errors in policy: " + json.error().message);
    }
    role.inline_policies[name] = std::move(document);
    size_t characters = 0;
    for (const auto& [other, text] : role.inline_policies) characters += iam::CountedCharacters(text);
    if (characters > kMaxInlineCharacters) {
      return MakeStsError(kLimitExceeded, "Maximum policy size of 10240 bytes exceeded for role " + role.name);
    }
    return Nodes{};
  });
}

CallResult GetPolicy(Call& call) {
  return WithRole(call, [&](IamRole& role) -> CallResult {
    std::string name;
    if (auto error = ReadEntityName(call, "PolicyName", kMaxPolicyName, name)) return *std::move(error);
    const auto found = role.inline_policies.find(name);
    if (found == role.inline_policies.end()) return NoPolicy(name);
    return Nodes{
        {"RoleName", role.name}, {"PolicyName", name}, {"PolicyDocument", base::EncodeComponent(found->second)}};
  });
}

CallResult ListPolicies(Call& call) {
  return WithRole(call, [](IamRole& role) -> CallResult {
    std::vector<std::string> names;
    for (const auto& [name, document] : role.inline_policies) names.push_back(name);
    return Nodes{ListNode("PolicyNames", names), NotTruncated()};
  });
}

CallResult DeletePolicy(Call& call) {
  return WithRole(call, [&](IamRole& role) -> CallResult {
    std::string name;
    if (auto error = ReadEntityName(call, "PolicyName", kMaxPolicyName, name)) return *std::move(error);
    if (role.inline_policies.erase(name) == 0) return NoPolicy(name);
    return Nodes{};
  });
}

CallResult TagRole(Call& call) {
  return WithRole(call, [&](IamRole& role) { return EmptyOr(AddTags(call.parameters, role.tags)); });
}

CallResult UntagRole(Call& call) {
  return WithRole(call, [&](IamRole& role) {
    RemoveTags(call.parameters, role.tags);
    return Nodes{};
  });
}

CallResult ListTags(Call& call) {
  return WithRole(call, [](IamRole& role) { return Nodes{TagsNode(role.tags), NotTruncated()}; });
}

// There are no instance profiles here; Terraform asks for them before it deletes a role.
CallResult ListInstanceProfiles(Call& call) {
  return WithRole(call, [](IamRole&) { return Nodes{{"InstanceProfiles", Nodes{}}, NotTruncated()}; });
}

constexpr CallType kRoleCalls[] = {
    {"CreateRole", CreateRole, true, true},
    {"GetRole", GetRole, true, false},
    {"ListRoles", ListRoles, true, false},
    {"UpdateRole", UpdateRole, true, true},
    {"UpdateRoleDescription", UpdateDescription, true, true},
    {"UpdateAssumeRolePolicy", UpdateTrustPolicy, false, true},
    {"DeleteRole", DeleteRole, false, true},
    {"AttachRolePolicy", AttachPolicy, false, true},
    {"DetachRolePolicy", DetachPolicy, false, true},
    {"ListAttachedRolePolicies", ListAttachedPolicies, true, false},
    {"PutRolePolicy", PutPolicy, false, true},
    {"GetRolePolicy", GetPolicy, true, false},
    {"ListRolePolicies", ListPolicies, true, false},
    {"DeleteRolePolicy", DeletePolicy, false, true},
    {"TagRole", TagRole, false, true},
    {"UntagRole", UntagRole, false, true},
    {"ListRoleTags", ListTags, true, false},
    {"ListInstanceProfilesForRole", ListInstanceProfiles, true, false},
};

}  // namespace

std::span<const CallType> RoleCalls() { return kRoleCalls; }

}  // namespace irsa::sts
