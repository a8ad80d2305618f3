#include "irsa/oidc/key_rotation.h"

#include <algorithm>
#include <array>
#include <utility>

#include "irsa/base/text.h"
#include "irsa/oidc/token_verifier.h"

namespace irsa::oidc {
namespace {

using base::Quoted;

std::vector<std::string> Flags(const KeyFiles& signing, const std::vector<std::string>& verifying) {
  std::vector<std::string> flags = {"--service-account-signing-key-file=" + signing.private_file};
  for (const std::string& file : verifying) flags.push_back("--service-account-key-file=" + file);
  return flags;
}

std::vector<std::string> PublicFiles(const std::vector<KeyFiles>& keys) {
  std::vector<std::string> files;
  for (const KeyFiles& key : keys) files.push_back(key.public_file);
  return files;
}

enum class Presence { kAbsent, kPresent, kWrongId };

Presence FindKey(const JwkSet& set, const PublicKey& key) {
  Presence presence = Presence::kAbsent;
  for (const Jwk& jwk : set.keys) {
    if (jwk.key.id() != key.id()) continue;
    if (jwk.id == key.id()) return Presence::kPresent;
    presence = Presence::kWrongId;
  }
  return presence;
}

RotationPosition Wrong(std::string detail) { return {std::nullopt, std::move(detail)}; }

RotationPosition SignedByAnother(const Jwt& token, std::span<const PublicKey* const> others) {
  const auto signer =
      std::ranges::find_if(others, [&token](const PublicKey* other) { return IsSignedBy(token, *other); });
  if (signer != others.end()) {
    return Wrong("the token is signed by a key that stays, " + (*signer)->id() +
                 ": pass the key that signs now as the current one");
  }
  return Wrong("the token is signed by neither key" +
               (token.header.key_id ? "; its kid is " + Quoted(*token.header.key_id) : std::string()) +
               ": check that it is a new token of this cluster and that both keys are the cluster's");
}

RotationPosition WhileBothArePublished(bool token_known, bool signed_by_next) {
  if (!token_known) {
    return {RotationStage::kWaitForCaches,
            "both keys are published; a newly issued token (--token) shows whether the new one signs already"};
  }
  if (signed_by_next) {
    return {RotationStage::kWaitForTokens,
            "both keys are published and the new one signs: remove the old one when its last token has expired"};
  }
  return {RotationStage::kWaitForCaches,
          "both keys are published and the old one signs: switch when the old key set has left every cache"};
}

}  // namespace

std::string_view RotationStageName(RotationStage stage) {
  constexpr std::array<std::string_view, 6> kNames = {"publish",         "wait-for-caches", "switch",
                                                      "wait-for-tokens", "remove",          "done"};
  return kNames[static_cast<size_t>(stage)];
}

std::vector<RotationStep> PlanRotation(const RotationSettings& settings) {
  const base::SystemTime published = settings.start + settings.rollout;
  const base::SystemTime known = published + settings.cache_lifetime;
  const base::SystemTime switched = known + settings.rollout;
  const base::SystemTime expired = switched + settings.max_token_lifetime;
  const KeyFiles& old_key = settings.current.front();
  const std::vector<std::string> old_ones = PublicFiles(settings.current);
  const std::string& new_one = settings.next.public_file;
  // The signing key's comes first: keys are tried in the order of the flags when a token names none.
  std::vector<std::string> both = old_ones;
  both.push_back(new_one);
  std::vector<std::string> both_switched = old_ones;
  both_switched.insert(both_switched.begin(), new_one);
  std::vector<std::string> without_old = both_switched;
  without_old.erase(without_old.begin() + 1);
  return {{RotationStage::kPublish, settings.start, both, Flags(old_key, both)},
          {RotationStage::kWaitForCaches, published, both, Flags(old_key, both)},
          {RotationStage::kSwitch, known, both_switched, Flags(settings.next, both_switched)},
          {RotationStage::kWaitForTokens, switched, both_switched, Flags(settings.next, both_switched)},
          {RotationStage::kRemove, expired, without_old, Flags(settings.next, without_old)}};
}

RotationPosition FindRotationPosition(std::span<const PublicKey* const> current, const PublicKey& next,
                                      const JwkSet& published, const Jwt* token) {
  const PublicKey& old = *current.front();
  const bool signed_by_old = token != nullptr && IsSignedBy(*token, old);
  const bool signed_by_next = token != nullptr && IsSignedBy(*token, next);
  if (token != nullptr && !signed_by_old && !signed_by_next) return SignedByAnother(*token, current.subspan(1));
  const Presence old_key = FindKey(published, old);
  const Presence new_key = FindKey(published, next);
  if (old_key == Presence::kWrongId || new_key == Presence::kWrongId) {
    const PublicKey& key = old_key == Presence::kWrongId ? old : next;
    return Wrong("the " + std::string(old_key == Presence::kWrongId ? "old" : "new") +
                 " key is published under another kid than kube-apiserver's, " + key.id() +
                 ": no token it signs can be verified; publish it under that kid, as irsa issuer publish does");
  }
  const bool has_old = old_key == Presence::kPresent;
  const bool has_new = new_key == Presence::kPresent;
  if (has_old && has_new) return WhileBothArePublished(token != nullptr, signed_by_next);
  if (!has_old && !has_new) {
    return Wrong(
        "neither key is published: check that both are this cluster's; if they are, publish both beside the keys that "
        "are there");
  }
  if (has_old && signed_by_next) {
    return Wrong("the new key signs but is not published: its tokens are refused; publish it beside the old one now");
  }
  if (has_new && signed_by_old) {
    return Wrong(
        "the old key signs but is no longer published: its tokens are refused; publish it beside the new one now");
  }
  if (has_old) return {RotationStage::kPublish, "only the old key is published: publish the new one beside it"};
  return {RotationStage::kDone, "only the new key is published"};
}

}  // namespace irsa::oidc
