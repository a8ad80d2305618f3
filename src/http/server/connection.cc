#include "connection.h"

#include <algorithm>
#include <new>
#include <utility>
#include <variant>

#include "http/socket/socket.h"

namespace irsa::http {
namespace {

// A turn is one answer, or that much of a body, so that a client that never stops sending does not keep a thread from
// the others. Go's client sends no request before the last answer has come, so nothing is lost with it.
constexpr size_t kMaxBytesPerTurn = 1 << 20;

Step WaitFor(IoStatus status) { return status == IoStatus::kWantWrite ? Step::kWaitToWrite : Step::kWaitToRead; }

}  // namespace

Connection::Connection(std::unique_ptr<ByteChannel> channel, const ConnectionSettings& settings)
    : settings_(settings),
      channel_(std::move(channel)),
      framer_(settings.max_body_bytes),
      memory_(settings.budget),
      wait_kind_(channel_->IsReady() ? WaitKind::kFirst : WaitKind::kSilent) {
  is_fresh_wait_ = true;
  Await(wait_kind_, Step::kWaitToRead);
}

Step Connection::Serve(Workbench& bench) { return WithinBudget(ServeUnbounded(bench)); }

Step Connection::TimeOut() noexcept {
  if (IsIdle(wait_kind_)) SayGoodbye();
  if (wait_kind_ == WaitKind::kAnswer) return CutAnswer();
  // What it has said waits for us, in a flood of others: as long again, which is as long as the apiserver waits.
  if (wait_kind_ == WaitKind::kSilent && IsReadable(fd()) && !std::exchange(has_more_time_, true)) {
    is_fresh_wait_ = true;
    return Await(WaitKind::kSilent, Step::kWaitToRead);
  }
  if (wait_kind_ == WaitKind::kHandshake) ReportHandshake(HandshakeFailure::kTimeout);
  if (!IsReceiving(wait_kind_)) return Step::kClose;
  try {
    return WithinBudget(Refuse({408, "the request did not arrive in time", {}}));
  } catch (const std::bad_alloc&) {
    return Step::kClose;
  }
}

void Connection::Evict() noexcept {
  if (IsIdle(wait_kind_)) SayGoodbye();
  if (wait_kind_ == WaitKind::kAnswer) CutAnswer();
}

Step Connection::ServeUnbounded(Workbench& bench) {
  if (wait_kind_ == WaitKind::kLinger) return Linger();
  if (!channel_->IsReady()) return ContinueHandshake();
  if (!unsent_.empty()) {
    if (const TurnEnd end = ContinueSending()) return *end;
  }
  return ServeRequests(bench);
}

Step Connection::ContinueHandshake() {
  const IoStatus status = channel_->Handshake();
  switch (status) {
    case IoStatus::kDone:
      // The first request has a turn of its own: its handler may take long, and would hold a handshake's place.
      return Await(WaitKind::kFirst, channel_->HasBuffered() ? Step::kGoOnLater : Step::kWaitToRead);
    case IoStatus::kWantRead:
    case IoStatus::kWantWrite:
      return Await(WaitKind::kHandshake, WaitFor(status));
    default:
      break;
  }
  const HandshakeFailure failure = channel_->handshake_failure();
  // Load balancers look whether the port is open by connecting to it, and no more.
  if (channel_->HasHeard()) ReportHandshake(failure);
  ending_ = Ending::kLinger;  // the alert that says why is on its way
  channel_->EndWriting();
  return Linger();
}

Step Connection::ServeRequests(Workbench& bench) {
  const std::string kept = std::exchange(unread_, {});
  std::string_view input = kept;
  size_t bytes_read = 0;
  is_turn_over_ = false;
  while (true) {
    if (is_turn_over_ || bytes_read >= kMaxBytesPerTurn) {
      unread_ = input;
      // After an answer, most clients wait for a while: not asking the socket spares a call.
      return AwaitInput(HasBegunRequest() ? Step::kGoOnLater : Step::kWaitToRead);
    }
    if (input.empty()) {
      const IoResult result = channel_->Read(bench.input);
      if (result.status != IoStatus::kDone) return EndOfInput(result.status);
      input = std::string_view(bench.input.data(), result.bytes);
      bytes_read += result.bytes;
    }
    if (const TurnEnd end = TakeInput(input, bench)) {
      if (ending_ == Ending::kKeepOpen) unread_ = input;
      return *end;
    }
  }
}

// Goes on when all input is taken, or a request is answered and the next may follow.
Connection::TurnEnd Connection::TakeInput(std::string_view& input, Workbench& bench) {
  while (true) {
    switch (framer_.Feed(input)) {
      case RequestFramer::State::kMore:
        return std::nullopt;
      case RequestFramer::State::kHead: {
        const auto admitted = settings_.routes.Admit(framer_.head(), settings_.max_body_bytes);
        if (const auto* refusal = std::get_if<Refusal>(&admitted)) return Decline(*refusal);
        route_ = std::get<const Route*>(admitted);
        if (!input.empty()) break;
        if (const TurnEnd end = AskForBody()) return end;
        break;
      }
      case RequestFramer::State::kComplete:
        return Answer(bench);
      case RequestFramer::State::kRefused:
        return Refuse(framer_.refusal());
    }
  }
}

Step Connection::EndOfInput(IoStatus status) {
  switch (status) {
    case IoStatus::kWantRead:
    case IoStatus::kWantWrite:
      return AwaitInput(WaitFor(status));
    case IoStatus::kEnd:
      if (framer_.HasBegun()) return Refuse({400, "the request ended before it was complete", {}});
      SayGoodbye();
      return Step::kClose;
    default:
      return Step::kClose;
  }
}

// Refuses a request of which only the head has come. The connection may be kept for the next one where no body can
// follow.
Connection::TurnEnd Connection::Decline(const Refusal& refusal) {
  const RequestHead& head = framer_.head();
  // Who sends no length may send a body all the same.
  if (head.HasBody() || refusal.status == 411) return Refuse(refusal);
  const bool close = !head.keep_alive || head.is_http_1_0 || settings_.sends_clients_away;
  const std::string answer = Write(refusal, close ? Persistence::kClose : Persistence::kKeepAlive);
  framer_.Reset();
  is_turn_over_ = true;
  return Send(answer, close ? Ending::kClose : Ending::kKeepOpen);
}

// Tells a client that waits for it to send the body.
Connection::TurnEnd Connection::AskForBody() {
  const RequestHead& head = framer_.head();
  const bool waits = head.expectation == RequestHead::Expectation::kContinue && !head.is_http_1_0 && head.HasBody();
  return waits ? Send("HTTP/1.1 100 Continue\r\n\r\n", Ending::kKeepOpen) : std::nullopt;
}

Connection::TurnEnd Connection::Answer(Workbench& bench) {
  bench.output.clear();
  const bool came_in_parts = wait_kind_ == WaitKind::kRequest || wait_kind_ == WaitKind::kFirstRequest;
  const auto waited_from = deadline_ - settings_.request_timeout;  // of a request's wait
  const base::SteadyTime now = settings_.clock.SteadyNow();
  const base::SteadyTime begin = came_in_parts && !is_fresh_wait_ ? waited_from : now;
  const base::SteadyTime deadline = now + settings_.request_timeout;
  const bool keep_open =
      bench.engine.Answer({framer_.head(), framer_.head_text(), *route_, framer_.TakeBody(), begin, deadline,
                           route_->wants_peer ? PeerAddress(channel_->fd()) : std::string()},
                          bench.output);
  framer_.Reset();
  is_turn_over_ = true;
  return Send(bench.output, keep_open ? Ending::kKeepOpen : Ending::kClose);
}

Step Connection::Refuse(const Refusal& refusal) {
  const std::string answer = Write(refusal, Persistence::kClose);
  framer_.Reset();
  std::exchange(unread_, {});
  return Send(answer, Ending::kLinger).value_or(Step::kClose);
}

std::string Connection::Write(const Refusal& refusal, Persistence persistence) const {
  const RequestHead& head = framer_.head();
  std::string accept;
  const bool is_head_read = !head.method.empty();
  if (settings_.write_refusal && is_head_read) accept = JoinedHeader(ReadHeaders(framer_.head_text()), "accept");
  const AnswerParts parts = head.method == "HEAD" ? AnswerParts::kHead : AnswerParts::kHeadAndBody;
  return WriteRefusal(refusal, RefusalResponse(refusal, settings_.write_refusal, accept), persistence, parts);
}

// Goes on when all is sent and the connection stays open.
Connection::TurnEnd Connection::Send(std::string_view answer, Ending ending) {
  ending_ = ending;
  const IoStatus status = Push(answer);
  if (status == IoStatus::kDone) return AfterAnswer();
  if (status == IoStatus::kFailed) return Step::kClose;
  unsent_ = answer;
  sent_ = 0;
  return Await(WaitKind::kAnswer, WaitFor(status));
}

Connection::TurnEnd Connection::ContinueSending() {
  std::string_view rest = std::string_view(unsent_).substr(sent_);
  const IoStatus status = Push(rest);
  if (status == IoStatus::kFailed) return Step::kClose;
  if (status != IoStatus::kDone) {
    sent_ = unsent_.size() - rest.size();
    return Await(WaitKind::kAnswer, WaitFor(status));
  }
  std::exchange(unsent_, {});  // with its memory
  return AfterAnswer();
}

// Sends from the front of `bytes` until all is sent or the socket takes no more.
IoStatus Connection::Push(std::string_view& bytes) {
  while (!bytes.empty()) {
    const IoResult result = channel_->Write(bytes);
    if (result.status != IoStatus::kDone) return result.status == IoStatus::kEnd ? IoStatus::kFailed : result.status;
    bytes.remove_prefix(result.bytes);
  }
  return IoStatus::kDone;
}

Connection::TurnEnd Connection::AfterAnswer() {
  // Telling a client to go on, which it takes at once, does not renew its request's time.
  if (!framer_.HasBegun()) is_fresh_wait_ = has_answered_ = true;
  if (ending_ == Ending::kKeepOpen) return std::nullopt;
  channel_->EndWriting();
  return Linger();
}

// Closing a socket with unread bytes resets the connection; so they are read, and after a refusal waited for.
Step Connection::Linger() {
  const bool may_wait = ending_ == Ending::kLinger;
  const size_t max_bytes = settings_.max_body_bytes + kMaxLingerBytes;
  size_t bytes_in_turn = 0;
  while (lingered_bytes_ < max_bytes) {
    if (may_wait && bytes_in_turn >= kMaxBytesPerTurn) return Await(WaitKind::kLinger, Step::kGoOnLater);
    const IoResult result = channel_->Discard(std::min(max_bytes - lingered_bytes_, kMaxBytesPerTurn));
    if (result.status == IoStatus::kWantRead && may_wait) return Await(WaitKind::kLinger, Step::kWaitToRead);
    if (result.status != IoStatus::kDone) break;
    lingered_bytes_ += result.bytes;
    bytes_in_turn += result.bytes;
    is_fresh_wait_ = true;  // it still sends: its body may be long, and it costs nothing but its socket
  }
  return Step::kClose;
}

bool Connection::HasBegunRequest() const { return framer_.HasBegun() || !unread_.empty() || channel_->HasBuffered(); }

Step Connection::AwaitInput(Step step) {
  if (HasBegunRequest()) return Await(has_answered_ ? WaitKind::kRequest : WaitKind::kFirstRequest, step);
  return Await(has_answered_ ? WaitKind::kIdle : WaitKind::kFirst, step);
}

Step Connection::Await(WaitKind kind, Step step) {
  if (kind == wait_kind_ && !is_fresh_wait_) return step;
  wait_kind_ = kind;
  is_fresh_wait_ = false;
  deadline_ = settings_.clock.SteadyNow();
  switch (kind) {
    case WaitKind::kFirst:
    case WaitKind::kIdle:
      deadline_ += settings_.idle_timeout;
      break;
    default:
      deadline_ += settings_.request_timeout;
  }
  return step;
}

base::SteadyTime Connection::drain_deadline() const {
  const base::SteadyTime begin = deadline_ - settings_.idle_timeout;  // of an idle wait
  if (wait_kind_ == WaitKind::kFirst) return std::min(deadline_, begin + settings_.request_timeout);
  if (wait_kind_ == WaitKind::kIdle) return std::min(deadline_, begin + kDrainGrace);
  return deadline_;
}

// Called once a turn; what a handshake holds is bounded by how many there are (ConnectionTable). Within a turn, a
// connection holds one body at most, and there are only as many turns as threads.
Step Connection::WithinBudget(Step step) {
  if (step == Step::kClose) return step;
  framer_.ReleaseUnused();
  const size_t held = framer_.held_bytes() + HeldBy(unread_) + HeldBy(unsent_);
  if (IsInHandshake(wait_kind_) || memory_.Set(held + channel_->held_bytes())) return step;
  if (wait_kind_ == WaitKind::kAnswer) return CutAnswer();
  step = Refuse({503, "too many requests in progress; retry", "Retry-After: 1"});
  return memory_.Set(HeldBy(unsent_)) ? step : CutAnswer();
}

// What the callback throws, memory being out, must not cost more than the report.
void Connection::ReportHandshake(HandshakeFailure failure) const {
  if (!settings_.on_handshake_failure) return;
  try {
    settings_.on_handshake_failure(failure, PeerAddress(channel_->fd()));
  } catch (const std::bad_alloc&) {
  }
}

Step Connection::CutAnswer() noexcept {
  settings_.cut_answers.fetch_add(1, std::memory_order_relaxed);
  return Step::kClose;
}

}  // namespace irsa::http
