#include "core/host/loading/settings.h"

#include <cleat/schema/bus.capnp.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "core/base/config_checks.h"
#include "core/base/did_you_mean.h"
#include "core/host/messages.h"

namespace cleat::host {
namespace {

bool isDuration(std::string_view text) {
  if (text == "0") return true;
  bool any = false;
  while (!text.empty()) {
    uint64_t count = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    for (std::string_view unit : {"ms", "us", "ns", "s", "m", "h"}) {
      if (!text.starts_with(unit)) continue;
      text.remove_prefix(unit.size());
      any = true;
      break;
    }
    if (!any) return false;
    any = text.empty();
  }
  return any;
}

std::string problemOf(const DeclaredSetting& declared, const base::PluginSetting& setting) {
  using Type = base::PluginSetting::Type;
  if (declared.type == "int") return setting.type == Type::integer ? "" : "must be an integer";
  if (declared.type == "bool") return setting.type == Type::boolean ? "" : "must be true or false";
  if (declared.type == "list") return setting.type == Type::list ? "" : "must be a list of strings";
  // An empty list is one of tables, too.
  const bool tables = setting.type == Type::tables || (setting.type == Type::list && setting.values.empty());
  if (declared.type == "tables") return tables ? "" : "must be a list of tables, as [[plugins.NAME.KEY]] writes it";
  if (setting.type != Type::string) return "must be a string";
  if (declared.type == "duration" && !isDuration(setting.text)) {
    return "\"" + setting.text + "\": must be a duration, such as 500ms, 10s or 1h30m";
  }
  return {};
}

}  // namespace

Result<void> checkSettings(const Manifest& manifest, const std::vector<base::PluginSetting>& settings) {
  for (const auto& setting : settings) {
    std::string place = setting.where.empty() ? "" : setting.where + ": ";
    std::string key = "plugins." + manifest.name + "." + setting.key;
    auto declared = std::ranges::find(manifest.settings, setting.key, &DeclaredSetting::key);
    if (declared == manifest.settings.end()) {
      std::vector<std::string> known;
      for (const DeclaredSetting& other : manifest.settings) known.push_back(other.key);
      const std::string has = known.empty() ? "none" : joined(known, ", ");
      std::ranges::copy(base::tableKeys(), std::back_inserter(known));
      return fail(Status::badRequest(
          concat(place, key, ": no such setting; the plugin has ", has, base::didYouMean(setting.key, known))));
    }
    if (auto problem = problemOf(*declared, setting); !problem.empty()) {
      return fail(Status::badRequest(place + key + ": " + problem));
    }
  }
  return {};
}

Ref<const object::Message> makePluginConfig(const Manifest& manifest, const std::vector<base::PluginSetting>& settings,
                                            const std::string& dataDir, const Installation& installation) {
  return makeMessage<wire::PluginConfig>([&](wire::PluginConfig::Builder config) {
    config.setName(manifest.name);
    config.setDataDir(dataDir);
    config.setNodeName(installation.nodeName);
    auto list = config.initSettings(static_cast<unsigned>(settings.size()));
    for (unsigned i = 0; i < settings.size(); ++i) {
      list[i].setKey(settings[i].key);
      list[i].setValue(settings[i].text);
      setTexts(list[i].initValues(static_cast<unsigned>(settings[i].values.size())), settings[i].values);
    }
    auto server = config.initServer();
    server.setUrl(installation.url);
    server.setCaFile(installation.caFile);
    server.setPkiDir(installation.pkiDir);
    server.setCertFile(installation.certFile);
    server.setKeyFile(installation.keyFile);
    server.setServiceCidr(installation.serviceCidr);
    server.setClusterCidr(installation.clusterCidr);
    server.setNodePortRange(installation.nodePortRange);
    server.setClusterDomain(installation.clusterDomain);
    server.setAddress(installation.address);
    server.setAgentPort(installation.agentPort);
    server.setServiceAccountIssuer(installation.serviceAccountIssuer);
  });
}

}  // namespace cleat::host
