// The setting `extenders`: entries as a KubeSchedulerConfiguration has them.
#include <cleat/sdk/base64.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <cleat/sdk/try.h>

#include "extensions/extension_settings.h"
#include "extensions/http_extender.h"

namespace cleat::scheduling {
namespace {

std::unexpected<Status> badSetting(std::string_view what) { return fail(Status::badRequest(std::string(what))); }

Result<void> readUrl(const std::string& path, ExtenderSettings& settings) {
  std::string_view rest = settings.urlPrefix;
  while (rest.ends_with('/')) rest.remove_suffix(1);
  settings.urlPrefix = rest;
  settings.tls = settings.tls || rest.starts_with("https://");
  const size_t scheme = rest.find("://");
  if (scheme == std::string_view::npos || !(rest.starts_with("http://") || rest.starts_with("https://"))) {
    return badSetting(
        concat(path, ".urlPrefix: ", inQuotes(settings.urlPrefix), " is no URL such as https://host:port/path"));
  }
  rest.remove_prefix(scheme + 3);
  const size_t slash = rest.find('/');
  settings.path = slash == std::string_view::npos ? std::string() : std::string(rest.substr(slash));
  const std::string_view authority = rest.substr(0, slash);
  const size_t colon = authority.rfind(':');
  const bool hasPort = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  std::string_view host = hasPort ? authority.substr(0, colon) : authority;
  const auto port =
      hasPort ? parseInteger<uint16_t>(authority.substr(colon + 1)) : std::optional<uint16_t>(settings.tls ? 443 : 80);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || !port || *port == 0) {
    return badSetting(concat(path, ".urlPrefix: ", inQuotes(settings.urlPrefix), " names no host and port"));
  }
  settings.host = host;
  settings.port = *port;
  if (settings.serverName.empty()) settings.serverName = host;
  return {};
}

// A file's text, or what stands in the settings itself as base64.
Result<void> readPem(const std::string& path, std::string_view what, const std::string& file, const std::string& data,
                     std::string& out) {
  if (!data.empty()) {
    auto decoded = decodeBase64(data);
    if (!decoded) return badSetting(concat(path, '.', what, "Data: is not base64"));
    out = std::move(*decoded);
  } else if (!file.empty()) {
    auto text = readFile(file);
    if (!text) return badSetting(concat(path, '.', what, "File: ", text.error().message));
    out = std::move(*text);
  }
  return {};
}

Result<void> readTls(const std::string& path, JsonView table, ExtenderSettings& settings) {
  std::string caFile, caData, certFile, certData, keyFile, keyData;
  CLEAT_TRY(TableReader(path, table)
                .read({{"insecure", TableReader::boolean(settings.trustsAnybody)},
                       {"serverName", TableReader::text(settings.serverName)},
                       {"certFile", TableReader::text(certFile)},
                       {"certData", TableReader::text(certData)},
                       {"keyFile", TableReader::text(keyFile)},
                       {"keyData", TableReader::text(keyData)},
                       {"caFile", TableReader::text(caFile)},
                       {"caData", TableReader::text(caData)}}));
  CLEAT_TRY(readPem(path, "ca", caFile, caData, settings.authorities));
  CLEAT_TRY(readPem(path, "cert", certFile, certData, settings.certificate));
  CLEAT_TRY(readPem(path, "key", keyFile, keyData, settings.key));
  if (settings.certificate.empty() == settings.key.empty()) return {};
  return badSetting(concat(path, ": a client's certificate comes with its key"));
}

Result<void> readManaged(const std::string& path, JsonView list, ExtenderSettings& settings) {
  if (!list.isList()) return badSetting(concat(path, ": must be a list of tables"));
  for (const JsonView item : list.items()) {
    std::string name;
    bool ignored = false;
    CLEAT_TRY(TableReader(path, item)
                  .read({{"name", TableReader::text(name)}, {"ignoredByScheduler", TableReader::boolean(ignored)}}));
    if (name.empty()) return badSetting(concat(path, ".name: is missing"));
    settings.managedResources.insert(name);
    if (ignored) settings.ignoredByScheduler.push_back(name);
  }
  return {};
}

Result<ExtenderSettings> readExtender(const std::string& path, JsonView table, const std::vector<Profile>& profiles) {
  ExtenderSettings settings;
  settings.common.timeout = std::chrono::seconds(5);
  auto managed = [&](JsonView value) { return readManaged(concat(path, ".managedResources"), value, settings); };
  auto tls = [&](JsonView value) { return readTls(concat(path, ".tlsConfig"), value, settings); };
  CLEAT_TRY(TableReader(path, table)
                .read({{"urlPrefix", TableReader::text(settings.urlPrefix)},
                       {"filterVerb", TableReader::text(settings.filterVerb)},
                       {"prioritizeVerb", TableReader::text(settings.prioritizeVerb)},
                       {"preemptVerb", TableReader::text(settings.preemptVerb)},
                       {"bindVerb", TableReader::text(settings.bindVerb)},
                       {"weight", TableReader::number(settings.common.weight, 1, kMostExtensionWeight)},
                       {"nodeCacheCapable", TableReader::boolean(settings.nodeCacheCapable)},
                       {"ignorable", TableReader::boolean(settings.common.failsOpen)},
                       {"enableHTTPS", TableReader::boolean(settings.tls)},
                       {"httpTimeout", TableReader::duration(settings.common.timeout)},
                       {"profiles", TableReader::texts(settings.common.profiles)},
                       {"managedResources", managed},
                       {"tlsConfig", tls}}));
  CLEAT_TRY(readUrl(path, settings));
  CLEAT_TRY(checkProfiles(path, settings.common.profiles, profiles));
  settings.common.name = settings.urlPrefix;
  return settings;
}

}  // namespace

Result<std::vector<ExtenderSettings>> readExtenders(const Config& config, const std::vector<Profile>& profiles) {
  std::vector<ExtenderSettings> all;
  size_t binders = 0;
  for (const std::string& entry : config.list("extenders")) {
    const std::string path = concat("extenders[", all.size(), "]");
    CLEAT_TRY(const JsonTree tree, JsonTree::parse(entry));
    CLEAT_TRY(ExtenderSettings settings, readExtender(path, tree.view(), profiles));
    binders += !settings.bindVerb.empty();
    if (binders > 1) return badSetting(concat(path, ".bindVerb: only one extender can bind"));
    all.push_back(std::move(settings));
  }
  return all;
}

}  // namespace cleat::scheduling
