// The agent's HTTPS server on a port of this machine, and a client's TLS connection to it.
#pragma once

#include <openssl/x509.h>

#include <atomic>
#include <functional>
#include <string>

#include "tests/plugins/agent/node_fixture.h"

namespace cleat::agent::test {

struct Certificate {
  // Signed by itself, so that it can stand for the authority that the server trusts.
  Certificate(const char* commonName, const char* group);
  ~Certificate();
  Certificate(const Certificate&) = delete;

  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  std::string pem;
};

// Blocks, but not for ever: a read or a write that takes ten seconds fails.
class TlsClient {
 public:
  TlsClient(uint16_t port, const Certificate* as);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;

  bool write(std::string_view bytes);
  // As many bytes, or fewer at the end.
  std::string read(size_t size);
  // With the text in it.
  std::string readThrough(std::string_view text);
  std::string readAll() { return read(SIZE_MAX); }
  // Says that it ends.
  void end();
  // Whether the other side has ended TLS in order; to be asked at the end.
  bool endedInOrder() const;

 private:
  SSL_CTX* context_;
  BIO* connection_;
};

uint16_t freePort();

class Server : public ::testing::Test {
 protected:
  Server();

  // Runs `work`, which may block, with the host going on meanwhile.
  void meanwhile(const std::function<void()>& work);
  // The whole answer.
  std::string get(const std::string& path, const Certificate* as);
  std::string ask(const std::string& path, const Certificate* as) const;

  static std::string statusLine(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }

  Certificate apiServer_{"kube-apiserver-kubelet-client", "system:masters"};
  Certificate otherNode_{"system:node:node2", "system:nodes"};
  Certificate stranger_{"kube-apiserver-kubelet-client", "system:masters"};
  NodeFixture node_;
  uint16_t port_ = 0;
};

}  // namespace cleat::agent::test
