// Answers that are cut, endless, too long or no HTTP: the client ends them by its limits, its deadline or a stop.
#include <latch>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/http/client/network_client.h"

#include "test/http_client/client_fixture.h"
#include "test/testing/scripted_server.h"

namespace irsa::http {
namespace {

using irsa::testing::Chunk;
using irsa::testing::ChunkedHead;
using irsa::testing::HttpAnswer;
using irsa::testing::kLastChunk;
using irsa::testing::Peer;
using irsa::testing::ReceivedRequest;
using irsa::testing::ScriptedServer;
using std::chrono::milliseconds;

// Sends the bytes, then ends the connection.
ScriptedServer::Handler Sends(std::string bytes) {
  return [bytes = std::move(bytes)](const ReceivedRequest&, Peer& peer) {
    peer.Write(bytes);
    return false;
  };
}

// Sends the bytes, then nothing more for as long as the client stays.
ScriptedServer::Handler SendsAndHangs(std::string bytes) {
  return [bytes = std::move(bytes)](const ReceivedRequest&, Peer& peer) {
    peer.Write(bytes);
    peer.WaitForClose();
    return false;
  };
}

// Sends the head, then the bytes again and again until the client goes.
ScriptedServer::Handler SendsForever(std::string head, std::string bytes) {
  return [head = std::move(head), bytes = std::move(bytes)](const ReceivedRequest&, Peer& peer) {
    peer.Write(head);
    while (peer.Write(bytes)) {
    }
    return false;
  };
}

Error ErrorOf(const ScriptedServer::Handler& handler, base::SteadyTime::duration time = kPatience,
              size_t max_body_bytes = 1 << 20) {
  const ScriptedServer server(handler);
  NetworkClient client;
  ClientRequest request = RequestTo(server.Url("/path"), time);
  request.max_body_bytes = max_body_bytes;
  const auto response = client.Send(request);
  if (response.ok()) return {ErrorCode::kInternal, "no error, but status " + std::to_string(response->status)};
  Error error = response.error();
  const std::string origin = server.Url("") + ": ";
  EXPECT_TRUE(error.message.starts_with(origin)) << error.message;
  return {error.code, error.message.substr(origin.size())};
}

TEST(ClientLimits, TellsACutAnswerFromAWholeOne) {
  const Error cut{ErrorCode::kUnavailable, "the connection ended before the answer was complete"};
  for (const char* bytes : {"", "HTT", "HTTP/1.1 200 OK\r\nX", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"}) {
    EXPECT_EQ(ErrorOf(Sends(bytes)), cut) << bytes;
  }
}

TEST(ClientLimits, RefusesControlCharactersInHeaders) {
  const auto with = [](const std::string& line) {
    return ErrorOf(Sends("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + line + "\r\n\r\nok"));
  };
  for (const char* line : {"X: a\nb", "X: a\x01", "X: \x7f"}) {
    EXPECT_EQ(with(line), (Error{ErrorCode::kMalformed, "its answer is not HTTP"})) << line;
  }
  for (const char* line : {"X\ny: z", "X\x01: z"}) {
    EXPECT_EQ(with(line), (Error{ErrorCode::kMalformed, "its answer has a control character in a header"})) << line;
  }
}

TEST(ClientLimits, RefusesWhatIsNotHttp) {
  const Error not_http{ErrorCode::kMalformed, "its answer is not HTTP"};
  for (const char* bytes :
       {"SSH-2.0-x\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        "HTTP/1.1 103 Early\r\nContent-Length: 0\r\n\r\n"}) {
    EXPECT_EQ(ErrorOf(SendsAndHangs(bytes)), not_http) << bytes;
  }
}

TEST(ClientLimits, BoundsTheHeadOfAnAnswer) {
  const Error too_long{ErrorCode::kMalformed, "the head of its answer is too long"};
  EXPECT_EQ(ErrorOf(SendsForever("HTTP/1.1 200 ", "aaaaaaaaaaaaaaaa")), too_long);
  EXPECT_EQ(ErrorOf(SendsForever("HTTP/1.1 200 OK\r\n", "no end of line")).code, ErrorCode::kMalformed);
  EXPECT_EQ(ErrorOf(SendsForever("HTTP/1.1 200 OK\r\n", "X: y\r\n")).code, ErrorCode::kMalformed);
  EXPECT_EQ(ErrorOf(SendsForever("HTTP/1.1 200 OK\r\n", "X: " + std::string(7000, 'a') + "\r\n")), too_long);
  EXPECT_EQ(ErrorOf(SendsForever("", "HTTP/1.1 100 Continue\r\n\r\n")), too_long);
}

TEST(ClientLimits, BoundsTheBody) {
  const Error too_large{ErrorCode::kTooLarge, "its answer is larger than the limit of 4 bytes"};
  EXPECT_EQ(ErrorOf(SendsAndHangs("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), kPatience, 4), too_large);
  EXPECT_EQ(ErrorOf(SendsAndHangs(ChunkedHead() + Chunk("ab") + Chunk("cde")), kPatience, 4), too_large);
  EXPECT_EQ(ErrorOf(SendsForever("HTTP/1.0 200 OK\r\n\r\n", "abc"), kPatience, 4), too_large);
}

TEST(ClientLimits, TakesABodyOfExactlyTheLimit) {
  for (const std::string& answer : {HttpAnswer(200, "abcd"), ChunkedHead() + Chunk("ab") + Chunk("cd") + "0\r\n\r\n"}) {
    const ScriptedServer server(Sends(answer));
    NetworkClient client;
    ClientRequest request = RequestTo(server.Url());
    request.max_body_bytes = 4;
    EXPECT_EQ(client.Send(request).value().body, "abcd");
  }
}

TEST(ClientLimits, RefusesACompressedBody) {
  EXPECT_EQ(ErrorOf(SendsAndHangs("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n")),
            (Error{ErrorCode::kMalformed, "its answer has an encoding that was not requested"}));
}

TEST(ClientLimits, EndsAtTheDeadlineWhereverTheAnswerStops) {
  const Error over{ErrorCode::kUnavailable, "timed out"};
  for (const char* bytes : {"", "HTTP/1.1 200 OK\r\nX", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"}) {
    EXPECT_EQ(ErrorOf(SendsAndHangs(bytes), milliseconds(50)), over) << bytes;
  }
}

TEST(ClientLimits, EndsAtTheDeadlineThoughBytesKeepComing) {
  const ScriptedServer server(SendsForever(ChunkedHead(), Chunk(std::string(1000, 'x'))));
  NetworkClient client;
  ClientRequest request = RequestTo(server.Url(), milliseconds(50));
  request.on_body = [](std::string_view) { return true; };
  EXPECT_EQ(client.Send(request).error(), (Error{ErrorCode::kUnavailable, server.Url("") + ": timed out"}));
}

// Reading what is there already needs no wait that could end at the deadline.
TEST(ClientLimits, EndsAtTheDeadlineThoughTheRestIsThere) {
  const ScriptedServer server(Sends(HttpAnswer(200, std::string(100'000, 'x'))));
  NetworkClient client;
  ClientRequest request = RequestTo(server.Url(), milliseconds(500));
  request.on_body = [&request](std::string_view) {
    while (std::chrono::steady_clock::now() < request.deadline) std::this_thread::yield();
    return true;
  };
  const auto response = client.Send(request);
  ASSERT_FALSE(response.ok());
  EXPECT_THAT(response.error().message, ::testing::HasSubstr("timed out"));
}

TEST(ClientLimits, StopsABlockedReadFromAnotherThread) {
  std::latch is_asked(1);
  const ScriptedServer server([&is_asked](const ReceivedRequest&, Peer& peer) {
    is_asked.count_down();
    peer.WaitForClose();
    return false;
  });
  NetworkClient client;
  std::stop_source source;
  const std::jthread stopper([&] {
    is_asked.wait();
    source.request_stop();
  });
  ClientRequest request = RequestTo(server.Url());
  request.stop = source.get_token();
  EXPECT_EQ(client.Send(request).error(), (Error{ErrorCode::kUnavailable, server.Url("") + ": stopped"}));
}

TEST(ClientLimits, DoesNotBeginWhatIsAlreadyStopped) {
  const ScriptedServer server(Sends(HttpAnswer(200, "x")));
  NetworkClient client;
  std::stop_source source;
  source.request_stop();
  ClientRequest request = RequestTo(server.Url());
  request.stop = source.get_token();
  EXPECT_FALSE(client.Send(request).ok());
}

TEST(ClientStreaming, HandsOverPiecesAsTheyArrive) {
  std::latch got_first(1);
  const ScriptedServer server([&got_first](const ReceivedRequest&, Peer& peer) {
    peer.Write(ChunkedHead() + Chunk("first"));
    got_first.wait();
    peer.Write(Chunk("second") + std::string(kLastChunk));
    return true;
  });
  NetworkClient client;
  ClientRequest request = RequestTo(server.Url());
  request.max_body_bytes = 0;
  std::string body;
  request.on_body = [&](std::string_view piece) {
    body += piece;
    if (body == "first") got_first.count_down();
    return true;
  };
  EXPECT_EQ(client.Send(request).value().body, "");
  EXPECT_EQ(body, "firstsecond");
}

TEST(ClientStreaming, EndsWithSuccessWhenToldTo) {
  const ScriptedServer server(SendsAndHangs(ChunkedHead() + Chunk("first")));
  NetworkClient client;
  ClientRequest request = RequestTo(server.Url());
  request.on_body = [](std::string_view) { return false; };
  EXPECT_EQ(client.Send(request).value().status, 200);
}

TEST(ClientStreaming, KeepsTheBodyOfARefusal) {
  const ScriptedServer server(Sends(HttpAnswer(410, "gone")));
  NetworkClient client;
  ClientRequest request = RequestTo(server.Url());
  request.on_body = [](std::string_view) {
    ADD_FAILURE() << "called for a refusal";
    return true;
  };
  const auto response = client.Send(request);
  EXPECT_EQ(response.value().status, 410);
  EXPECT_EQ(response.value().body, "gone");
}

}  // namespace
}  // namespace irsa::http
