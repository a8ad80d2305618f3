// An HTTP/1.1 server (RFC 9110, RFC 9112), over TLS or plain, for a few fixed paths and bounded untrusted input.
// Nothing outside this module knows which library parses HTTP.
//
// What it answers by itself, before a handler runs and, but for a body's chunks, before the body is read: 404 for an
// unknown path, 405 (with Allow) for another method, 411 for a body without a length, 413 over max_body_bytes
// (announced or sent in chunks), 415 for another content type than the route's (parameters allowed) or any
// Content-Encoding but identity, 417 for an expectation it does not know, 408 for a request that is not there in time,
// 414 and 431 for oversized request lines and headers, 400 for all else that is not strictly HTTP/1.1 or 1.0 (two
// lengths, folded headers, bare line feeds, a Host that is none, …), 505 for other versions than 1.x, 503 with
// Retry-After when max_buffered_bytes is reached or memory has run out, 500 when a handler throws anything else; all of
// them in plain text unless ServerOptions::write_refusal says otherwise. A refusal that leaves a body unread closes the
// connection, after the client had time to read the answer.
//
// Answers are never compressed nor chunked. Connections are kept open for any number of requests.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/result.h"
#include "irsa/crypto/live_certificate.h"
#include "irsa/http/message/handshake_failure.h"
#include "irsa/http/message/message.h"

namespace irsa::http {

enum class TlsVersion { k12, k13 };

struct TlsOptions {
  const crypto::LiveCertificate* certificate = nullptr;  // outlives the server; read at each handshake
  TlsVersion min_version = TlsVersion::k12;
  // IANA names separated by commas; empty: OpenSSL's choice. A list without a suite of TLS 1.3 leaves those as they
  // are; one without a suite of TLS 1.2 leaves only TLS 1.3.
  std::string cipher_suites = {};
  // When given, a client certificate that one of these signed is required; without any in it the server does not start.
  std::optional<std::string> client_ca_pem = {};
};

struct ServerOptions {
  std::string bind_address;  // an IPv4 or IPv6 address; empty: all, IPv6 and IPv4
  int port = 0;              // 0: any free one
  std::optional<TlsOptions> tls;
  // 0: one for each core that the process may use, 8 at most, but more than waiting_handlers.
  size_t threads = 0;
  // How many handlers may wait at once for something outside of the process. There must be a thread for others.
  size_t waiting_handlers = 0;
  // At the limit a new connection takes the place of one that lingers, else of one whose TLS handshake has not begun,
  // is not over, or was followed by no request yet, each time the oldest; only then of one that was answered before.
  // Each kind keeps a share of the places, so that a flood of one takes only its own
  // (ConnectionTable::ClaimToMakeRoom). A connection whose request is with a handler is never ended for it.
  // Server::max_connections is lower where the process may not open enough descriptors.
  size_t max_connections = 4096;
  // Whether to raise the process's limit of open descriptors (RLIMIT_NOFILE) as far as the system allows, at the start.
  bool raises_descriptor_limit = true;
  size_t max_body_bytes = 7 << 20;
  // What all connections together may hold of requests not yet complete and answers not yet taken. 6 of the largest
  // bodies at once, or 12 KiB for each connection; without it, 4,096 bodies of 7 MiB would come to 28 GiB. Beside it,
  // each thread may hold the megabyte that it has just read.
  size_t max_buffered_bytes = 48 << 20;
  // For a TLS handshake; again from a request's first byte to its last; again for the client to take the answer.
  std::chrono::milliseconds request_timeout{5000};
  // The apiserver keeps idle connections for 90 s: ours must last longer.
  std::chrono::milliseconds idle_timeout{120000};
  // Called from any of the server's threads. Must not throw.
  OnException on_exception;
  // Likewise.
  OnHandshakeFailure on_handshake_failure = {};
  // Empty: plain text, the reason and a line end.
  RefusalWriter write_refusal = {};
};

// What happened to connections since the server's start; no number ever falls.
struct ServerCounters {
  // Ended before their time for a new one, max_connections or descriptors being reached. By the state that each was in,
  // all of which are there:
  //   lingering  refused or answered for the last time, and kept so that the client can read that
  //   handshake  not ready for a request
  //   new        never sent a whole request
  //   answer     its client did not take the answer
  //   idle       after an answer
  //   request    in the middle of a further request
  std::map<std::string_view, uint64_t> evicted;
  // Answers that were made and did not arrive whole: not taken within request_timeout, or not to be kept for a slow
  // client within max_buffered_bytes. A client that ended its connection itself is not counted.
  uint64_t cut_answers = 0;
  uint64_t refused = 0;  // closed unserved, as none could be ended for them
};

// Listens and serves from construction (Start) to destruction. No client, however slow or silent, holds a thread. The
// process ignores SIGPIPE from the first server on (cpp-httplib has it so); nothing here relies on that.
class Server {
 public:
  // kInvalid for options that cannot be (an unknown cipher suite, a bind address that is none), kUnavailable when the
  // address cannot be bound; both name the value.
  static Result<std::unique_ptr<Server>> Start(ServerOptions options, std::vector<Route> routes);

  virtual ~Server() = default;  // drains with a timeout of 0, and waits for handlers that still run
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  virtual int port() const = 0;
  virtual size_t connection_count() const = 0;
  // The limit from the options, or less: 576 of the descriptors that the process may open are reserved for its other
  // parts. The caller should log it when it is less.
  virtual size_t max_connections() const = 0;
  // From any thread.
  virtual ServerCounters counters() const = 0;

  // From now on every answer says Connection: close, so that clients open their next connection to another replica if
  // there is one; new connections are served as before. From any thread.
  virtual void SendClientsAway() = 0;

  // Lets in who has connected, stops accepting, and answers what is in flight with Connection: close. A request may be
  // on its way to us: so a connection that has not had one is kept for request_timeout, and one that was answered
  // without Connection: close for half a second; those that have been idle for longer are closed. Returns when
  // all are closed or at the timeout, then closes the rest. True when no request, and no handshake, was cut off. Once;
  // from any thread but a handler's.
  virtual bool Drain(std::chrono::milliseconds timeout) = 0;

 protected:
  Server() = default;
};

}  // namespace irsa::http
