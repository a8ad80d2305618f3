// Any bytes as a URL, as a proxy's URL and as NO_PROXY. What is read can be written and read again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "irsa/base/url.h"
#include "irsa/http/client/proxy.h"

namespace irsa::http {
namespace {

using base::ParseUrl;
using base::Url;

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckUrl(std::string_view text) {
  const auto url = ParseUrl(text);
  if (!url.ok()) {
    Require(url.FailedWith(ErrorCode::kInvalid));
    return;
  }
  Require(url->scheme == "http" || url->scheme == "https");
  Require(!url->host.empty() && url->target.starts_with('/'));
  for (const char c : url->target + url->host) Require(c > ' ' && c < 0x7f);
  const auto again = ParseUrl(Origin(*url) + url->target);
  Require(again.ok() && *again == *url);
  const Url joined = Join(*url, "/api?limit=1");
  Require(joined.target.ends_with("/api?limit=1"));
  Require(ParseUrl(Origin(joined) + joined.target).ok());
}

void CheckProxy(std::string_view text) {
  const auto proxy = ParseProxyUrl(text);
  if (!proxy.ok()) {
    Require(proxy.FailedWith(ErrorCode::kInvalid));
    Require(text.size() < 20 || proxy.error().message.find(text) == std::string::npos);
    return;
  }
  Require(proxy->text == text && !proxy->url.host.empty());
  for (const char c : proxy->authorization) Require(c >= ' ' && c < 0x7f);
}

}  // namespace
}  // namespace irsa::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace irsa::base;
  using namespace irsa::http;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckUrl(text);
  CheckProxy(text);
  Require(DecodeComponent(EncodeComponent(text)) == text);
  if (const auto decoded = DecodeComponent(text)) Require(decoded->size() <= text.size());
  const size_t line_end = std::min(text.find('\n'), text.size());
  const auto url = ParseUrl(text.substr(0, line_end));
  if (url.ok()) BypassesProxy(*url, text.substr(std::min(line_end + 1, text.size())));
  return 0;
}
