#include "tests/core/http/test_tls.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <utility>

namespace cleat::http {

TestKeys::TestKeys() {
  std::string pattern = (std::filesystem::temp_directory_path() / "cleat-api-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
  folder_ = pattern;
}

TestKeys::~TestKeys() { std::filesystem::remove_all(folder_); }

void TestKeys::make(const std::string& name) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* cert = X509_new();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -60);
  X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
  X509_set_pubkey(cert, key);
  X509_NAME* subject = X509_get_subject_name(cert);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(cert, subject);
  X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
  X509_add_ext(cert, names, -1);
  X509_EXTENSION_free(names);
  X509_sign(cert, key, EVP_sha256());
  FILE* file = fopen(this->cert(name).c_str(), "w");
  PEM_write_X509(file, cert);
  fclose(file);
  file = fopen(this->key(name).c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  fclose(file);
  X509_free(cert);
  EVP_PKEY_free(key);
}

TestClient::TestClient(uint16_t port, const std::string& certFile, const std::string& keyFile, bool tls) {
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  timeval limit{10, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error(std::string("connect: ") + strerror(errno));
  }
  if (!tls) return;
  context_ = SSL_CTX_new(TLS_client_method());
  if (!certFile.empty()) {
    SSL_CTX_use_certificate_chain_file(context_, certFile.c_str());
    SSL_CTX_use_PrivateKey_file(context_, keyFile.c_str(), SSL_FILETYPE_PEM);
  }
  session_ = SSL_new(context_);
  SSL_set_fd(session_, socket_);
  if (SSL_connect(session_) != 1) throw std::runtime_error("TLS handshake failed");
}

TestClient::~TestClient() {
  if (session_) SSL_free(session_);
  if (context_) SSL_CTX_free(context_);
  close(socket_);
}

void TestClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t size = session_ ? SSL_write(session_, bytes.data(), static_cast<int>(bytes.size()))
                            : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) throw std::runtime_error("cannot send");
    bytes.remove_prefix(static_cast<size_t>(size));
  }
}

std::string TestClient::receive() {
  if (!buffer_.empty()) return std::exchange(buffer_, {});
  char scratch[16384];
  errno = 0;
  ssize_t size = session_ ? SSL_read(session_, scratch, sizeof scratch) : recv(socket_, scratch, sizeof scratch, 0);
  if (size <= 0 && errno == EAGAIN) throw std::runtime_error("nothing came for ten seconds");
  return size > 0 ? std::string(scratch, static_cast<size_t>(size)) : std::string();
}

std::string TestClient::readLine() {
  std::string bytes;
  for (size_t end; (end = bytes.find("\r\n")) == std::string::npos;) {
    std::string more = receive();
    if (more.empty()) throw std::runtime_error("the stream ended in a line: " + bytes);
    bytes += more;
  }
  size_t end = bytes.find("\r\n");
  buffer_ = bytes.substr(end + 2);
  return bytes.substr(0, end);
}

std::string TestClient::readExactly(size_t size) {
  std::string bytes = std::exchange(buffer_, {});
  while (bytes.size() < size) {
    std::string more = receive();
    if (more.empty()) throw std::runtime_error("the stream ended early");
    bytes += more;
  }
  buffer_ = bytes.substr(size);
  return bytes.substr(0, size);
}

TestResponse TestClient::readHead() {
  TestResponse response;
  std::string line = readLine();
  if (line.size() < 12) throw std::runtime_error("no status line: " + line);
  response.status = std::stoi(line.substr(9, 3));
  for (line = readLine(); !line.empty(); line = readLine()) {
    size_t colon = line.find(':');
    std::string name = line.substr(0, colon);
    for (char& c : name) c = static_cast<char>(tolower(c));
    response.headers[name] = line.substr(colon + 2);
  }
  return response;
}

std::string TestClient::readChunk() {
  size_t size = std::stoul(readLine(), nullptr, 16);
  std::string chunk = readExactly(size);
  readLine();
  return chunk;
}

TestResponse TestClient::readResponse(bool toHead) {
  TestResponse response = readHead();
  if (toHead || response.status == 304 || response.status == 204 || response.status < 200) return response;
  if (response.headers["transfer-encoding"] == "chunked") {
    for (std::string chunk = readChunk(); !chunk.empty(); chunk = readChunk()) response.body += chunk;
  } else {
    response.body = readExactly(std::stoul(response.headers["content-length"]));
  }
  return response;
}

TestResponse TestClient::request(const std::string& method, const std::string& target, const std::string& body,
                                 const std::vector<std::string>& headers) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& header : headers) text += header + "\r\n";
  if (!body.empty() || method == "POST" || method == "PUT") {
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  send(text + "\r\n" + body);
  return readResponse(method == "HEAD");
}

void TestClient::shutdownWrite() {
  if (session_) SSL_shutdown(session_);
  shutdown(socket_, SHUT_WR);
}

}  // namespace cleat::http
