#include "core/app/authority.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "core/app/openssl_owner.h"
#include "core/app/pki.h"
#include "core/base/on_strand.h"
#include "core/http/dial.h"

namespace cleat::app {
namespace {

using Certificate = std::unique_ptr<X509, Freer<X509_free>>;

Certificate certificateOf(const std::string& der) {
  auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  return Certificate(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
}

std::string pemOf(X509* cert) {
  std::unique_ptr<BIO, Freer<BIO_free_all>> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), cert);
  char* text = nullptr;
  long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

// Empty when none of the chain is the right authority, or it has not signed the first.
std::string authorityIn(const std::vector<std::string>& chain, const std::string& fingerprint) {
  Certificate leaf = chain.empty() ? nullptr : certificateOf(chain.front());
  for (const std::string& der : chain) {
    Certificate cert = certificateOf(der);
    if (!leaf || !cert) continue;
    std::string pem = pemOf(cert.get());
    Result<std::string> print = fingerprintOf(pem);
    if (print && *print == fingerprint && X509_verify(leaf.get(), X509_get0_pubkey(cert.get())) == 1) return pem;
  }
  return {};
}

}  // namespace

Result<http::HttpsUrl> parseServerUrl(const std::string& url) {
  auto parsed = http::HttpsUrl::parse(url, "6443");
  if (!parsed || !parsed->path.empty()) {
    return fail(Status::badRequest("--server " + url + ": give it as https://HOST:PORT"));
  }
  return parsed;
}

Task<Result<std::string>> findAuthority(base::AsioExecutor& executor, std::string url, std::string fingerprint) {
  CLEAT_CO_TRY(http::HttpsUrl server, parseServerUrl(url));
  CLEAT_CO_TRY(auto tls, http::TlsContext::client({}, {}, {});  // checks nobody: that is what we are about
               std::shared_ptr<base::Strand> strand = executor.makeStrand());
  co_await base::goTo(*strand);
  http::DialOptions options;
  options.host = server.host;
  options.port = static_cast<uint16_t>(std::stoul(server.port));
  options.tls = tls;
  auto stream = co_await http::dial(executor, strand, std::move(options));
  if (!stream) co_return fail(Status::unavailable("cannot connect to " + url + ": " + stream.error().message));
  std::string authority = authorityIn(http::peerCertificates((*stream)->session()), fingerprint);
  (*stream)->close();
  if (!authority.empty()) co_return authority;
  co_return fail(
      Status::unauthorized(url + " is not the cluster that the token is for: its authority has another fingerprint"));
}

}  // namespace cleat::app
