#include "irsa/sts/session_sealer.h"

#include <utility>

#include "irsa/base/base64.h"
#include "irsa/crypto/primitives.h"

namespace irsa::sts {
namespace {

constexpr std::string_view kPurpose = "irsa sts session 1\n";
constexpr size_t kMaxTokenBytes = 8 << 10;  // far over what Seal makes of the longest role ARN and name
constexpr size_t kTimeBytes = 8;
constexpr size_t kSecretCharacters = 40;  // as AWS has them

template <typename Key>
std::string_view View(const Key& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

std::string AdditionalData(std::string_view access_key_id) { return std::string(kPurpose).append(access_key_id); }

base::Error NoRandomness() { return {base::ErrorCode::kInternal, "the system has no randomness"}; }

std::optional<std::string> RandomAccessKeyId() {
  constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::array<unsigned char, 16> bytes{};
  if (!crypto::FillRandomly(bytes)) return std::nullopt;
  std::string id = "ASIA";
  for (const unsigned char byte : bytes) id += kBase32[byte & 31];
  return id;
}

// Seconds since 1970, big-endian; then the role and the name, neither of which has a line end.
std::string Pack(const Session& session) {
  const auto seconds =
      static_cast<uint64_t>(std::chrono::floor<std::chrono::seconds>(session.expiration.time_since_epoch()).count());
  std::string text;
  for (size_t i = 0; i < kTimeBytes; ++i) text += static_cast<char>(seconds >> (56 - 8 * i));
  return text.append(session.role_arn).append("\n").append(session.name);
}

std::optional<Session> Unpack(std::string_view text) {
  const size_t line_end = text.find('\n', kTimeBytes);
  if (line_end == std::string_view::npos) return std::nullopt;
  uint64_t seconds = 0;
  for (const char c : text.substr(0, kTimeBytes)) seconds = seconds << 8 | static_cast<unsigned char>(c);
  return Session{std::string(text.substr(kTimeBytes, line_end - kTimeBytes)), std::string(text.substr(line_end + 1)),
                 base::SystemTime(std::chrono::seconds(seconds))};
}

}  // namespace

base::Result<SessionSealer> SessionSealer::Make() {
  SessionSealer sealer;
  if (!crypto::FillRandomly(sealer.sealing_key_) || !crypto::FillRandomly(sealer.secret_key_)) return NoRandomness();
  return sealer;
}

std::string SessionSealer::SecretOf(std::string_view access_key_id) const {
  return base::EncodeBase64(crypto::HmacSha256(View(secret_key_), access_key_id)).substr(0, kSecretCharacters);
}

base::Result<Credentials> SessionSealer::Seal(const Session& session) const {
  std::optional<std::string> id = RandomAccessKeyId();
  if (!id) return NoRandomness();
  const std::optional<std::string> sealed = crypto::EncryptGcm(View(sealing_key_), Pack(session), AdditionalData(*id));
  if (!sealed) return base::Error{base::ErrorCode::kInternal, "the session could not be encrypted"};
  std::string secret = SecretOf(*id);
  return Credentials{*std::move(id), std::move(secret), base::EncodeBase64(*sealed), session.expiration};
}

std::optional<OpenedSession> SessionSealer::Open(std::string_view access_key_id, std::string_view session_token) const {
  if (session_token.size() > kMaxTokenBytes) return std::nullopt;
  const base::Result<std::string> sealed = base::DecodeBase64(session_token);
  if (!sealed.ok()) return std::nullopt;
  const std::optional<std::string> text =
      crypto::DecryptGcm(View(sealing_key_), *sealed, AdditionalData(access_key_id));
  if (!text) return std::nullopt;
  std::optional<Session> session = Unpack(*text);
  if (!session) return std::nullopt;
  return OpenedSession{*std::move(session), SecretOf(access_key_id)};
}

}  // namespace irsa::sts
