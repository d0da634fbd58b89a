#include "core/base/config.h"

#include <cleat/sdk/text.h>

#include <toml++/toml.h>
#include <algorithm>
#include <functional>
#include <optional>
#include <sstream>

#include "core/base/config_checks.h"
#include "core/base/config_lists.h"
#include "core/base/did_you_mean.h"

namespace cleat::base {
namespace {

struct Wrong {
  std::string message;
};

std::string typeName(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "a list";
    case toml::node_type::string: return "a string";
    case toml::node_type::integer: return "an integer";
    case toml::node_type::floating_point: return "a float";
    case toml::node_type::boolean: return "a boolean";
    default: return "a date or time";
  }
}

// Reads the tables of one file into a Config, remembering where it is for errors.
class FileReader {
 public:
  FileReader(Config& config, std::string_view file) : config_(config), file_(file) {}

  void read(const toml::table& root) {
    for (const auto& [name, node] : root) readSection(std::string(name.str()), node);
  }

  std::vector<std::string> tableKeys() const {
    PluginTable table;
    std::vector<std::string> keys;
    for (const auto& [key, field] : tableFields(table)) keys.push_back(key);
    return keys;
  }

 private:
  using Field = std::function<void(const std::string& key, const toml::node& node)>;
  using Fields = std::map<std::string, Field, std::less<>>;

  [[noreturn]] void wrong(const toml::node& node, const std::string& key, const std::string& message) const {
    throw Wrong{where(node) + ": " + key + ": " + message};
  }
  std::string where(const toml::node& node) const { return file_ + ":" + std::to_string(node.source().begin.line); }

  Field text(std::string& out, Check check = anyText) const {
    return [this, &out, check](const std::string& key, const toml::node& node) { out = textOf(key, node, check); };
  }
  std::string textOf(const std::string& key, const toml::node& node, Check check) const {
    if (!node.is_string()) wrong(node, key, "must be a string, found " + typeName(node));
    std::string value = node.as_string()->get();
    if (auto problem = check(value); !problem.empty()) wrong(node, key, inQuotes(value) + ": " + problem);
    return value;
  }
  Field boolean(bool& out) const {
    return [this, &out](const std::string& key, const toml::node& node) {
      if (!node.is_boolean()) wrong(node, key, "must be true or false, found " + typeName(node));
      out = node.as_boolean()->get();
    };
  }
  Field port(uint16_t& out) const {
    return [this, &out](const std::string& key, const toml::node& node) {
      int64_t value = 0;
      number(value, 1, 65535)(key, node);
      out = static_cast<uint16_t>(value);
    };
  }
  Field number(int64_t& out, int64_t least, int64_t most) const {
    return [this, &out, least, most](const std::string& key, const toml::node& node) {
      if (!node.is_integer()) wrong(node, key, "must be an integer, found " + typeName(node));
      int64_t value = node.as_integer()->get();
      if (value < least || value > most) wrong(node, key, concat(value, ": must be between ", least, " and ", most));
      out = value;
    };
  }
  // "500ms", "10s" or "5m"; at most a day.
  Field duration(std::chrono::milliseconds& out) const {
    return [this, &out](const std::string& key, const toml::node& node) {
      std::string value = textOf(key, node, anyText);
      auto read = readDuration(value);
      if (!read) wrong(node, key, inQuotes(value) + ": must be a time from 100ms to 24h, such as 500ms, 10s or 5m");
      out = *read;
    };
  }
  // A plugin, and where it was named.
  Field name(std::string& out) {
    return [this, &out](const std::string& key, const toml::node& node) {
      out = textOf(key, node, checkName);
      config_.places[concat(key, '/', out)] = where(node);
    };
  }
  // A list of plugins, with what it keeps of the one that was there.
  Field names(std::vector<std::string>& out) {
    return [this, &out](const std::string& key, const toml::node& node) {
      if (!node.is_array()) wrong(node, key, "must be a list of plugin names, found " + typeName(node));
      const toml::array& elements = *node.as_array();
      std::vector<std::string> written;
      for (const auto& element : elements) written.push_back(textOf(key, element, checkListed));
      auto expanded = expandList(written, out);
      if (!expanded) wrong(*elements.get(expanded.error().culprit), key, expanded.error().message);
      for (size_t i = 0; i < written.size(); ++i)
        config_.places[concat(key, '/', written[i])] = where(*elements.get(i));
      out = std::move(*expanded);
    };
  }
  Field texts(std::vector<std::string>& out, Check check = anyText) const {
    return [this, &out, check](const std::string& key, const toml::node& node) {
      if (!node.is_array()) wrong(node, key, "must be a list of strings, found " + typeName(node));
      out.clear();
      for (const auto& element : *node.as_array()) out.push_back(textOf(key, element, check));
    };
  }
  // One of two words.
  Field choice(bool& out, const char* no, const char* yes) const {
    return [this, &out, no, yes](const std::string& key, const toml::node& node) {
      const std::string value = textOf(key, node, anyText);
      if (value != no && value != yes) wrong(node, key, concat(inQuotes(value), ": must be ", no, " or ", yes));
      out = value == yes;
    };
  }
  Field level(LogLevel& out) const {
    return [this, &out](const std::string& key, const toml::node& node) {
      std::string value = textOf(key, node, anyText);
      auto found = logLevelNamed(value);
      if (!found) wrong(node, key, inQuotes(value) + ": must be debug, info, warn or error");
      out = *found;
    };
  }

  Fields fieldsOf(const std::string& section) {
    Config& c = config_;
    if (section == "server") {
      return {{"listen", text(c.server.listen, checkListen)},
              {"advertise_address", text(c.server.advertiseAddress, checkAddressOrEmpty)},
              {"service_cidr", text(c.server.serviceCidr, checkCidrs)},
              {"cluster_cidr", text(c.server.clusterCidr, checkCidrs)},
              {"node_port_range", text(c.server.nodePortRange, checkPortRange)},
              {"cluster_domain", text(c.server.clusterDomain, checkDomain)},
              {"encryption_config", text(c.server.encryptionConfig, anyText)},
              {"handshake_timeout", duration(c.server.handshakeTimeout)},
              {"head_timeout", duration(c.server.headTimeout)},
              {"request_timeout", duration(c.server.requestTimeout)},
              {"idle_timeout", duration(c.server.idleTimeout)},
              {"stall_timeout", duration(c.server.stallTimeout)},
              {"min_bytes_per_second", number(c.server.minBytesPerSecond, 0, 1 << 30)},
              {"max_connections", number(c.server.maxConnections, 16, 1 << 20)},
              {"max_requests", number(c.server.maxRequests, 1, 1 << 20)},
              {"stranger_connections", number(c.server.strangerConnections, 1, 1 << 20)},
              {"stranger_connections_per_address", number(c.server.strangerConnectionsPerAddress, 1, 1 << 20)},
              {"stranger_requests", number(c.server.strangerRequests, 1, 1 << 20)},
              {"stranger_requests_per_address", number(c.server.strangerRequestsPerAddress, 1, 1 << 20)},
              {"stranger_bytes", number(c.server.strangerBytes, 1 << 16, int64_t{1} << 40)},
              {"stranger_bytes_per_address", number(c.server.strangerBytesPerAddress, 1 << 16, int64_t{1} << 40)},
              {"handshake_percent", number(c.server.handshakePercent, 1, 100)}};
    }
    if (section == "store") return {{"engine", name(c.store.engine)}};
    if (section == "log") {
      return {{"level", level(c.log.level)},
              {"file", text(c.log.file)},
              {"max_file_bytes", number(c.log.maxBytes, 1 << 16, int64_t{1} << 40)},
              {"max_files", number(c.log.maxFiles, 1, 1000)}};
    }
    if (section == "authn") {
      return {{"chain", names(c.authn.chain)},
              {"anonymous", boolean(c.authn.anonymous)},
              {"anonymous_paths", texts(c.authn.anonymousPaths, checkPath)}};
    }
    if (section == "authz") return {{"chain", names(c.authz.chain)}};
    if (section == "admission") return {{"chain", names(c.admission.chain)}};
    if (section == "audit") {
      return {{"policy", text(c.audit.policy)},
              {"mode", text(c.audit.mode, checkAuditMode)},
              {"sinks", names(c.audit.sinks)}};
    }
    if (section == "controllers") return {{"enabled", names(c.controllers.enabled)}};
    if (section == "schedulers") return {{"enabled", names(c.schedulers.enabled)}};
    if (section == "kinds") return {{"enabled", names(c.kinds.enabled)}};
    if (section == "agent") {
      return {{"plugin", text(c.agent.plugin, checkName)},
              {"node_name", text(c.agent.nodeName, checkDomainOrEmpty)},
              {"port", port(c.agent.port)}};
    }
    if (section == "runtime") return {{"plugin", text(c.runtime.plugin, checkName)}};
    if (section == "network") return {{"plugin", text(c.network.plugin, checkName)}};
    if (section == "proxy") return {{"mode", text(c.proxy.mode, checkNameOrEmpty)}};
    return {};
  }

  void readSection(const std::string& section, const toml::node& node) {
    Fields fields = fieldsOf(section);
    const bool isRoles = section == "roles" || section == "node_roles";
    if (fields.empty() && section != "plugins" && !isRoles) {
      wrong(node, section, "no such section" + didYouMean(section, sectionNames()));
    }
    if (!node.is_table()) wrong(node, section, "must be a table, found " + typeName(node));
    for (const auto& [name, value] : *node.as_table()) {
      std::string key(name.str());
      if (section == "plugins") {
        readPlugins(key, value);
      } else if (isRoles) {
        if (auto problem = checkName(key); !problem.empty()) wrong(value, section, inQuotes(key) + ": " + problem);
        readField({{key, names((section == "roles" ? config_.roles : config_.nodeRoles)[key])}}, section, key, value);
      } else if (section == "admission" && value.is_table()) {
        readAdmission(key, value);
      } else if (section == "authn" && value.is_table()) {
        // Nobody is let in by one that fails, so that the next one may know the caller.
        readDecider(config_.authn.entries.try_emplace(key, DeciderEntry{.isPassedOver = true}).first->second, section,
                    key, value);
      } else if (section == "authz" && value.is_table()) {
        readDecider(config_.authz.entries[key], section, key, value);
      } else {
        readField(fields, section, key, value);
      }
    }
  }

  void readField(const Fields& fields, const std::string& path, const std::string& key, const toml::node& value) {
    auto field = fields.find(key);
    if (field == fields.end()) {
      std::vector<std::string> known;
      for (const auto& [name, unused] : fields) known.push_back(name);
      wrong(value, path + "." + key, "no such setting" + didYouMean(key, known));
    }
    field->second(path + "." + key, value);
    config_.places[path + "." + key] = where(value);
  }

  void readFields(const Fields& fields, const std::string& path, const toml::node& node) {
    if (!node.is_table()) wrong(node, path, "must be a table, found " + typeName(node));
    for (const auto& [name, value] : *node.as_table()) readField(fields, path, std::string(name.str()), value);
  }

  void readAdmission(const std::string& name, const toml::node& node) {
    const std::string path = "admission." + name;
    if (auto problem = checkName(name); !problem.empty()) wrong(node, path, inQuotes(name) + ": " + problem);
    AdmissionEntry& entry = config_.admission.entries[name];
    entry.where = where(node);
    const Fields match = {{"resources", texts(entry.resources)},
                          {"operations", texts(entry.operations, checkOperation)},
                          {"namespace_selector", text(entry.namespaceSelector, checkSelector)},
                          {"object_selector", text(entry.objectSelector, checkSelector)}};
    const Fields fields = {
        {"failure_policy", choice(entry.failsOpen, "fail", "ignore")},
        {"mode", choice(entry.audits, "enforce", "audit")},
        {"timeout", duration(entry.timeout)},
        {"match", [&](const std::string& at, const toml::node& value) { readFields(match, at, value); }}};
    readFields(fields, path, node);
  }

  void readDecider(DeciderEntry& entry, const std::string& section, const std::string& name, const toml::node& node) {
    const std::string path = section + "." + name;
    if (auto problem = checkName(name); !problem.empty()) wrong(node, path, inQuotes(name) + ": " + problem);
    entry.where = where(node);
    readFields({{"failure_policy", choice(entry.isPassedOver, "fail", "ignore")}, {"timeout", duration(entry.timeout)}},
               path, node);
  }

  // Of all plugins.
  Fields pluginsFields() {
    auto& plugins = config_.plugins;
    Fields fields = limitFields(plugins.limits);
    fields.merge(Fields{{"dir", text(plugins.dir)},
                        {"require_signature", boolean(plugins.requireSignature)},
                        {"signature_keys", texts(plugins.signatureKeys, checkAbsolutePath)},
                        {"isolation_required", boolean(plugins.isolationRequired)}});
    return fields;
  }

  // What the host itself reads of a plugin's table; all else is the plugin's.
  Fields tableFields(PluginTable& table) const {
    Fields fields = limitFields(table.limits);
    fields.merge(Fields{{"path", text(table.path)},
                        {"isolation", isolation(table.isolation)},
                        {"network_access", boolean(table.networkAccess)},
                        {"visible_files", texts(table.visibleFiles, checkAbsolutePath)},
                        {"grants", [this, &table](const std::string& key, const toml::node& node) {
                           texts(table.grants.emplace())(key, node);
                         }}});
    return fields;
  }

  // False for a key that is none of them.
  bool readIfKnown(const Fields& fields, const std::string& path, const std::string& key, const toml::node& value) {
    const bool known = fields.contains(key);
    if (known) readField(fields, path, key, value);
    return known;
  }

  void readPlugins(const std::string& name, const toml::node& node) {
    if (readIfKnown(pluginsFields(), "plugins", name, node)) return;
    const std::string path = "plugins." + name;
    if (auto problem = checkName(name); !problem.empty()) wrong(node, path, inQuotes(name) + ": " + problem);
    if (!node.is_table()) wrong(node, path, "must be a table, found " + typeName(node));
    PluginTable& table = config_.plugins.tables[name];
    table.where = where(node);
    const Fields fields = tableFields(table);
    for (const auto& [inner, value] : *node.as_table()) {
      const std::string key(inner.str());
      if (readIfKnown(fields, path, key, value)) continue;
      std::erase_if(table.settings, [&](const PluginSetting& setting) { return setting.key == key; });
      table.settings.push_back(settingOf(path + "." + key, key, value));
    }
  }

  Field isolation(Isolation& out) const {
    return [this, &out](const std::string& key, const toml::node& node) {
      out = *isolationNamed(textOf(key, node, checkIsolation));
    };
  }

  static constexpr Unit kSizes[] = {{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}};
  static constexpr Unit kShares[] = {{"m", 1}, {"", 1000}};

  Fields limitFields(PluginLimits& limits) const {
    auto amount = [this](int64_t& out, std::span<const Unit> units, int64_t least, const char* form) -> Field {
      return [this, &out, units, least, form](const std::string& key, const toml::node& node) {
        const std::string value = textOf(key, node, anyText);
        auto read = readAmount(value, units, least);
        if (!read) wrong(node, key, inQuotes(value) + ": must be " + form);
        out = *read;
      };
    };
    return {
        {"memory_limit", amount(limits.memoryBytes, kSizes, 16 << 20, "a size of at least 16Mi, such as 256Mi or 2Gi")},
        {"cpu_limit", amount(limits.cpuThousandths, kShares, 10, "how many processors' time, such as 500m or 2")},
        {"pids_limit", number(limits.processes, 16, 1 << 20)}};
  }

  PluginSetting settingOf(const std::string& path, const std::string& key, const toml::node& node) const {
    PluginSetting setting;
    setting.key = key;
    setting.where = where(node);
    if (node.is_string()) {
      setting.text = node.as_string()->get();
    } else if (node.is_integer()) {
      setting.type = PluginSetting::Type::integer;
      setting.text = std::to_string(node.as_integer()->get());
    } else if (node.is_boolean()) {
      setting.type = PluginSetting::Type::boolean;
      setting.text = node.as_boolean()->get() ? "true" : "false";
    } else if (node.is_array_of_tables()) {
      setting.type = PluginSetting::Type::tables;
      for (const auto& element : *node.as_array()) {
        std::ostringstream json;
        json << toml::json_formatter(*element.as_table());
        setting.values.push_back(json.str());
      }
    } else if (node.is_array()) {
      setting.type = PluginSetting::Type::list;
      for (const auto& element : *node.as_array()) setting.values.push_back(textOf(path, element, anyText));
    } else {
      wrong(node, path, "must be a string, an integer, a boolean or a list of strings, found " + typeName(node));
    }
    return setting;
  }

  Config& config_;
  std::string file_;
};

Result<void> readInto(Config& config, std::string_view text, std::string_view fileName) {
  try {
    toml::table root = toml::parse(text, fileName);
    FileReader(config, fileName).read(root);
    return {};
  } catch (const toml::parse_error& error) {
    return fail(Status::badRequest(std::string(fileName) + ":" + std::to_string(error.source().begin.line) + ": " +
                                   std::string(error.description())));
  } catch (const Wrong& wrong) {
    return fail(Status::badRequest(wrong.message));
  }
}

}  // namespace

std::vector<std::string> tableKeys() {
  Config none;
  return FileReader(none, "").tableKeys();
}

Result<void> parseOver(Config& config, std::string_view text, std::string_view fileName) {
  return readInto(config, text, fileName);
}

}  // namespace cleat::base
