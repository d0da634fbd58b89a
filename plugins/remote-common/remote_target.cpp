#include "remote-common/remote_target.h"

#include <cleat/sdk/base64.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/host_port.h>
#include <cleat/sdk/text.h>
#include <kj/encoding.h>

#include <filesystem>
#include <optional>

#include "remote-common/config_document.h"

namespace cleat::remote {

namespace {

constexpr std::string_view kHttps = "https://";

// The entry of `clusters`, `users` or `contexts` that has the name.
std::optional<ConfigNode> entry(const ConfigNode& list, std::string_view name, std::string_view what) {
  std::optional<ConfigNode> found;
  for (const ConfigNode& one : list.items()) {
    one.knows({"name", what});
    if (!found && one["name"].text() == name) found = one[what];
  }
  return found;
}

// A text in base64 in the file itself, or in another file that is named relative to this one.
std::string dataOrFile(const ConfigNode& of, std::string_view dataField, std::string_view fileField,
                       const std::filesystem::path& folder) {
  if (const ConfigNode data = of[dataField]; data.there()) {
    auto bytes = decodeBase64(data.text());
    if (!bytes) data.complain("is not base64");
    return bytes.value_or(std::string());
  }
  const ConfigNode file = of[fileField];
  if (!file.there()) return {};
  auto read = readFile(folder / file.text());
  if (!read) file.complain(read.error().message);
  return read.value_or(std::string());
}

void readCluster(const ConfigNode& cluster, const std::filesystem::path& folder, RemoteTarget& target) {
  cluster.knows({"server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority",
                 "certificate-authority-data", "disable-compression", "extensions", "proxy-url"});
  const ConfigNode server = cluster["server"];
  auto parsed = targetOf(server.text());
  if (parsed) {
    target = *std::move(parsed);
  } else {
    server.complain(parsed.error().message);
  }
  if (cluster["proxy-url"].there()) cluster["proxy-url"].complain("a proxy on the way is not supported");
  if (const std::string name = cluster["tls-server-name"].text(); !name.empty()) target.serverName = name;
  target.trustsAnybody = cluster["insecure-skip-tls-verify"].boolean(false);
  target.trust = dataOrFile(cluster, "certificate-authority-data", "certificate-authority", folder);
  if (target.trustsAnybody && !target.trust.empty()) {
    cluster["insecure-skip-tls-verify"].complain(
        "specifying a root certificates file with the insecure flag is not allowed");
  }
}

void readUser(const ConfigNode& user, const std::filesystem::path& folder, RemoteTarget& target) {
  user.knows({"client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "tokenFile",
              "username", "password", "extensions", "exec", "auth-provider", "as", "as-uid", "as-groups",
              "as-user-extra"});
  for (const char* absent : {"exec", "auth-provider", "as", "as-uid", "as-groups", "as-user-extra"}) {
    if (user[absent].there()) user[absent].complain("is not supported here");
  }
  target.certificate = dataOrFile(user, "client-certificate-data", "client-certificate", folder);
  target.key = dataOrFile(user, "client-key-data", "client-key", folder);
  if (target.certificate.empty() != target.key.empty()) {
    user.complain("a client certificate and its key are given together");
  }
  if (user["tokenFile"].there()) {
    target.tokenFile = folder / user["tokenFile"].text();
  } else if (user["token"].there()) {
    target.authorization = concat("Bearer ", user["token"].text());
  } else if (user["username"].there()) {
    const std::string pair = concat(user["username"].text(), ":", user["password"].text());
    target.authorization = concat(
        "Basic ", kj::encodeBase64(kj::arrayPtr(reinterpret_cast<const kj::byte*>(pair.data()), pair.size())).cStr());
  }
}

}  // namespace

webhook::HttpsRequest RemoteTarget::request(std::string body) const {
  webhook::HttpsRequest request{host, port, serverName, authority, path, trust, std::move(body)};
  request.authorization = authorization;
  request.certificate = certificate;
  request.key = key;
  request.trustsAnybody = trustsAnybody;
  return request;
}

Result<RemoteTarget> targetOf(const std::string& url) {
  RemoteTarget target;
  target.url = url;
  std::string_view rest = url;
  if (!rest.starts_with(kHttps))
    return fail(Status::badRequest(concat(inQuotes(url), " does not begin with https://")));
  rest.remove_prefix(kHttps.size());
  const size_t end = rest.find_first_of("/?#");
  target.authority = str(rest.substr(0, end));
  target.path = end == std::string_view::npos ? "/" : str(rest.substr(end));
  if (!target.path.starts_with('/')) target.path.insert(0, 1, '/');
  auto place = splitHostPort(target.authority);
  if (!place || target.authority.find('@') != std::string::npos) {
    return fail(Status::badRequest(concat(inQuotes(url), " names no host")));
  }
  target.host = target.serverName = str(place->host);
  if (!place->port.empty()) {
    auto port = parseInteger<uint16_t>(place->port);
    if (!port || *port == 0) return fail(Status::badRequest(concat(inQuotes(url), " has no port that there is")));
    target.port = *port;
  }
  return target;
}

Result<RemoteTarget> readKubeconfig(const std::string& file) {
  CLEAT_TRY(std::unique_ptr<ConfigDocument> document, ConfigDocument::read(file));
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  const ConfigNode root = document->root();
  root.knows({"apiVersion", "kind", "preferences", "clusters", "users", "contexts", "current-context", "extensions"});
  const ConfigNode current = root["current-context"];
  RemoteTarget target;
  if (!current.there()) current.required("it says which server and user are meant");
  auto context = entry(root["contexts"], current.text(), "context");
  if (!context) {
    if (current.there()) current.complain(concat("there is no context ", inQuotes(current.text())));
    CLEAT_TRY(document->verdict());
    return fail(Status::badRequest(concat(file, ": there is no context")));
  }
  context->knows({"cluster", "user", "namespace", "extensions"});
  const ConfigNode clusterName = (*context)["cluster"], userName = (*context)["user"];
  if (auto cluster = entry(root["clusters"], clusterName.text(), "cluster")) {
    readCluster(*cluster, folder, target);
  } else {
    clusterName.complain(concat("there is no cluster ", inQuotes(clusterName.text())));
  }
  if (auto user = entry(root["users"], userName.text(), "user")) {
    readUser(*user, folder, target);
  } else if (userName.there()) {
    userName.complain(concat("there is no user ", inQuotes(userName.text())));
  }
  CLEAT_TRY(document->verdict());
  return target;
}

}  // namespace cleat::remote
