#include "irsa/sts/session_sealer.h"

#include <utility>

#include "irsa/base/base64.h"
#include "irsa/crypto/primitives.h"

namespace irsa::sts {
namespace {

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

void AppendNumber(uint64_t number, size_t bytes, std::string& out) {
  while (bytes-- > 0) out += static_cast<char>(number >> (8 * bytes));
}

void AppendText(std::string_view text, std::string& out) {
  AppendNumber(text.size(), 2, out);
  out.append(text);
}

// Takes numbers and texts off the front; once something is missing, all that follows is zero or empty.
class Unpacker {
 public:
  explicit Unpacker(std::string_view rest) : rest_(rest) {}

  uint64_t Number(size_t bytes) {
    uint64_t number = 0;
    for (const char c : Take(bytes)) number = number << 8 | static_cast<unsigned char>(c);
    return number;
  }
  std::string Text() { return std::string(Take(Number(2))); }

  bool IsWhole() const { return is_whole_ && rest_.empty(); }

 private:
  std::string_view Take(size_t bytes) {
    is_whole_ = is_whole_ && bytes <= rest_.size();
    if (!is_whole_) return {};
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  std::string_view rest_;
  bool is_whole_ = true;
};

std::string PackAttributes(const iam::SessionAttributes& attributes) {
  std::string text;
  AppendText(attributes.source_identity, text);
  AppendNumber(attributes.tags.size(), 2, text);
  for (const auto& [name, value] : attributes.tags) {
    AppendText(name, text);
    AppendText(value, text);
  }
  AppendNumber(attributes.transitive_tag_keys.size(), 2, text);
  for (const std::string& name : attributes.transitive_tag_keys) AppendText(name, text);
  return text;
}

// Seconds since 1970, then the texts, each after its length.
std::string Pack(const Session& session, const std::string& attributes) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(session.expiration.time_since_epoch()).count();
  std::string text;
  AppendNumber(static_cast<uint64_t>(seconds), 8, text);
  AppendText(session.role_arn, text);
  AppendText(session.name, text);
  return text.append(attributes);
}

std::optional<Session> Unpack(std::string_view text) {
  Unpacker unpacker(text);
  Session session;
  session.expiration = base::SystemTime(std::chrono::seconds(unpacker.Number(8)));
  session.role_arn = unpacker.Text();
  session.name = unpacker.Text();
  session.attributes.source_identity = unpacker.Text();
  for (uint64_t count = unpacker.Number(2); count > 0; --count) {
    std::string name = unpacker.Text();
    session.attributes.tags[std::move(name)] = unpacker.Text();
  }
  for (uint64_t count = unpacker.Number(2); count > 0; --count) {
    session.attributes.transitive_tag_keys.push_back(unpacker.Text());
  }
  return unpacker.IsWhole() ? std::optional(std::move(session)) : std::nullopt;
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
  const std::string attributes = PackAttributes(session.attributes);
  if (attributes.size() > kMaxAttributeBytes) {
    return Error{ErrorCode::kTooLarge, "session tags have " + std::to_string(attributes.size()) + " bytes; " +
                                           std::to_string(kMaxAttributeBytes) + " are allowed"};
  }
  std::optional<std::string> id = RandomAccessKeyId();
  if (!id) return NoRandomness();
  const std::optional<std::string> sealed =
      crypto::EncryptGcm(View(sealing_key_), Pack(session, attributes), AdditionalData(*id));
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
  std::optional<Session> session = Unpack(*text);
  if (!session) return std::nullopt;
  return OpenedSession{*std::move(session), SecretOf(access_key_id)};
}

}  // namespace irsa::sts
