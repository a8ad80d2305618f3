// One client's connection, as a state machine that never waits: it is told that its socket is ready, does what can be
// done, and says what it waits for next and until when.
//
//   silent ─→ handshake ─→ first ─→ first request ─→ answer ─→ idle ⇄ request, or the end
//                                     └─ refused ─→ answer ─→ linger ─→ the end
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "irsa/base/clock.h"

#include "http/socket/byte_channel.h"
#include "http/wire/http_engine.h"
#include "http/wire/request_framer.h"
#include "memory_budget.h"
#include "route_table.h"

namespace irsa::http {

// What a connection waits for; each kind has a time-out of its own, the same for all connections.
enum class WaitKind {
  kSilent,        // the first byte of the handshake: request_timeout; again if it is there and waits for a thread
  kHandshake,     // the handshake to complete: request_timeout, from its first byte
  kFirst,         // the first byte of a new connection's first request: idle_timeout
  kFirstRequest,  // the rest of that request: request_timeout, not renewed by bytes that arrive
  kIdle,          // the first byte of a further request: idle_timeout
  kRequest,       // the rest of a further request: as kFirstRequest
  kAnswer,        // the client to take the answer: request_timeout
  kLinger,        // the client to read a refusal and close: request_timeout, renewed by bytes that arrive
};
inline constexpr size_t kWaitKinds = 8;

// Whether no request is under way, as far as it can be known here.
inline bool IsIdle(WaitKind kind) { return kind == WaitKind::kFirst || kind == WaitKind::kIdle; }
// Whether a part of a request has arrived.
inline bool IsReceiving(WaitKind kind) { return kind == WaitKind::kFirstRequest || kind == WaitKind::kRequest; }
// Whether the connection is not ready for a request yet.
inline bool IsInHandshake(WaitKind kind) { return kind == WaitKind::kSilent || kind == WaitKind::kHandshake; }

// How long a server that drains waits for the next request of a client that was just answered without being told that
// its connection ends: enough for the answer's way there and the request's way back, between machines that are busy.
inline constexpr std::chrono::milliseconds kDrainGrace{500};

// A client that has been refused in the middle of its body may send the rest of it, which is dropped, and that much
// more, before it reads the answer: closing at once would reset the connection, and with it the answer on its way.
inline constexpr size_t kMaxLingerBytes = 16 << 20;

enum class Step {
  kWaitToRead,
  kWaitToWrite,
  kGoOnLater,  // there is more to do, but others have a turn first
  kClose,
};

// What the connections of a server have in common; all of it outlives them.
struct ConnectionSettings {
  const RouteTable& routes;
  const base::Clock& clock;
  MemoryBudget& budget;
  const std::atomic<bool>& sends_clients_away;  // once set, every answer ends its connection
  std::atomic<uint64_t>& cut_answers;           // as in ServerCounters
  size_t max_body_bytes;
  std::chrono::milliseconds request_timeout;
  std::chrono::milliseconds idle_timeout;
  RefusalWriter write_refusal = {};
  OnHandshakeFailure on_handshake_failure = {};
};

// What a thread lends to the connection it serves; nothing of it is kept between turns.
struct Workbench {
  HttpEngine& engine;
  std::span<char> input;  // to read into
  std::string output;     // answers are written here, and sent from here if the socket takes them
};

// For one thread at a time.
class Connection {
 public:
  Connection(std::unique_ptr<ByteChannel> channel, const ConnectionSettings& settings);

  // Called when the socket is ready as asked for, or at any other time. Handlers run in here.
  Step Serve(Workbench& bench);
  // Called when the deadline is over.
  Step TimeOut() noexcept;
  // Called before it is closed to make room for another one.
  void Evict() noexcept;
  // Takes leave of the client (close_notify); before an idle connection is closed.
  void SayGoodbye() { channel_->EndWriting(); }

  int fd() const { return channel_->fd(); }
  // Valid after Serve or TimeOut, unless it is to be closed, and from the start.
  WaitKind wait_kind() const { return wait_kind_; }
  // Whether its next turn may cost as much as a handshake.
  bool AwaitsHello() const { return IsInHandshake(wait_kind_) && channel_->AwaitsHello(); }
  base::SteadyTime deadline() const { return deadline_; }
  // The deadline in a server that drains. Who has connected is about to send a request, and gets request_timeout for
  // it; who was answered gets kDrainGrace for another one. What is under way has the deadline it always had.
  base::SteadyTime drain_deadline() const;

 private:
  enum class Ending { kKeepOpen, kClose, kLinger };  // what follows an answer
  using TurnEnd = std::optional<Step>;               // the step that ends the turn; nothing: it goes on

  Step ServeUnbounded(Workbench& bench);
  Step ContinueHandshake();
  Step ServeRequests(Workbench& bench);
  TurnEnd TakeInput(std::string_view& input, Workbench& bench);
  Step EndOfInput(IoStatus status);

  TurnEnd Decline(const Refusal& refusal);
  TurnEnd AskForBody();
  TurnEnd Answer(Workbench& bench);
  Step Refuse(const Refusal& refusal);
  std::string Write(const Refusal& refusal, Persistence persistence) const;

  TurnEnd Send(std::string_view answer, Ending ending);
  TurnEnd ContinueSending();
  IoStatus Push(std::string_view& bytes);
  TurnEnd AfterAnswer();
  Step Linger();

  bool HasBegunRequest() const;
  Step AwaitInput(Step step);
  Step Await(WaitKind kind, Step step);
  Step WithinBudget(Step step);
  Step CutAnswer() noexcept;
  void ReportHandshake(HandshakeFailure failure) const;

  const ConnectionSettings& settings_;
  std::unique_ptr<ByteChannel> channel_;
  RequestFramer framer_;
  const Route* route_ = nullptr;  // from a request's head to its end
  std::string unread_;            // bytes behind the last answered request, when others have a turn first
  std::string unsent_;            // what the socket did not take of an answer,
  size_t sent_ = 0;               // and how much of that it has taken since
  Ending ending_ = Ending::kKeepOpen;
  size_t lingered_bytes_ = 0;
  bool is_turn_over_ = false;   // with an answer
  bool has_answered_ = false;   // ever
  bool has_more_time_ = false;  // for us to hear the first byte
  MemoryBudget::Share memory_;

  WaitKind wait_kind_;
  base::SteadyTime deadline_;
  bool is_fresh_wait_ = false;  // the next wait has a new deadline even if it is of the same kind
};

}  // namespace irsa::http
