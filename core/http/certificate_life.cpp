#include "core/http/certificate_life.h"

#include <openssl/x509.h>

namespace cleat::http {

std::optional<int64_t> secondsLeft(const std::string& certificate) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(certificate.data());
  X509* read = d2i_X509(nullptr, &bytes, static_cast<long>(certificate.size()));
  if (!read) return std::nullopt;
  int days = 0, seconds = 0;
  const bool told = ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(read)) == 1;
  X509_free(read);
  if (!told) return std::nullopt;
  constexpr int64_t kDay = 86'400;
  return days * kDay + seconds;
}

}  // namespace cleat::http
