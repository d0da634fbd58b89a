#include "tests/plugins/agent/server/server_fixture.h"

#include <cleat/sdk/file.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <csignal>
#include <thread>

namespace cleat::agent::test {

Certificate::Certificate(const char* commonName, const char* group)
    : key(EVP_EC_gen("P-256")), certificate(X509_new()) {
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  auto add = [&](const char* field, const char* value) {
    X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value), -1, -1, 0);
  };
  add("O", group);
  add("CN", commonName);
  X509_set_issuer_name(certificate, name);
  X509_sign(certificate, key, EVP_sha256());
  BIO* memory = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(memory, certificate);
  char* begin = nullptr;
  long size = BIO_get_mem_data(memory, &begin);
  pem.assign(begin, static_cast<size_t>(size));
  BIO_free(memory);
}

Certificate::~Certificate() {
  X509_free(certificate);
  EVP_PKEY_free(key);
}

TlsClient::TlsClient(uint16_t port, const Certificate* as) : context_(SSL_CTX_new(TLS_client_method())) {
  if (as != nullptr) {
    SSL_CTX_use_certificate(context_, as->certificate);
    SSL_CTX_use_PrivateKey(context_, as->key);
  }
  connection_ = BIO_new_ssl_connect(context_);
  BIO_set_conn_hostname(connection_, concat("127.0.0.1:", port).c_str());
  if (BIO_do_connect(connection_) <= 0) return;
  timeval limit{.tv_sec = 10, .tv_usec = 0};
  int socket = static_cast<int>(BIO_get_fd(connection_, nullptr));
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

TlsClient::~TlsClient() {
  BIO_free_all(connection_);
  SSL_CTX_free(context_);
}

bool TlsClient::write(std::string_view bytes) {
  return BIO_write(connection_, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
}

std::string TlsClient::read(size_t size) {
  std::string text;
  char block[1024];
  while (text.size() < size) {
    int got = BIO_read(connection_, block, static_cast<int>(std::min(size - text.size(), sizeof block)));
    if (got <= 0) break;
    text.append(block, static_cast<size_t>(got));
  }
  return text;
}

std::string TlsClient::readThrough(std::string_view text) {
  std::string all;
  while (!all.ends_with(text)) {
    std::string next = read(1);
    if (next.empty()) break;
    all += next;
  }
  return all;
}

void TlsClient::end() { BIO_ssl_shutdown(connection_); }

bool TlsClient::endedInOrder() const {
  SSL* session = nullptr;
  BIO_get_ssl(connection_, &session);
  return (SSL_get_shutdown(session) & SSL_RECEIVED_SHUTDOWN) != 0;
}

uint16_t freePort() {
  Fd socket(::socket(AF_INET6, SOCK_STREAM, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  socklen_t size = sizeof address;
  bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size);
  getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin6_port);
}

Server::Server() {
  std::signal(SIGPIPE, SIG_IGN);  // as the program does: the other side may close first
  port_ = freePort();
  node_.host().serverConfig().agentPort = port_;
  std::string caFile = node_.host().dataDir() + "/ca.crt";
  EXPECT_TRUE(writeFile(caFile, apiServer_.pem + otherNode_.pem));
  node_.host().serverConfig().caFile = caFile;
  node_.startAgent();
}

void Server::meanwhile(const std::function<void()>& work) {
  std::atomic<bool> done = false;
  std::thread other([&] {
    work();
    done = true;
  });
  while (!done) {
    node_.settle();
    std::this_thread::yield();
  }
  other.join();
}

std::string Server::get(const std::string& path, const Certificate* as) {
  std::string answer;
  meanwhile([&] { answer = ask(path, as); });
  return answer;
}

std::string Server::ask(const std::string& path, const Certificate* as) const {
  TlsClient client(port_, as);
  return client.write(concat("GET ", path, " HTTP/1.1\r\nHost: node1\r\n\r\n")) ? client.readAll() : "";
}

}  // namespace cleat::agent::test
