#include "certificate_text.h"

#include <algorithm>
#include <chrono>
#include <ctime>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/x509.h>

namespace irsa::crypto {

base::SystemTime ToSystemTime(const ASN1_TIME& time) {
  using std::chrono::seconds;
  std::tm fields{};
  ASN1_TIME_to_tm(&time, &fields);  // UTC; mktime would read it as local time
  const std::chrono::sys_days day = std::chrono::year(fields.tm_year + 1900) /
                                    std::chrono::month(static_cast<unsigned>(fields.tm_mon + 1)) /
                                    std::chrono::day(static_cast<unsigned>(fields.tm_mday));
  const std::chrono::sys_seconds at =
      day + std::chrono::hours(fields.tm_hour) + std::chrono::minutes(fields.tm_min) + seconds(fields.tm_sec);
  return std::clamp(at, std::chrono::ceil<seconds>(base::SystemTime::min()),
                    std::chrono::floor<seconds>(base::SystemTime::max()));
}

std::string NameText(const X509_NAME* name) {
  const OpenSslPtr<BIO> bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  return BioText(bio.get());
}

OpenSslPtr<BIO> ReadingBio(std::string_view text) {
  // OpenSSL makes no BIO of a null pointer, which an empty view may hold.
  return OpenSslPtr<BIO>(BIO_new_mem_buf(text.empty() ? "" : text.data(), static_cast<int>(text.size())));
}

std::string BioText(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<size_t>(size)) : std::string();
}

}  // namespace irsa::crypto
