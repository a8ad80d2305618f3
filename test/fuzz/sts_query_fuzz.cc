// STS requests from strangers: the form in the body, and an Authorization header, through the whole service.
//
// The input's first line is the header's value, the rest the body.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "irsa/sts/sts_service.h"

namespace {

using namespace irsa;

void Require(bool holds) {
  if (!holds) std::abort();
}

class SilentLog final : public base::Log {
 public:
  void Write(base::LogLevel, std::string_view, std::initializer_list<base::LogField>) override {}
};

class NoNetwork final : public http::Client {
 public:
  Result<http::ClientResponse> Send(const http::ClientRequest&) override {
    return Error{ErrorCode::kUnavailable, "no network"};
  }
};

// What makes every check of a token run: a provider with a key, and a role.
sts::StsConfig Config() {
  return {{{{"111122223333", "https://i.test", {"sts"}}, "https://i.test/keys"}},
          {{"arn:aws:iam::111122223333:role/r",
            iam::ParseTrustPolicy(R"({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*",
                "Action": "sts:*", "Condition": {"StringLike": {"i.test:sub": "system:*"}}}})")
                .value(),
            std::chrono::hours(1)}},
          {}};
}

struct World {
  base::SystemClock clock;
  base::DiskFileReader files;
  SilentLog log;
  NoNetwork client;
  sts::StsService service{
      sts::SessionSealer::Make().value(),
      std::make_shared<const sts::IamRegistry>(Config(), sts::KeyAccess{files, client, clock}, log, nullptr), clock,
      log, true};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static World world;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line_end = std::min(text.find('\n'), text.size());
  http::Request request{"POST", "/", {}, {{"Host", "sts.test"}}, {}, {}};
  if (line_end > 0) request.headers.emplace_back("Authorization", text.substr(0, line_end));
  request.headers.emplace_back("X-Amz-Date", "20260921T141320Z");
  request.body = text.substr(std::min(line_end + 1, text.size()));

  const http::Response response = world.service.Handle(request);
  // Nobody can sign a token or a request here, so every answer is an error, and one document whatever was sent.
  Require(response.status >= 400 && response.status < 500 && response.content_type == "text/xml");
  Require(response.body.starts_with("<ErrorResponse xmlns=") && response.body.ends_with("</ErrorResponse>\n"));
  const std::string_view xml = response.body;
  const size_t message = xml.find("<Message>");
  Require(message != std::string_view::npos);
  const std::string_view content = xml.substr(message + 9, xml.find("</Message>") - message - 9);
  Require(content.find('<') == std::string_view::npos && content.find('\0') == std::string_view::npos);

  const auto parsed = sts::ParseForm(request.body);
  if (parsed.ok()) Require(parsed->size() <= sts::kMaxFormParameters);
  return 0;
}
