#include "core/app/tls_request.h"

#include <netdb.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

#include "core/app/pki.h"

namespace cleat::app {
namespace {

constexpr size_t kMaxAnswer = 1u << 20;

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};

std::string pemOf(X509* cert) {
  std::unique_ptr<BIO, Freer<BIO_free_all>> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), cert);
  char* text = nullptr;
  long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

Result<int> connectTo(const base::HttpsUrl& to) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (int error = getaddrinfo(to.host.c_str(), to.port.c_str(), &hints, &found); error != 0) {
    return fail(Status::unavailable("cannot find " + to.host + ": " + gai_strerror(error)));
  }
  std::unique_ptr<addrinfo, Freer<freeaddrinfo>> addresses(found);
  int lastError = 0;
  for (addrinfo* address = found; address != nullptr; address = address->ai_next) {
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval limit{10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0) return fd;
    lastError = errno;
    close(fd);
  }
  return fail(Status::unavailable("cannot connect to " + to.host + ":" + to.port + ": " + std::strerror(lastError)));
}

// The length that a header names, or nothing.
size_t contentLength(const std::string& head) {
  size_t at = 0;
  while ((at = head.find("\r\n", at)) != std::string::npos) {
    at += 2;
    constexpr std::string_view kName = "content-length:";
    if (head.size() - at < kName.size() || strncasecmp(head.c_str() + at, kName.data(), kName.size()) != 0) continue;
    size_t begin = head.find_first_not_of(' ', at + kName.size());
    size_t length = 0;
    std::from_chars(head.data() + begin, head.data() + head.size(), length);
    return length;
  }
  return 0;
}

}  // namespace

struct TlsConnection::Parts {
  std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>> context;
  std::unique_ptr<SSL, Freer<SSL_free>> ssl;
  int fd = -1;
  std::string host, caPem;
  ~Parts() {
    ssl.reset();
    if (fd >= 0) close(fd);
  }
};

TlsConnection::TlsConnection(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsConnection::TlsConnection(TlsConnection&&) noexcept = default;
TlsConnection::~TlsConnection() = default;
const std::string& TlsConnection::caPem() const { return parts_->caPem; }

Result<base::HttpsUrl> parseServerUrl(const std::string& url) {
  auto parsed = base::HttpsUrl::parse(url, "6443");
  if (!parsed || !parsed->path.empty()) {
    return fail(Status::badRequest("--server " + url + ": give it as https://HOST:PORT"));
  }
  return parsed;
}

Result<TlsConnection> TlsConnection::open(const std::string& url, const std::string& caFingerprint) {
  CLEAT_TRY(base::HttpsUrl to, parseServerUrl(url));
  CLEAT_TRY(int fd, connectTo(to));
  auto parts = std::make_unique<Parts>();
  parts->fd = fd;
  parts->host = to.host;
  parts->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(parts->context.get(), TLS1_2_VERSION);
  parts->ssl.reset(SSL_new(parts->context.get()));
  SSL_set_fd(parts->ssl.get(), fd);
  if (SSL_connect(parts->ssl.get()) != 1) return fail(Status::unavailable(url + " does not speak TLS"));

  STACK_OF(X509)* chain = SSL_get_peer_cert_chain(parts->ssl.get());
  std::unique_ptr<X509, Freer<X509_free>> leaf(SSL_get1_peer_certificate(parts->ssl.get()));
  for (int i = 0; chain != nullptr && i < sk_X509_num(chain); ++i) {
    X509* cert = sk_X509_value(chain, i);
    std::string pem = pemOf(cert);
    Result<std::string> print = fingerprintOf(pem);
    if (!print || *print != caFingerprint) continue;
    // The authority is the right one; the server's own certificate must be signed by it.
    if (leaf && X509_verify(leaf.get(), X509_get0_pubkey(cert)) == 1) parts->caPem = std::move(pem);
  }
  if (parts->caPem.empty()) {
    return fail(Status::unauthorized(url + " is not the cluster that the token is for: its authority has another fingerprint"));
  }
  return TlsConnection(std::move(parts));
}

Result<TlsAnswer> TlsConnection::send(const std::string& method, const std::string& path, const std::string& bearerToken,
                                      const std::string& body) {
  std::string request = method + " " + path + " HTTP/1.1\r\nHost: " + parts_->host + "\r\nAccept: application/json\r\n";
  if (!bearerToken.empty()) request += "Authorization: Bearer " + bearerToken + "\r\n";
  if (!body.empty()) request += "Content-Type: application/json\r\n";
  request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  if (SSL_write(parts_->ssl.get(), request.data(), static_cast<int>(request.size())) <= 0) {
    return fail(Status::unavailable("the server closed the connection"));
  }
  std::string text;
  size_t headEnd = std::string::npos, length = 0;
  while (headEnd == std::string::npos || text.size() < headEnd + length) {
    char buffer[8192];
    int got = SSL_read(parts_->ssl.get(), buffer, sizeof buffer);
    if (got <= 0 || text.size() > kMaxAnswer) return fail(Status::unavailable("the server did not answer"));
    text.append(buffer, static_cast<size_t>(got));
    if (headEnd == std::string::npos && (headEnd = text.find("\r\n\r\n")) != std::string::npos) {
      length = contentLength(text.substr(0, headEnd));
      headEnd += 4;
      if (length > kMaxAnswer) return fail(Status::unavailable("the server's answer is too large"));
    }
  }
  TlsAnswer answer;
  std::from_chars(text.data() + std::min<size_t>(9, text.size()), text.data() + text.size(), answer.code);
  answer.body = text.substr(headEnd, length);
  return answer;
}

}  // namespace cleat::app
