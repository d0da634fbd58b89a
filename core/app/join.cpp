#include "core/app/join.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <thread>

#include "core/app/authority.h"
#include "core/app/kubeconfig.h"
#include "core/app/pki.h"
#include "core/app/tokens.h"
#include "core/app/wait.h"
#include "core/base/log.h"
#include "core/http/https_client.h"

namespace cleat::app {
namespace {

constexpr const char* kRequests = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
constexpr int kTries = 120;
constexpr auto kBetweenTries = std::chrono::milliseconds(250);
constexpr int kRenewBeforeDays = 30;

enum class Condition { good, old, useless };

// What the certificate of an earlier start is worth: nothing, where it has ended or its key is not there.
Condition conditionOf(const NodeIdentity& identity) {
  std::unique_ptr<FILE, int (*)(FILE*)> in(std::fopen(identity.certFile.c_str(), "re"), std::fclose);
  std::unique_ptr<X509, decltype(&X509_free)> cert(in ? PEM_read_X509(in.get(), nullptr, nullptr, nullptr) : nullptr,
                                                   X509_free);
  int days = 0, seconds = 0;
  if (!cert || ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(cert.get())) != 1 || days < 0 ||
      seconds < 0 || !std::filesystem::exists(identity.keyFile)) {
    return Condition::useless;
  }
  return days >= kRenewBeforeDays ? Condition::good : Condition::old;
}

std::string messageOf(const http::ClientResponse& answer) {
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(answer.body, error);
  const boost::json::value* message = !error && value.is_object() ? value.get_object().if_contains("message") : nullptr;
  if (message && message->is_string()) return std::string(message->get_string());
  return "HTTP status " + std::to_string(answer.head.status);
}

std::string requestBody(const std::string& requestPem, const std::string& nodeName) {
  boost::json::value body{{"apiVersion", "certificates.k8s.io/v1"},
                          {"kind", "CertificateSigningRequest"},
                          {"metadata", {{"generateName", "node-csr-" + nodeName + "-"}}},
                          {"spec",
                           {{"request", encodeBase64(requestPem)},
                            {"signerName", "kubernetes.io/kube-apiserver-client-kubelet"},
                            {"usages", {"digital signature", "client auth"}}}}};
  return boost::json::serialize(body);
}

std::string textAt(const boost::json::value& value, std::initializer_list<const char*> path) {
  const boost::json::value* at = &value;
  for (const char* step : path) {
    at = at->is_object() ? at->get_object().if_contains(step) : nullptr;
    if (at == nullptr) return {};
  }
  return at->is_string() ? std::string(at->get_string()) : std::string();
}

// Asks for the certificate and waits for it.
Result<std::string> requestCertificate(http::HttpClient& server, const std::string& requestPem,
                                       const std::string& nodeName) {
  CLEAT_TRY(http::ClientResponse made,
            wait(server.send({.method = "POST", .target = kRequests, .body = requestBody(requestPem, nodeName)})));
  if (made.head.status != 201) {
    return fail(Status::unauthorized("the server does not let this node join: " + messageOf(made)));
  }
  const std::string name = textAt(boost::json::parse(made.body), {"metadata", "name"});
  for (int i = 0; i < kTries; ++i) {
    CLEAT_TRY(http::ClientResponse answer, wait(server.send({.target = std::string(kRequests) + "/" + name})));
    if (answer.head.status != 200) {
      return fail(Status::unavailable("cannot read the certificate request: " + messageOf(answer)));
    }
    const std::string certificate = textAt(boost::json::parse(answer.body), {"status", "certificate"});
    if (!certificate.empty()) return decodeBase64(certificate);
    std::this_thread::sleep_for(kBetweenTries);
  }
  return fail(Status::timeout("nobody has signed the node's certificate request " + name +
                              ": is controller-certificates enabled on the server?"));
}

// How a node makes itself known to ask for its certificate: as what it is, or by the token where it is nobody yet.
struct Introduction {
  std::string authority;
  http::ClientCredentials credentials;
};

Result<Introduction> introduceAsNode(const NodeIdentity& identity) {
  Introduction introduction;
  CLEAT_TRY(introduction.authority, readFile(identity.caFile));
  CLEAT_TRY(introduction.credentials.certificatePem, readFile(identity.certFile));
  CLEAT_TRY(introduction.credentials.keyPem, readFile(identity.keyFile));
  return introduction;
}

Result<Introduction> introduceByToken(base::AsioExecutor& executor, const std::string& serverUrl,
                                      const std::string& token) {
  if (token.empty()) {
    return fail(Status::badRequest("--token is needed to join: see node-token in the server's data directory"));
  }
  CLEAT_TRY(JoinToken join, parseJoinToken(token));
  Introduction introduction;
  CLEAT_TRY(introduction.authority, wait(findAuthority(executor, serverUrl, join.caFingerprint)));
  introduction.credentials.bearerToken = join.secret;
  return introduction;
}

// Has a certificate made, and keeps it with its key.
Result<void> obtain(base::AsioExecutor& executor, const NodeIdentity& identity, const std::string& serverUrl,
                    const Introduction& introduction, const std::string& nodeName) {
  http::HttpClientOptions options;
  options.url = serverUrl;
  options.caPem = introduction.authority;
  options.credentials = introduction.credentials;
  CLEAT_TRY(auto server, http::makeHttpsClient(executor, std::move(options)));
  CLEAT_TRY(KeyAndRequest key, makeKeyAndRequest("system:node:" + nodeName, {"system:nodes"}));
  CLEAT_TRY(std::string certificate, requestCertificate(*server, key.requestPem, nodeName));
  for (auto [file, content, mode] :
       {std::tuple{identity.keyFile, key.keyPem, 0600u}, std::tuple{identity.caFile, introduction.authority, 0644u},
        std::tuple{identity.certFile, certificate, 0644u}}) {
    CLEAT_TRY(writeFile(file, content, mode));
  }
  return {};
}

}  // namespace

Result<NodeIdentity> ensureNodeIdentity(base::AsioExecutor& executor, const std::string& folder,
                                        const std::string& serverUrl, const std::string& token,
                                        const std::string& nodeName) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Status::internal("cannot create " + folder + ": " + error.message()));
  ::chmod(folder.c_str(), 0700);
  NodeIdentity identity{folder + "/ca.crt", folder + "/node.crt", folder + "/node.key"};
  const Condition condition = conditionOf(identity);
  if (condition == Condition::good) return identity;
  if (condition == Condition::old) {
    // A token would not do: it is for nodes that there are none of yet.
    CLEAT_TRY(Introduction own, introduceAsNode(identity));
    Result<void> renewed = obtain(executor, identity, serverUrl, own, nodeName);
    if (!renewed) {
      base::log(base::LogLevel::warn, "join",
                "the node's certificate ends soon and cannot be renewed: " + renewed.error().message);
    }
    return identity;
  }
  CLEAT_TRY(Introduction guest, introduceByToken(executor, serverUrl, token));
  CLEAT_TRY(obtain(executor, identity, serverUrl, guest, nodeName));
  return identity;
}

}  // namespace cleat::app
