// Temporary credentials that need no memory: everything about a session is sealed in its session token.
//
// The token is base64 of a nonce and the AES-256-GCM encryption of the session, with the access key id as additional
// data; the secret access key is an HMAC of the access key id. Both keys are made at start and never
// leave the process, so that credentials end with it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/iam/request_context.h"

namespace irsa::sts {

// Who the credentials are for.
struct Session {
  std::string role_arn;
  std::string name;
  base::SystemTime expiration;  // whole seconds
  iam::SessionAttributes attributes = {};

  bool operator==(const Session&) const = default;
};

struct Credentials {
  std::string access_key_id;  // "ASIA" and 16 of A to Z and 2 to 7, as AWS has them
  std::string secret_access_key;
  std::string session_token;
  base::SystemTime expiration;
};

struct OpenedSession {
  Session session;
  std::string secret_access_key;
};

inline constexpr size_t kMaxAttributeBytes = 4096;

// Immutable; may be used from any thread.
class SessionSealer {
 public:
  // With keys of its own. kInternal when the system has no randomness.
  static Result<SessionSealer> Make();

  // kTooLarge when the attributes have more than kMaxAttributeBytes: a token has to fit into a request's headers.
  // kInternal when OpenSSL fails.
  Result<Credentials> Seal(const Session& session) const;

  // Null unless this very object sealed the token together with that access key id. Whether it has expired is for the
  // caller to see.
  std::optional<OpenedSession> Open(std::string_view access_key_id, std::string_view session_token) const;

 private:
  using Key = std::array<unsigned char, 32>;

  SessionSealer() = default;
  std::string SecretOf(std::string_view access_key_id) const;

  Key sealing_key_{};
  Key secret_key_{};
};

}  // namespace irsa::sts
