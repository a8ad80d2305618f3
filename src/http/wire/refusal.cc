#include "refusal.h"

namespace irsa::http {
namespace {

std::string_view StatusPhrase(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Refused";
  }
}

}  // namespace

Response RefusalResponse(const Refusal& refusal, const RefusalWriter& writer, std::string_view accept) {
  if (writer) return writer(refusal, accept);
  return {.status = refusal.status, .body = refusal.reason + "\n"};
}

std::string WriteRefusal(const Refusal& refusal, const Response& response, bool close, bool is_head) {
  std::string answer = "HTTP/1.1 " + std::to_string(refusal.status) + " ";
  answer += StatusPhrase(refusal.status);
  answer += "\r\nContent-Type: " + response.content_type;
  answer += "\r\nContent-Length: " + std::to_string(response.body.size()) + "\r\n";
  for (const auto& [name, value] : response.headers) answer += name + ": " + value + "\r\n";
  if (!refusal.header.empty()) answer += refusal.header + "\r\n";
  if (close) answer += "Connection: close\r\n";
  answer += "\r\n";
  if (!is_head) answer += response.body;
  return answer;
}

}  // namespace irsa::http
