#include "core/base/config.h"

#include <arpa/inet.h>
#include <cleat/sdk/text.h>

#include <toml++/toml.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <optional>
#include <set>
#include <sstream>

extern "C" const char cleat_default_config_begin[], cleat_default_config_end[];

namespace cleat::base {
namespace {

// What is wrong with a value, empty if nothing is.
using Check = std::string (*)(const std::string&);

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

std::string anyText(const std::string&) { return {}; }

std::string checkPort(std::string_view text) {
  unsigned port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  bool good = error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
  return good ? std::string() : "the port must be a number between 1 and 65535";
}

std::string checkAddress(const std::string& text) {
  in6_addr parsed;
  bool good = inet_pton(AF_INET, text.c_str(), &parsed) == 1 || inet_pton(AF_INET6, text.c_str(), &parsed) == 1;
  return good ? std::string() : "not an IP address";
}

std::string checkAddressOrEmpty(const std::string& text) { return text.empty() ? std::string() : checkAddress(text); }

std::string checkListen(const std::string& text) {
  size_t colon = text.rfind(':');
  if (colon == std::string::npos) return "must be ADDRESS:PORT, such as 0.0.0.0:6443";
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (auto wrong = checkAddress(host); !wrong.empty()) return wrong + " before the port";
  return checkPort(std::string_view(text).substr(colon + 1));
}

std::string checkCidr(const std::string& text) {
  constexpr const char* kForm = "must be a network, such as 10.96.0.0/16";
  size_t slash = text.find('/');
  if (slash == std::string::npos) return kForm;
  unsigned char bytes[16] = {};
  std::string address = text.substr(0, slash);
  bool v6 = address.find(':') != std::string::npos;
  if (inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), bytes) != 1) return kForm;
  unsigned bits = v6 ? 128 : 32, prefix = 0;
  auto [end, error] = std::from_chars(text.data() + slash + 1, text.data() + text.size(), prefix);
  if (error != std::errc() || end != text.data() + text.size() || prefix > bits) return kForm;
  for (unsigned bit = prefix; bit < bits; ++bit) {
    if (bytes[bit / 8] & (0x80 >> bit % 8)) return "has bits set behind its prefix of " + std::to_string(prefix);
  }
  return {};
}

std::string checkPortRange(const std::string& text) {
  size_t dash = text.find('-');
  if (dash == std::string::npos) return "must be FIRST-LAST, such as 30000-32767";
  std::string first = text.substr(0, dash), last = text.substr(dash + 1);
  if (auto wrong = checkPort(first); !wrong.empty()) return wrong;
  if (auto wrong = checkPort(last); !wrong.empty()) return wrong;
  return std::stoi(first) <= std::stoi(last) ? std::string() : "the first port is above the last";
}

bool isLabel(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  for (char c : text) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
  }
  return true;
}

std::string checkName(const std::string& text) {
  return isLabel(text) ? std::string() : "must be lower-case letters, digits and '-', at most 63";
}

std::string checkPath(const std::string& text) {
  return text.starts_with('/') ? std::string() : "must be a path, such as /healthz";
}

std::string checkDomain(const std::string& text) {
  std::string_view rest = text;
  while (true) {
    size_t dot = rest.find('.');
    if (text.size() > 253 || !isLabel(rest.substr(0, dot))) return "not a domain name";
    if (dot == std::string_view::npos) return {};
    rest.remove_prefix(dot + 1);
  }
}

std::string checkDomainOrEmpty(const std::string& text) { return text.empty() ? std::string() : checkDomain(text); }

std::optional<std::chrono::milliseconds> readDuration(std::string_view text) {
  constexpr int64_t kLeast = 100, kMost = 86'400'000;
  int64_t count = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  int64_t ms = unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "m" ? 60'000 : unit == "h" ? 3'600'000 : 0;
  if (error != std::errc() || ms == 0 || count <= 0 || count > kMost) return std::nullopt;
  if (count * ms < kLeast || count * ms > kMost) return std::nullopt;
  return std::chrono::milliseconds(count * ms);
}

// Reads the tables of one file into a Config, remembering where it is for errors.
class FileReader {
 public:
  FileReader(Config& config, std::string_view file) : config_(config), file_(file) {}

  void read(const toml::table& root) {
    for (const auto& [name, node] : root) readSection(std::string(name.str()), node);
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
      if (!node.is_integer()) wrong(node, key, "must be an integer, found " + typeName(node));
      int64_t value = node.as_integer()->get();
      if (value < 1 || value > 65535) wrong(node, key, std::to_string(value) + ": must be between 1 and 65535");
      out = static_cast<uint16_t>(value);
    };
  }
  Field number(int64_t& out, int64_t least, int64_t most) const {
    return [this, &out, least, most](const std::string& key, const toml::node& node) {
      if (!node.is_integer()) wrong(node, key, "must be an integer, found " + typeName(node));
      int64_t value = node.as_integer()->get();
      if (value < least || value > most) {
        wrong(node, key,
              std::to_string(value) + ": must be between " + std::to_string(least) + " and " + std::to_string(most));
      }
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
  Field names(std::vector<std::string>& out) const { return list(out, checkName, "plugin names"); }
  Field list(std::vector<std::string>& out, std::string (*check)(const std::string&), const char* ofWhat) const {
    return [this, &out, check, ofWhat](const std::string& key, const toml::node& node) {
      if (!node.is_array()) wrong(node, key, concat("must be a list of ", ofWhat, ", found ", typeName(node)));
      std::vector<std::string> read;
      std::set<std::string> seen;
      for (const auto& element : *node.as_array()) {
        read.push_back(textOf(key, element, check));
        if (!seen.insert(read.back()).second) wrong(element, key, inQuotes(read.back()) + ": named twice");
      }
      out = std::move(read);
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
              {"service_cidr", text(c.server.serviceCidr, checkCidr)},
              {"cluster_cidr", text(c.server.clusterCidr, checkCidr)},
              {"node_port_range", text(c.server.nodePortRange, checkPortRange)},
              {"cluster_domain", text(c.server.clusterDomain, checkDomain)},
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
    if (section == "log") return {{"level", level(c.log.level)}, {"file", text(c.log.file)}};
    if (section == "authn") {
      return {{"chain", names(c.authn.chain)},
              {"anonymous", boolean(c.authn.anonymous)},
              {"anonymous_paths", list(c.authn.anonymousPaths, checkPath, "paths")}};
    }
    if (section == "authz") return {{"chain", names(c.authz.chain)}};
    if (section == "admission") return {{"chain", names(c.admission.chain)}};
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
    if (section == "proxy") return {{"mode", text(c.proxy.mode, checkName)}};
    return {};
  }

  void readSection(const std::string& section, const toml::node& node) {
    Fields fields = fieldsOf(section);
    if (fields.empty() && section != "plugins") wrong(node, section, "no such section");
    if (!node.is_table()) wrong(node, section, "must be a table, found " + typeName(node));
    for (const auto& [name, value] : *node.as_table()) {
      std::string key(name.str());
      if (section == "plugins") {
        readPlugins(key, value);
        continue;
      }
      auto field = fields.find(key);
      if (field == fields.end()) wrong(value, section + "." + key, "no such setting");
      field->second(section + "." + key, value);
    }
  }

  void readPlugins(const std::string& name, const toml::node& node) {
    std::string path = "plugins." + name;
    if (name == "dir") {
      config_.plugins.dir = textOf(path, node, anyText);
      return;
    }
    if (auto problem = checkName(name); !problem.empty()) wrong(node, path, inQuotes(name) + ": " + problem);
    if (!node.is_table()) wrong(node, path, "must be a table, found " + typeName(node));
    PluginTable& table = config_.plugins.tables[name];
    for (const auto& [inner, value] : *node.as_table()) {
      std::string key(inner.str());
      if (key == "path") {
        table.path = textOf(path + ".path", value, anyText);
      } else if (key == "isolation") {
        std::string isolation = textOf(path + ".isolation", value, anyText);
        if (isolation != "none" && isolation != "process") {
          wrong(value, path + ".isolation", inQuotes(isolation) + ": must be none or process");
        }
        table.isolated = isolation == "process";
      } else {
        std::erase_if(table.settings, [&](const PluginSetting& setting) { return setting.key == key; });
        table.settings.push_back(settingOf(path + "." + key, key, value));
      }
    }
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

std::string Config::pluginFile(const std::string& name, const std::string& programDir) const {
  std::string folder = plugins.dir.empty() ? programDir : plugins.dir;
  auto table = plugins.tables.find(name);
  if (table == plugins.tables.end() || table->second.path.empty()) return folder + "/" + name + ".so";
  const std::string& path = table->second.path;
  return path.front() == '/' ? path : folder + "/" + path;
}

std::string_view defaultConfigText() {
  return {cleat_default_config_begin, static_cast<size_t>(cleat_default_config_end - cleat_default_config_begin)};
}

Config defaultConfig() {
  Config config;
  if (auto read = readInto(config, defaultConfigText(), "etc/cleat.toml"); !read) {
    std::cerr << "the built-in configuration is wrong: " << read.error().message << "\n";
    std::abort();
  }
  return config;
}

Result<Config> parseConfig(std::string_view text, std::string_view fileName) {
  Config config = defaultConfig();
  CLEAT_TRY(readInto(config, text, fileName));
  return config;
}

Result<Config> loadConfig(const std::string& path) {
  if (path.empty()) return defaultConfig();
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (file) text << file.rdbuf();
  if (!file) return fail(Status::badRequest(path + ": " + std::strerror(errno ? errno : EIO)));
  return parseConfig(text.str(), path);
}

}  // namespace cleat::base
