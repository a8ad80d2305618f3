#include "irsa/sts/session_sealer.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/base64.h"
#include "irsa/base/json.h"
#include "irsa/crypto/primitives.h"

namespace irsa::sts {
namespace {

using base::Json;

constexpr std::string_view kPurpose = "irsa sts session 1\n";
constexpr size_t kSecretCharacters = 40;  // as AWS has them

template <typename Key>
std::string_view View(const Key& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

std::string AdditionalData(std::string_view access_key_id) { return std::string(kPurpose).append(access_key_id); }

Error NoRandomness() { return {ErrorCode::kInternal, "the system has no randomness"}; }

std::optional<std::string> RandomAccessKeyId() {
  constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::array<unsigned char, 16> bytes{};
  if (!crypto::FillRandomly(bytes)) return std::nullopt;
  std::string id = "ASIA";
  for (const unsigned char byte : bytes) id += kBase32[byte & 31];
  return id;
}

// What the attributes take: their texts, and two bytes for the length of each text and list.
size_t BytesOf(const iam::SessionAttributes& attributes) {
  size_t bytes = 2 + attributes.source_identity.size() + 2 + 2;
  for (const auto& [name, value] : attributes.tags) bytes += 2 + name.size() + 2 + value.size();
  for (const std::string& name : attributes.transitive_tag_keys) bytes += 2 + name.size();
  return bytes;
}

std::string Pack(const Session& session) {
  const auto& [tags, transitive_tag_keys, source_identity] = session.attributes;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(session.expiration.time_since_epoch()).count();
  std::string packed;
  Json::to_cbor(Json::array({seconds, session.role_arn, session.name, tags, transitive_tag_keys, source_identity}),
                packed);
  return packed;
}

// Of what Pack made: nothing else can be unsealed.
Session Unpack(const std::string& packed) {
  const Json fields = Json::from_cbor(packed);
  return {fields[1],
          fields[2],
          base::SystemTime(std::chrono::seconds(fields[0].get<int64_t>())),
          {fields[3], fields[4], fields[5]}};
}

}  // namespace

Result<SessionSealer> SessionSealer::Make() {
  SessionSealer sealer;
  if (!crypto::FillRandomly(sealer.sealing_key_) || !crypto::FillRandomly(sealer.secret_key_)) return NoRandomness();
  return sealer;
}

std::string SessionSealer::SecretOf(std::string_view access_key_id) const {
  return base::EncodeBase64(crypto::HmacSha256(View(secret_key_), access_key_id)).substr(0, kSecretCharacters);
}

Result<Credentials> SessionSealer::Seal(const Session& session) const {
  const size_t attribute_bytes = BytesOf(session.attributes);
  if (attribute_bytes > kMaxAttributeBytes) {
    return Error{ErrorCode::kTooLarge, "session tags have " + std::to_string(attribute_bytes) + " bytes; " +
                                           std::to_string(kMaxAttributeBytes) + " are allowed"};
  }
  std::optional<std::string> id = RandomAccessKeyId();
  if (!id) return NoRandomness();
  const std::optional<std::string> sealed = crypto::EncryptGcm(View(sealing_key_), Pack(session), AdditionalData(*id));
  if (!sealed) return Error{ErrorCode::kInternal, "the session could not be encrypted"};
  std::string secret = SecretOf(*id);
  return Credentials{*std::move(id), std::move(secret), base::EncodeBase64(*sealed), session.expiration};
}

std::optional<OpenedSession> SessionSealer::Open(std::string_view access_key_id, std::string_view session_token) const {
  const Result<std::string> sealed = base::DecodeBase64(session_token);
  if (!sealed.ok()) return std::nullopt;
  const std::optional<std::string> text =
      crypto::DecryptGcm(View(sealing_key_), *sealed, AdditionalData(access_key_id));
  if (!text) return std::nullopt;
  return OpenedSession{Unpack(*text), SecretOf(access_key_id)};
}

}  // namespace irsa::sts
