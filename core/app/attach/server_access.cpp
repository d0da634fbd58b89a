#include "core/app/attach/server_access.h"

#include <cleat/sdk/text.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <utility>

#include "core/app/kubeconfig.h"
#include "core/app/pki.h"
#include "core/object/codec.h"

namespace cleat::app {
namespace {

namespace fs = std::filesystem;
using Fields = boost::json::object;
using JsonValue = boost::json::value;

// Where distributions keep the authorities that the machine trusts.
constexpr const char* kSystemAuthorities[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                              "/etc/ssl/cert.pem"};

// Reads one file's fields; what is wrong is told with the file in front.
class KubeconfigReader {
 public:
  explicit KubeconfigReader(std::string file) : file_(std::move(file)), folder_(fs::absolute(file_).parent_path()) {}

  Result<ServerAccess> read(std::string context);

 private:
  std::unexpected<Status> refuse(const std::string& where, std::string_view why) const {
    return fail(Status::badRequest(concat(file_, ": ", where, ": ", why)));
  }
  // The entry of that name in one of the file's three lists.
  Result<const Fields*> entry(const Fields& all, const char* list, const char* part, const std::string& name) const;
  Result<std::string> text(const Fields& from, const std::string& where, const char* key) const;
  Result<bool> flag(const Fields& from, const std::string& where, const char* key) const;
  // KEY-data, which is base64, or the file that KEY names.
  Result<TextSource> source(const Fields& from, const std::string& where, const std::string& key) const;
  std::string pathOf(const std::string& name) const { return (folder_ / name).lexically_normal().string(); }

  Result<void> readCluster(const Fields& cluster, const std::string& where, ServerAccess& access) const;
  Result<void> readUser(const Fields& user, const std::string& where, ServerAccess& access) const;
  Result<void> refuseOthers(const Fields& user, const std::string& where) const;

  const std::string file_;
  const fs::path folder_;
};

Result<const Fields*> KubeconfigReader::entry(const Fields& all, const char* list, const char* part,
                                              const std::string& name) const {
  const JsonValue* entries = all.if_contains(list);
  if (entries != nullptr && entries->is_array()) {
    for (const JsonValue& each : entries->get_array()) {
      const Fields* one = each.if_object();
      const JsonValue* called = one ? one->if_contains("name") : nullptr;
      if (called == nullptr || !called->is_string() || std::string_view(called->get_string()) != name) continue;
      const JsonValue* found = one->if_contains(part);
      static const Fields kNone;
      if (found == nullptr || found->is_null()) return &kNone;
      if (found->is_object()) return &found->get_object();
      return refuse(concat(list, "[", name, "].", part), "is no mapping");
    }
  }
  return refuse(list, concat("there is none called ", inQuotes(name)));
}

Result<std::string> KubeconfigReader::text(const Fields& from, const std::string& where, const char* key) const {
  const JsonValue* found = from.if_contains(key);
  if (found == nullptr || found->is_null()) return std::string();
  if (!found->is_string()) return refuse(concat(where, ".", key), "is no text");
  return std::string(found->get_string());
}

Result<bool> KubeconfigReader::flag(const Fields& from, const std::string& where, const char* key) const {
  const JsonValue* found = from.if_contains(key);
  if (found == nullptr || found->is_null()) return false;
  if (!found->is_bool()) return refuse(concat(where, ".", key), "is neither true nor false");
  return found->get_bool();
}

Result<TextSource> KubeconfigReader::source(const Fields& from, const std::string& where,
                                            const std::string& key) const {
  TextSource source;
  CLEAT_TRY(std::string data, text(from, where, (key + "-data").c_str()));
  if (!data.empty()) {
    source.text = decodeBase64(data);
    if (source.text.empty()) return refuse(concat(where, ".", key, "-data"), "is not base64");
    return source;
  }
  CLEAT_TRY(std::string name, text(from, where, key.c_str()));
  if (!name.empty()) source.file = pathOf(name);
  return source;
}

Result<void> KubeconfigReader::readCluster(const Fields& cluster, const std::string& where,
                                           ServerAccess& access) const {
  CLEAT_TRY(access.url, text(cluster, where, "server"));
  if (access.url.empty()) return refuse(concat(where, ".server"), "is missing");
  if (access.url.starts_with("http://")) {
    return refuse(concat(where, ".server"), "only https:// is spoken: what is sent proves who we are");
  }
  CLEAT_TRY(std::string proxy, text(cluster, where, "proxy-url"));
  if (!proxy.empty()) return refuse(concat(where, ".proxy-url"), "proxies are not supported");
  CLEAT_TRY(access.serverName, text(cluster, where, "tls-server-name"));
  CLEAT_TRY(bool insecure, flag(cluster, where, "insecure-skip-tls-verify"));
  CLEAT_TRY(TextSource authority, source(cluster, where, "certificate-authority"));
  access.checksServer = !insecure;
  if (insecure && authority.given()) {
    return refuse(concat(where, ".insecure-skip-tls-verify"), "a certificate-authority beside it is not allowed");
  }
  if (insecure) return {};
  access.caPem = authority.text;
  if (!access.caPem.empty()) return {};
  access.caFile = authority.file;
  for (const char* known : kSystemAuthorities) {
    std::error_code error;
    if (access.caFile.empty() && fs::exists(known, error)) access.caFile = known;
  }
  if (access.caFile.empty()) {
    return refuse(where, "has no certificate-authority, and this machine trusts nobody by itself");
  }
  CLEAT_TRY(access.caPem, readFile(access.caFile));
  return {};
}

Result<void> KubeconfigReader::refuseOthers(const Fields& user, const std::string& where) const {
  constexpr std::pair<const char*, const char*> kOthers[] = {
      {"exec", "no other program is run to get credentials: give a token, a tokenFile or a client certificate"},
      {"auth-provider", "is not supported: give a token, a tokenFile or a client certificate"},
      {"username", "passwords are not supported: give a token, a tokenFile or a client certificate"},
      {"password", "passwords are not supported: give a token, a tokenFile or a client certificate"},
      {"as", "plugins act as the user of the file alone"},
      {"as-uid", "plugins act as the user of the file alone"},
      {"as-groups", "plugins act as the user of the file alone"},
      {"as-user-extra", "plugins act as the user of the file alone"},
  };
  for (const auto& [key, why] : kOthers) {
    const JsonValue* found = user.if_contains(key);
    if (found != nullptr && !found->is_null()) return refuse(concat(where, ".", key), why);
  }
  return {};
}

Result<void> KubeconfigReader::readUser(const Fields& user, const std::string& where, ServerAccess& access) const {
  CLEAT_TRY(refuseOthers(user, where));
  CLEAT_TRY(access.certificate, source(user, where, "client-certificate"));
  CLEAT_TRY(access.key, source(user, where, "client-key"));
  if (access.certificate.given() != access.key.given()) {
    return refuse(where, access.key.given() ? "has a client-key and no client-certificate"
                                            : "has a client-certificate and no client-key");
  }
  CLEAT_TRY(access.token.text, text(user, where, "token"));
  CLEAT_TRY(std::string tokenFile, text(user, where, "tokenFile"));
  if (!tokenFile.empty()) access.token = {"", pathOf(tokenFile)};
  if (!access.certificate.given() && !access.token.given()) {
    return refuse(where, "has neither a token, a tokenFile nor a client certificate");
  }
  return {};
}

Result<ServerAccess> KubeconfigReader::read(std::string context) {
  CLEAT_TRY(std::string content, readFile(file_));
  auto parsed = object::parseYaml(content);
  if (!parsed) return fail(Status::badRequest(concat(file_, ": ", parsed.error().message)));
  if (!parsed->is_object()) return fail(Status::badRequest(file_ + ": is no kubeconfig"));
  const Fields& all = parsed->get_object();
  if (context.empty()) {
    CLEAT_TRY(context, text(all, "kubeconfig", "current-context"));
    if (context.empty()) return refuse("current-context", "is not set: choose one by --context");
  }
  CLEAT_TRY(const Fields* chosen, entry(all, "contexts", "context", context));
  const std::string at = concat("contexts[", context, "].context");
  CLEAT_TRY(std::string cluster, text(*chosen, at, "cluster"));
  CLEAT_TRY(std::string user, text(*chosen, at, "user"));
  CLEAT_TRY(const Fields* clusterEntry, entry(all, "clusters", "cluster", cluster));
  CLEAT_TRY(const Fields* userEntry, entry(all, "users", "user", user));
  ServerAccess access;
  access.user = user;
  CLEAT_TRY(readCluster(*clusterEntry, concat("clusters[", cluster, "].cluster"), access));
  CLEAT_TRY(readUser(*userEntry, concat("users[", user, "].user"), access));
  CLEAT_TRY(access.presented, readCredentials(access));
  return access;
}

Result<std::string> contentOf(const TextSource& source) {
  if (source.file.empty()) return source.text;
  return readFile(source.file);
}

}  // namespace

http::HttpClientOptions ServerAccess::clientOptions() const {
  http::HttpClientOptions options;
  options.url = url;
  options.caPem = caPem;
  options.serverName = serverName;
  options.checksServer = checksServer;
  options.credentials = presented;
  return options;
}

bool ServerAccess::mayChange() const { return !certificate.file.empty() || !key.file.empty() || !token.file.empty(); }

Result<ServerAccess> readKubeconfig(const std::string& file, const std::string& context) {
  return KubeconfigReader(file).read(context);
}

Result<http::ClientCredentials> readCredentials(const ServerAccess& access) {
  http::ClientCredentials credentials;
  CLEAT_TRY(credentials.certificatePem, contentOf(access.certificate));
  CLEAT_TRY(credentials.keyPem, contentOf(access.key));
  CLEAT_TRY(credentials.bearerToken, contentOf(access.token));
  while (!credentials.bearerToken.empty() && std::isspace(static_cast<unsigned char>(credentials.bearerToken.back()))) {
    credentials.bearerToken.pop_back();
  }
  if (access.token.given() && credentials.bearerToken.empty()) {
    return fail(Status::badRequest(concat(access.token.file, ": has no token")));
  }
  return credentials;
}

}  // namespace cleat::app
