// Session tags and source identity in a token's claims; see request_context.h.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/text.h"
#include "irsa/iam/arn.h"
#include "irsa/iam/request_context.h"

namespace irsa::iam {
namespace {

using base::CharacterCount;
using base::Json;
using base::Quoted;

constexpr std::string_view kTags = "https://aws.amazon.com/tags";
constexpr std::string_view kFlatTag = "https://aws.amazon.com/tags/principal_tags/";
constexpr std::string_view kFlatTransitive = "https://aws.amazon.com/tags/transitive_tag_keys";
constexpr std::string_view kSourceIdentity = "https://aws.amazon.com/source_identity";

// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_know
constexpr size_t kMaxTags = 50;
constexpr size_t kMaxTagName = 128;
constexpr size_t kMaxTagValue = 256;

Error Invalid(std::string_view claim, std::string_view fault) {
  return {ErrorCode::kInvalid, "claim " + Quoted(claim) + " " + std::string(fault)};
}

// A string, or a list that holds just one.
const std::string* SingleString(const Json& json) {
  const Json& value = json.is_array() && json.size() == 1 ? json.front() : json;
  return value.get_ptr<const Json::string_t*>();
}

Status AddTag(const std::string& name, const Json& json, SessionAttributes& claims) {
  const std::string claim = std::string(kFlatTag) + name;
  const std::string* value = SingleString(json);
  if (value == nullptr) return Invalid(claim, "is not one string");
  if (name.empty() || CharacterCount(name) > kMaxTagName)
    return Invalid(claim, "has a name that is not 1 to 128 characters");
  if (CharacterCount(*value) > kMaxTagValue) return Invalid(claim, "has a value of more than 256 characters");
  if (!claims.tags.emplace(name, *value).second) return Invalid(claim, "occurs twice");
  if (claims.tags.size() > kMaxTags) return Invalid(kTags, "has more than 50 tags");
  return {};
}

Status ReadTransitive(const Json& json, SessionAttributes& claims) {
  if (!json.is_array()) return Invalid(kFlatTransitive, "is not a list");
  for (const Json& name : json) {
    if (!name.is_string()) return Invalid(kFlatTransitive, "lists something other than a string");
    claims.transitive_tag_keys.push_back(name.get<std::string>());
  }
  return {};
}

Status ReadNested(const Json& tags, SessionAttributes& claims) {
  if (!tags.is_object()) return Invalid(kTags, "is not an object");
  if (const Json* names = base::FindMember(tags, "principal_tags")) {
    if (!names->is_object()) return Invalid(kTags, "has principal_tags that are not an object");
    for (const auto& [name, value] : names->items()) {
      if (Status status = AddTag(name, value, claims); !status.ok()) return status;
    }
  }
  const Json* transitive = base::FindMember(tags, "transitive_tag_keys");
  return transitive == nullptr ? Status() : ReadTransitive(*transitive, claims);
}

Status ReadSourceIdentity(const Json& json, SessionAttributes& claims) {
  const auto* text = json.get_ptr<const Json::string_t*>();
  const bool fits =
      text != nullptr && text->size() >= 2 && text->size() <= 64 && std::ranges::all_of(*text, IsNameCharacter);
  if (!fits) return Invalid(kSourceIdentity, "is not 2 to 64 letters, digits and characters of _+=,.@-");
  claims.source_identity = *text;
  return {};
}

Status ReadClaim(const std::string& name, const Json& value, SessionAttributes& claims) {
  if (name == kTags) return ReadNested(value, claims);
  if (name == kFlatTransitive) return ReadTransitive(value, claims);
  if (name == kSourceIdentity) return ReadSourceIdentity(value, claims);
  if (name.starts_with(kFlatTag)) return AddTag(name.substr(kFlatTag.size()), value, claims);
  return {};
}

}  // namespace

Result<SessionAttributes> ReadSessionClaims(std::string_view claims_json) {
  const Result<Json> json = base::ReadJson(claims_json);
  if (!json.ok()) return base::WithContext(json.error(), "claims");
  SessionAttributes claims;
  if (!json->is_object()) return claims;
  for (const auto& [name, value] : json->items()) {
    if (Status status = ReadClaim(name, value, claims); !status.ok()) return std::move(status).error();
  }
  return claims;
}

}  // namespace irsa::iam
