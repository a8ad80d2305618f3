// A connection's bytes as a script: what arrives, and how much the other side takes.
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "src/http/socket/byte_channel.h"

namespace irsa::http {

// What the test sees of a channel that the connection owns.
struct ChannelScript {
  std::deque<std::string> arriving;           // one for each Read, in parts if it is larger than the reader's space
  IoStatus when_empty = IoStatus::kWantRead;  // what Read says then
  IoStatus handshake = IoStatus::kDone;       // what Handshake says
  bool is_ready = true;                       // set by a handshake that is done
  bool has_buffered = false;                  // what HasBuffered says
  size_t held_bytes = 0;                      // what held_bytes says
  size_t window = static_cast<size_t>(-1);    // how many bytes Write still takes
  IoStatus when_full = IoStatus::kWantWrite;  // what Write says then
  size_t discardable = 0;                     // what Discard finds
  IoStatus when_discarded = IoStatus::kWantRead;

  std::string sent;
  int reads = 0;
  bool is_ended = false;   // EndWriting was called
  bool is_closed = false;  // the channel is destroyed
};

class FakeChannel final : public ByteChannel {
 public:
  explicit FakeChannel(ChannelScript& script) : script_(script) {}
  ~FakeChannel() override { script_.is_closed = true; }

  int fd() const override { return -1; }
  bool IsReady() const override { return script_.is_ready; }
  IoStatus Handshake() override {
    script_.is_ready = script_.handshake == IoStatus::kDone;
    return script_.handshake;
  }
  IoResult Read(std::span<char> into) override {
    ++script_.reads;
    if (script_.arriving.empty()) return {script_.when_empty, 0};
    std::string& next = script_.arriving.front();
    const size_t take = std::min(next.size(), into.size());
    std::memcpy(into.data(), next.data(), take);
    next.erase(0, take);
    if (next.empty()) script_.arriving.pop_front();
    return {IoStatus::kDone, take};
  }
  IoResult Write(std::string_view bytes) override {
    if (script_.window == 0) return {script_.when_full, 0};
    const size_t take = std::min(bytes.size(), script_.window);
    script_.sent += bytes.substr(0, take);
    script_.window -= take;
    return {IoStatus::kDone, take};
  }
  bool HasBuffered() const override { return script_.has_buffered; }
  size_t held_bytes() const override { return script_.held_bytes; }
  void EndWriting() override { script_.is_ended = true; }
  IoResult Discard(size_t bytes) override {
    const size_t take = std::min(bytes, script_.discardable);
    script_.discardable -= take;
    return take > 0 ? IoResult{IoStatus::kDone, take} : IoResult{script_.when_discarded, 0};
  }

 private:
  ChannelScript& script_;
};

}  // namespace irsa::http
