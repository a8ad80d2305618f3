#include "src/sts/query/signature_v4.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/base/time_text.h"

namespace irsa::sts {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using Pairs = std::vector<std::pair<std::string, std::string>>;

// The credentials, scope and time of AWS's test suite for Signature Version 4.
constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr const char* kTimestamp = "20150830T123600Z";
constexpr const char* kCredential = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request";
constexpr const char* kVanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
constexpr const char* kSuiteToken = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";

const base::SystemTime kSigned = base::ParseRfc3339("2015-08-30T12:36:00Z").value();

http::Request Request(std::string method = "GET", Pairs query = {}, Pairs headers = {}, std::string body = "") {
  http::Request request{std::move(method), "/", std::move(query), {{"Host", "example.amazonaws.com"}},
                        std::move(body),   {}};
  for (auto& header : headers) request.headers.push_back(std::move(header));
  return request;
}

// The request as the suite signs it.
http::Request Signed(http::Request request, const std::string& signed_headers, const std::string& signature) {
  request.headers.emplace_back("Authorization", std::string("AWS4-HMAC-SHA256 Credential=") + kCredential +
                                                    ", SignedHeaders=" + signed_headers + ", Signature=" + signature);
  request.headers.emplace_back("X-Amz-Date", kTimestamp);
  return request;
}

http::Request Vanilla() { return Signed(Request(), "host;x-amz-date", kVanilla); }

http::Request Presigned(Pairs extra = {}) {
  Pairs query = {{"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
                 {"X-Amz-Credential", kCredential},
                 {"X-Amz-Date", kTimestamp},
                 {"X-Amz-Expires", "3600"},
                 {"X-Amz-SignedHeaders", "host"}};
  for (auto& pair : extra) query.push_back(std::move(pair));
  return Request("GET", std::move(query));
}

Authorization Read(const http::Request& request) {
  auto read = ReadAuthorization(request);
  if (const auto* error = std::get_if<StsError>(&read)) {
    ADD_FAILURE() << error->code << ": " << error->message;
    return {};
  }
  return std::get<Authorization>(read);
}

StsError RefusalOf(const http::Request& request) {
  auto read = ReadAuthorization(request);
  if (auto* error = std::get_if<StsError>(&read)) return *error;
  ADD_FAILURE() << "not refused";
  return {};
}

std::optional<StsError> Check(const http::Request& request, base::SystemTime now = kSigned,
                              std::string_view secret = kSecret, std::string_view service = "service") {
  return CheckSignature(request, Read(request), secret, service, now);
}

// "" when the signature is right, else the message.
std::string Refused(const http::Request& request, base::SystemTime now = kSigned) {
  const auto error = Check(request, now);
  if (!error) return "";
  EXPECT_EQ(error->code, "SignatureDoesNotMatch");
  return error->message;
}

// All of the suite that can come over HTTP/1.1 to the path / (it also folds a header's lines).
TEST(SignatureV4, VerifiesAwssTestSuite) {
  const std::string unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const Pairs form = {{"Content-Type", "application/x-www-form-urlencoded"},
                      {"Content-Length", "13"},
                      {"x-amz-content-sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"}};
  Pairs form_with_charset = form;
  form_with_charset[0].second += "; charset=utf-8";
  const std::string form_headers = "content-length;content-type;host;x-amz-content-sha256;x-amz-date";
  const struct {
    const char* name;
    http::Request request;
    std::string signed_headers;
    const char* signature;
  } cases[] = {
      {"get-vanilla", Request(), "host;x-amz-date", kVanilla},
      {"get-vanilla-empty-query-key", Request("GET", {{"Param1", "value1"}}), "host;x-amz-date",
       "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
      {"get-vanilla-query-order-key-case", Request("GET", {{"Param2", "value2"}, {"Param1", "value1"}}),
       "host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"get-vanilla-query-order-encoded",
       Request("GET", {{"Param-3", "Value3"}, {"Param", "Value2"}, {"\xe1\x88\xb4", "Value1"}}), "host;x-amz-date",
       "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
      {"get-vanilla-query-unreserved", Request("GET", {{unreserved, unreserved}}), "host;x-amz-date",
       "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
      {"get-vanilla-utf8-query", Request("GET", {{"\xe1\x88\xb4", "bar"}}), "host;x-amz-date",
       "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
      {"get-vanilla-with-session-token", Request("GET", {}, {{"X-Amz-Security-Token", kSuiteToken}}),
       "host;x-amz-date;x-amz-security-token", "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"},
      {"get-header-key-duplicate",
       Request("GET", {}, {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}}),
       "host;my-header1;x-amz-date", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
      {"get-header-value-order",
       Request(
           "GET", {},
           {{"My-Header1", "value4"}, {"My-Header1", "value1"}, {"My-Header1", "value3"}, {"My-Header1", "value2"}}),
       "host;my-header1;x-amz-date", "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
      {"get-header-value-trim", Request("GET", {}, {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}}),
       "host;my-header1;my-header2;x-amz-date", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
      {"post-vanilla", Request("POST"), "host;x-amz-date",
       "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"post-x-www-form-urlencoded", Request("POST", {}, form, "Param1=value1"), form_headers,
       "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"},
      {"post-x-www-form-urlencoded-parameters", Request("POST", {}, form_with_charset, "Param1=value1"), form_headers,
       "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422"},
  };
  for (const auto& [name, request, signed_headers, signature] : cases) {
    EXPECT_EQ(Refused(Signed(request, signed_headers, signature)), "") << name;
  }
}

TEST(SignatureV4, VerifiesThePresignedUrlsOfTheSuite) {
  EXPECT_EQ(
      Refused(Presigned({{"X-Amz-Security-Token", kSuiteToken},
                         {"X-Amz-Signature", "7ff2b50b376cb4d151970630573d6291dc128cc5c2a12ffb237f73cc53f67b6c"}})),
      "");
  EXPECT_EQ(
      Refused(Presigned({{"Param2", "value2"},
                         {"Param1", "value1"},
                         {"X-Amz-Signature", "86012e2c9ad4d77369f5d81c11f75158aae4f895a085212cc6d3f923d300bed5"}})),
      "");
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
TEST(SignatureV4, MakesTheTextsOfTheSuite) {
  const http::Request request = Vanilla();
  const Authorization authorization = Read(request);
  const std::string canonical = CanonicalRequest(request, authorization);
  EXPECT_EQ(canonical,
            "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n"
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::string to_sign = StringToSign(authorization, canonical);
  EXPECT_EQ(to_sign,
            "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"
            "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63");
  EXPECT_EQ(Sign(authorization, kSecret, to_sign), kVanilla);
}

TEST(SignatureV4, ReadsWhatARequestSaysOfItsSignature) {
  const Authorization vanilla = Read(Vanilla());
  const Authorization expected{"AKIDEXAMPLE", "20150830", "us-east-1", "service", {"host", "x-amz-date"},
                               kVanilla,      kTimestamp, kSigned,     {}};
  EXPECT_EQ(vanilla, expected);
  Authorization presigned = expected;
  presigned.signed_headers = {"host"};
  presigned.session_token = "token";
  EXPECT_EQ(Read(Presigned({{"X-Amz-Signature", kVanilla}, {"X-Amz-Security-Token", "token"}})), presigned);
}

TEST(SignatureV4, RefusesWhateverIsChanged) {
  const std::function<void(http::Request&)> changes[] = {
      [](http::Request& request) { request.method = "POST"; },
      [](http::Request& request) { request.path = "/x"; },
      [](http::Request& request) { request.query.emplace_back("a", "b"); },
      [](http::Request& request) { request.headers[0].second = "example.com"; },
      [](http::Request& request) { request.body = "x"; },
      [](http::Request& request) { request.headers[2].second = "20150830T123601Z"; },
      [](http::Request& request) {
        std::string& header = request.headers[1].second;
        header.replace(header.find("us-east-1"), 9, "us-east-2");
      },
      [](http::Request& request) { request.headers[1].second.back() = '0'; },
  };
  for (const auto& change : changes) {
    http::Request request = Vanilla();
    change(request);
    EXPECT_THAT(Refused(request), StartsWith("The request signature we calculated does not match"));
  }
  EXPECT_EQ(Check(Vanilla(), kSigned, "another secret")->code, "SignatureDoesNotMatch");
}

TEST(SignatureV4, LeavesOutHeadersThatAreNotSigned) {
  http::Request request = Vanilla();
  request.headers.emplace_back("User-Agent", "test");
  EXPECT_EQ(Refused(request), "");
}

TEST(SignatureV4, RefusesTheScopeOfAnotherServiceOrDay) {
  EXPECT_EQ(Check(Vanilla(), kSigned, kSecret, "sts")->message,
            "Credential should be scoped to correct service: 'sts'. ");
  // A part of the day is not the day, even where the signature was made with it.
  for (const std::string day : {"20150829", "2015", "201508300", "20150830T", "x"}) {
    http::Request request = Vanilla();
    std::string& header = request.headers[1].second;
    header.replace(header.find("20150830"), 8, day);
    const Authorization authorization = Read(request);
    const std::string signature =
        Sign(authorization, kSecret, StringToSign(authorization, CanonicalRequest(request, authorization)));
    header.replace(header.find(kVanilla), signature.size(), signature);
    EXPECT_EQ(Refused(request),
              "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" + day +
                  "' != '20150830', from '20150830T123600Z'.");
  }
}

TEST(SignatureV4, AllowsAQuarterOfAnHourBothWays) {
  using std::chrono::seconds;
  EXPECT_EQ(Refused(Vanilla(), kSigned + seconds(900)), "");
  EXPECT_EQ(Refused(Vanilla(), kSigned - seconds(900)), "");
  EXPECT_EQ(Refused(Vanilla(), kSigned + seconds(901)),
            "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)");
  EXPECT_EQ(Refused(Vanilla(), kSigned - seconds(901)),
            "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 "
            "min.)");
}

// The suite's URL with X-Amz-Expires as given, none when null, and signed by that; it is part of what is signed.
http::Request PresignedFor(const char* validity) {
  http::Request request = Presigned({{"X-Amz-Signature", kVanilla}});
  std::erase_if(request.query, [](const auto& pair) { return pair.first == "X-Amz-Expires"; });
  if (validity != nullptr) request.query.emplace_back("X-Amz-Expires", validity);
  const Authorization authorization = Read(request);
  for (auto& [name, value] : request.query) {
    if (name != "X-Amz-Signature") continue;
    value = Sign(authorization, kSecret, StringToSign(authorization, CanonicalRequest(request, authorization)));
  }
  return request;
}

// aws-sdk-go-v2 leaves X-Amz-Expires out, and STS does not look at it.
TEST(SignatureV4, TakesAPresignedUrlForAQuarterOfAnHourWhateverItSays) {
  using std::chrono::seconds;
  for (const char* validity : {static_cast<const char*>(nullptr), "3600", "60", "1", "0", "604801", "-1", "1h", ""}) {
    const http::Request request = PresignedFor(validity);
    EXPECT_EQ(Refused(request, kSigned + seconds(900)), "");
    EXPECT_EQ(Refused(request, kSigned + seconds(901)),
              "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)");
    EXPECT_THAT(Refused(request, kSigned - seconds(901)), StartsWith("Signature not yet current"));
  }
}

// aws-iam-authenticator's tokens and Vault's logins are bound to a cluster or server by a header of their own.
TEST(SignatureV4, CoversFurtherHeadersOfAPresignedUrl) {
  http::Request request = Presigned({{"X-Amz-Signature", kVanilla}});
  for (auto& [name, value] : request.query) {
    if (name == "X-Amz-SignedHeaders") value = "host;x-k8s-aws-id";
  }
  EXPECT_THAT(RefusalOf(request).message, HasSubstr("SignedHeaders names \"x-k8s-aws-id\", a header"));
  request.headers.emplace_back("x-k8s-aws-id", "cluster-1");
  const Authorization authorization = Read(request);
  const std::string signature =
      Sign(authorization, kSecret, StringToSign(authorization, CanonicalRequest(request, authorization)));
  for (auto& [name, value] : request.query) {
    if (name == "X-Amz-Signature") value = signature;
  }
  EXPECT_EQ(Refused(request), "");
  request.headers.back().second = "cluster-2";
  EXPECT_THAT(Refused(request), StartsWith("The request signature we calculated does not match"));
}

TEST(ReadAuthorization, TellsWhatIsNotSignedAtAll) {
  EXPECT_EQ(RefusalOf(Request()), (StsError{"MissingAuthenticationToken", "Request is missing Authentication Token"}));
}

TEST(ReadAuthorization, NamesWhatIsWrongInTheHeader) {
  const std::string credential = std::string("Credential=") + kCredential;
  const std::string rest = std::string(", SignedHeaders=host, Signature=") + kVanilla;
  const struct {
    std::string header;
    const char* message;
  } cases[] = {
      {"Bearer x", "Unsupported AWS 'algorithm': \"Bearer\""},
      {"AWS4-ECDSA-P256-SHA256 x", "Unsupported AWS 'algorithm'"},
      {"", "Unsupported AWS 'algorithm'"},
      {"AWS4-HMAC-SHA256", "each once"},
      {"AWS4-HMAC-SHA256 " + credential, "requires 'Signature'"},
      {"AWS4-HMAC-SHA256 SignedHeaders=host, Signature=x", "requires 'Credential'"},
      {"AWS4-HMAC-SHA256 " + credential + ", Signature=x", "requires 'SignedHeaders'"},
      {"AWS4-HMAC-SHA256 " + credential + rest + ", Extra=1", "each once"},
      {"AWS4-HMAC-SHA256 " + credential + rest + ", Signature=x", "each once"},
      {"AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/sts" + rest, "exactly 5 slash-delimited elements"},
      {"AWS4-HMAC-SHA256 Credential=AKID/20150830//sts/aws4_request" + rest, "exactly 5 slash-delimited elements"},
      {"AWS4-HMAC-SHA256 Credential=AKID/20150830/r/sts/aws5_request" + rest, "exactly 5 slash-delimited elements"},
      {"AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=x-amz-date, Signature=x", "'Host' must be"},
      {"AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=x-amz-date;host, Signature=x", "must be sorted"},
      {"AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host;host, Signature=x", "must be sorted"},
      {"AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=Host, Signature=x", "must be in lower case"},
      {"AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=accept;host, Signature=x", "names \"accept\""},
      {"AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host" + std::string(64, ';') + ", Signature=x",
       "more than 64"},
      {"AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host, Signature=abc", "64 hexadecimal digits"},
      {"AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host, Signature=" + std::string(64, 'G'),
       "64 hexadecimal digits"},
  };
  for (const auto& [header, message] : cases) {
    const StsError error = RefusalOf(Request("GET", {}, {{"Authorization", header}, {"X-Amz-Date", kTimestamp}}));
    EXPECT_EQ(error.code, "IncompleteSignature");
    EXPECT_THAT(error.message, HasSubstr(message)) << header;
  }
}

TEST(ReadAuthorization, NeedsOneDateAndOneOfEachHeader) {
  http::Request request = Vanilla();
  request.headers.pop_back();
  EXPECT_THAT(RefusalOf(request).message, HasSubstr("names \"x-amz-date\""));
  for (const char* time :
       {"", "2015-08-30T12:36:00Z", "20150830T123600", "20151330T123600Z", "20150830 123600Z", "2015083OT123600Z"}) {
    http::Request other = Vanilla();
    other.headers.back().second = time;
    EXPECT_THAT(RefusalOf(other).message, HasSubstr("ISO-8601")) << time;
  }
  for (const char* name : {"x-amz-date", "authorization", "X-Amz-Security-Token"}) {
    http::Request twice = Vanilla();
    twice.headers.emplace_back(name, kTimestamp);
    twice.headers.emplace_back(name, kTimestamp);
    EXPECT_EQ(RefusalOf(twice).code, "IncompleteSignature") << name;
  }
}

TEST(ReadAuthorization, NamesWhatIsWrongInTheQuery) {
  const http::Request whole = Presigned({{"X-Amz-Signature", kVanilla}});
  for (const auto& field : whole.query) {
    const std::string& name = field.first;
    if (name == "X-Amz-Expires") continue;  // not looked at
    http::Request request = whole;
    std::erase_if(request.query, [&](const auto& pair) { return pair.first == name; });
    EXPECT_THAT(RefusalOf(request).message, HasSubstr("must include '" + name + "'"));
    request.query.emplace_back(name, "");
    EXPECT_EQ(RefusalOf(request).code, "IncompleteSignature") << name;
    request = whole;
    request.query.emplace_back(name, "other");
    EXPECT_THAT(RefusalOf(request).message, HasSubstr("must include '" + name + "'"));
  }
}

TEST(ReadAuthorization, RefusesTwoSignatures) {
  http::Request request = Vanilla();
  request.query.emplace_back("X-Amz-Signature", kVanilla);
  EXPECT_THAT(RefusalOf(request).message, HasSubstr("both in its header and in its query"));
}

}  // namespace
}  // namespace irsa::sts
