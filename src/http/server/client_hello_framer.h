// Where a client's hello ends, the first message of a TLS handshake (RFC 8446, sections 4 and 5.1), told before OpenSSL
// sees any of it: OpenSSL would make room for the 128 KiB that a hello may announce in its first four bytes. Pure:
// bytes in, verdicts out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace irsa::http {

// Of the message. kube-apiserver's has under 2 KiB with the key shares of post-quantum cryptography; the largest that
// are in use (Classic McEliece is not) stay under 8 KiB.
inline constexpr size_t kMaxClientHelloBytes = 16 << 10;
// In how many records it may come: a client that splits one at all does so at a few hundred bytes.
inline constexpr size_t kMaxClientHelloRecords = 64;

// Nothing may precede the first hello. The server asks for a second one when it wants another group; before that, a
// client may send a change of ciphers (appendix D.4) and the data of a 0-RTT attempt (section 4.2.10).
enum class WhichHello { kFirst, kSecond };

// For one hello, from the first byte of a record.
class ClientHelloFramer {
 public:
  enum class State {
    kMore,       // all bytes were taken, and the hello is not whole
    kWhole,      // it is, at taken_bytes()
    kEarlyData,  // at taken_bytes() ends a record of 0-RTT data; the hello is still to come, for a new framer
    kNoTls,      // these bytes are no beginning of a TLS handshake
    kTooLarge,   // it is announced to be over the limit, or comes in too many records
    kOverflow,   // a record is announced to be over 16 KiB (section 5.1)
  };

  explicit ClientHelloFramer(WhichHello which = WhichHello::kFirst) : which_(which) {}

  // How the bytes are split between calls makes no difference. Not called again once it has not returned kMore.
  State Feed(std::string_view bytes);

  // All that belongs to records up to the one in which the hello, or the early data, ends.
  size_t taken_bytes() const { return taken_bytes_; }

 private:
  State TakeHeaderByte(uint8_t byte);
  State StartRecord();
  State TakeMessageByte(uint8_t byte);
  bool MayFollow(uint8_t record_type) const;

  WhichHello which_;
  size_t taken_bytes_ = 0;
  size_t records_ = 0;
  size_t record_header_bytes_ = 0;  // of the record's five, how many were taken
  uint8_t record_type_ = 0;
  size_t record_left_ = 0;
  size_t message_header_bytes_ = 0;  // of the message's four
  size_t message_left_ = 0;
};

}  // namespace irsa::http
