#include "client_hello_framer.h"

#include <algorithm>

namespace irsa::http {
namespace {

constexpr uint8_t kChangeCipherSpec = 20;  // sent between two hellos by clients that please middleboxes
constexpr uint8_t kHandshake = 22;
constexpr uint8_t kApplicationData = 23;
constexpr uint8_t kClientHello = 1;
constexpr uint8_t kMajorVersion = 3;
constexpr size_t kRecordHeaderBytes = 5;
constexpr size_t kMessageHeaderBytes = 4;
constexpr size_t kMaxRecordBytes = 16 << 10;  // of plaintext; of what 0-RTT encrypts, OpenSSL skips no larger one

}  // namespace

ClientHelloFramer::State ClientHelloFramer::Feed(std::string_view bytes) {
  while (!bytes.empty()) {
    State state = State::kMore;
    size_t take = 1;
    const auto byte = static_cast<uint8_t>(bytes.front());
    if (record_header_bytes_ < kRecordHeaderBytes) {
      state = TakeHeaderByte(byte);
    } else if (record_type_ == kHandshake && message_header_bytes_ < kMessageHeaderBytes) {
      state = TakeMessageByte(byte);
      --record_left_;
    } else {
      take = std::min(bytes.size(), record_left_);
      record_left_ -= take;
      if (record_type_ == kHandshake) message_left_ -= std::min(message_left_, take);
    }
    bytes.remove_prefix(take);
    taken_bytes_ += take;
    if (state != State::kMore) return state;
    if (record_header_bytes_ < kRecordHeaderBytes || record_left_ > 0) continue;
    if (message_header_bytes_ == kMessageHeaderBytes && message_left_ == 0) return State::kWhole;
    if (record_type_ == kApplicationData) return State::kEarlyData;
    record_header_bytes_ = 0;
  }
  return State::kMore;
}

ClientHelloFramer::State ClientHelloFramer::TakeHeaderByte(uint8_t byte) {
  switch (record_header_bytes_++) {
    case 0:
      record_type_ = byte;
      return MayFollow(byte) ? State::kMore : State::kNoTls;
    case 1:
      return byte == kMajorVersion ? State::kMore : State::kNoTls;
    case 2:
      return State::kMore;  // 1, 3 or anything: OpenSSL decides
    case 3:
      record_left_ = size_t{byte} << 8;
      return State::kMore;
    default:
      record_left_ |= byte;
      return StartRecord();
  }
}

bool ClientHelloFramer::MayFollow(uint8_t record_type) const {
  if (record_type == kHandshake) return true;
  const bool is_within_hello = message_header_bytes_ > 0;  // which no other record may interrupt
  return which_ == WhichHello::kSecond && !is_within_hello &&
         (record_type == kChangeCipherSpec || record_type == kApplicationData);
}

ClientHelloFramer::State ClientHelloFramer::StartRecord() {
  if (record_left_ == 0 || (record_type_ == kChangeCipherSpec && record_left_ != 1)) return State::kNoTls;
  if (record_left_ > kMaxRecordBytes) return State::kOverflow;
  return ++records_ <= kMaxClientHelloRecords ? State::kMore : State::kTooLarge;
}

ClientHelloFramer::State ClientHelloFramer::TakeMessageByte(uint8_t byte) {
  if (message_header_bytes_++ == 0) return byte == kClientHello ? State::kMore : State::kNoTls;
  message_left_ = message_left_ << 8 | byte;
  return message_left_ <= kMaxClientHelloBytes ? State::kMore : State::kTooLarge;
}

}  // namespace irsa::http
