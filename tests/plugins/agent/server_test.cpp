// Whom the agent's HTTPS server answers, over real TLS on this machine.
#include <cleat/sdk/file.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "node_fixture.h"

namespace cleat::agent::test {
namespace {

struct Certificate {
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  std::string pem;

  // Signed by itself, so that it can stand for the authority that the server trusts.
  Certificate(const char* commonName, const char* group) : key(EVP_EC_gen("P-256")), certificate(X509_new()) {
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
  ~Certificate() {
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
};

uint16_t freePort() {
  Fd socket(::socket(AF_INET6, SOCK_STREAM, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  socklen_t size = sizeof address;
  bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size);
  getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin6_port);
}

class Server : public ::testing::Test {
 protected:
  Server() {
    std::signal(SIGPIPE, SIG_IGN);  // as the program does: the other side may close first
    port_ = freePort();
    node_.host().serverConfig().agentPort = port_;
    std::string caFile = node_.host().dataDir() + "/ca.crt";
    EXPECT_TRUE(writeFile(caFile, apiServer_.pem + otherNode_.pem));
    node_.host().serverConfig().caFile = caFile;
    node_.startAgent();
  }

  // The whole answer, with the host going on meanwhile.
  std::string get(const std::string& path, const Certificate* as) {
    std::string answer;
    std::atomic<bool> done = false;
    std::thread client([&] {
      answer = ask(path, as);
      done = true;
    });
    while (!done) {
      node_.settle();
      std::this_thread::yield();
    }
    client.join();
    return answer;
  }

  std::string ask(const std::string& path, const Certificate* as) const {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    if (as != nullptr) {
      SSL_CTX_use_certificate(context, as->certificate);
      SSL_CTX_use_PrivateKey(context, as->key);
    }
    BIO* connection = BIO_new_ssl_connect(context);
    BIO_set_conn_hostname(connection, concat("127.0.0.1:", port_).c_str());
    std::string request = concat("GET ", path, " HTTP/1.1\r\nHost: node1\r\n\r\n");
    std::string answer;
    if (BIO_write(connection, request.data(), static_cast<int>(request.size())) > 0) {
      char block[1024];
      for (int got; (got = BIO_read(connection, block, sizeof block)) > 0;) answer.append(block, static_cast<size_t>(got));
    }
    BIO_free_all(connection);
    SSL_CTX_free(context);
    return answer;
  }

  static std::string statusLine(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }

  Certificate apiServer_{"kube-apiserver-kubelet-client", "system:masters"};
  Certificate otherNode_{"system:node:node2", "system:nodes"};
  Certificate stranger_{"kube-apiserver-kubelet-client", "system:masters"};
  NodeFixture node_;
  uint16_t port_ = 0;
};

TEST_F(Server, AnybodyMayAskWhetherItIsAlive) {
  EXPECT_EQ(statusLine(get("/healthz", nullptr)), "HTTP/1.1 200 OK");
}

TEST_F(Server, OnlyTheApiServerMayAskForMore) {
  EXPECT_EQ(statusLine(get("/containerLogs/default/web/main", nullptr)), "HTTP/1.1 401 Unauthorized");
  EXPECT_EQ(statusLine(get("/containerLogs/default/web/main", &otherNode_)), "HTTP/1.1 403 Forbidden");
  EXPECT_EQ(statusLine(get("/containerLogs/default/web/main", &apiServer_)), "HTTP/1.1 404 Not Found");
  EXPECT_NE(statusLine(get("/containerLogs/default/web/main", &stranger_)), "HTTP/1.1 200 OK")
      << "the right names on a certificate that the cluster has not signed";
}

TEST_F(Server, TheLogOfAContainerIsGivenAsText) {
  node_.put(podNamed("web"));
  FakeContainer* container = node_.runtime().find("main");
  container->logPath = node_.host().dataDir() + "/0.log";
  ASSERT_TRUE(writeFile(container->logPath, "2026-03-01T12:00:00Z stdout F hello\n2026-03-01T12:00:01Z stdout F there\n"));
  node_.runtime().event();
  node_.advance(2s);
  std::string answer = get("/containerLogs/default/web/main?tailLines=1", &apiServer_);
  EXPECT_EQ(statusLine(answer), "HTTP/1.1 200 OK");
  EXPECT_NE(answer.find("there\n"), std::string::npos);
  EXPECT_EQ(answer.find("hello"), std::string::npos);
}

TEST_F(Server, AFollowedLogEndsWithItsContainer) {
  node_.put(podNamed("web", "Never"));
  FakeContainer* container = node_.runtime().find("main");
  container->logPath = node_.host().dataDir() + "/0.log";
  ASSERT_TRUE(writeFile(container->logPath, "2026-03-01T12:00:00Z stdout F hello\n"));
  node_.runtime().event();
  node_.advance(2s);
  std::string answer;
  std::atomic<bool> done = false;
  std::thread client([&] {
    answer = ask("/containerLogs/default/web/main?follow=true", &apiServer_);
    done = true;
  });
  for (int i = 0; i < 50; ++i) node_.settle();
  node_.runtime().exit("main", 0);
  while (!done) {
    node_.advance(1s);
    std::this_thread::yield();
  }
  client.join();
  EXPECT_NE(answer.find("hello\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("0\r\n\r\n"));
}

TEST_F(Server, WhatItDoesNotHaveIsRefusedInWords) {
  node_.put(podNamed("web"));
  std::string previous = get("/containerLogs/default/web/main?previous=true", &apiServer_);
  EXPECT_EQ(statusLine(previous), "HTTP/1.1 400 Bad Request");
  EXPECT_NE(previous.find("previous terminated container \"main\" in pod \"web\" not found"), std::string::npos);
  EXPECT_NE(get("/exec/default/web/main?command=ls&output=1", &apiServer_).find("Upgrade request required"),
            std::string::npos);
  EXPECT_EQ(statusLine(get("/metrics", &apiServer_)), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(statusLine(get("/" + std::string(60000, 'a'), &apiServer_)), "");
}

}  // namespace
}  // namespace cleat::agent::test
