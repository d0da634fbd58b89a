// Keys and a blocking client for the tests of the API: what openssl and curl would do, in the test's own process.
#pragma once

#include <openssl/ssl.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cleat::http {

// A folder that goes away with the object, holding self-signed certificates.
class TestKeys {
 public:
  TestKeys();
  ~TestKeys();
  // Makes NAME.crt and NAME.key with the common name NAME and the address 127.0.0.1.
  void make(const std::string& name);
  std::string cert(const std::string& name) const { return (folder_ / (name + ".crt")).string(); }
  std::string key(const std::string& name) const { return (folder_ / (name + ".key")).string(); }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

struct TestResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; of several the last
  std::string body;
};

// One connection. Everything fails the test (throws) after ten seconds without progress.
class TestClient {
 public:
  // Empty `certFile`: no certificate. `tls` false: a plain connection.
  TestClient(uint16_t port, const std::string& certFile = {}, const std::string& keyFile = {}, bool tls = true);
  ~TestClient();
  TestClient(const TestClient&) = delete;

  TestResponse request(const std::string& method, const std::string& target, const std::string& body = {},
                       const std::vector<std::string>& headers = {});
  TestResponse get(const std::string& target, const std::vector<std::string>& headers = {}) {
    return request("GET", target, {}, headers);
  }

  void send(std::string_view bytes);
  // What has come, at least one byte; empty at the end of the stream.
  std::string receive();
  TestResponse readResponse(bool toHead = false);
  // Only the head; the chunks are read by readChunk, "" for the last one.
  TestResponse readHead();
  std::string readChunk();
  void shutdownWrite();

 private:
  std::string readLine();
  std::string readExactly(size_t size);
  int socket_ = -1;
  SSL_CTX* context_ = nullptr;
  SSL* session_ = nullptr;
  std::string buffer_;
};

}  // namespace cleat::http
