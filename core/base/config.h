// Config: what the operator wrote in cleat.toml, read and checked. The defaults are etc/cleat.toml itself, compiled
// into the program, so the file that documents every setting is the one that sets it; an operator's file replaces
// single settings of it, and of a list it may keep what is there ("..."). A key that is unknown, of a wrong type or
// with a bad value is refused with the file, the line and the key.
//
// A plain value: read it once at start and hand parts of it on.
#pragma once

#include <cleat/sdk/status.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/base/log.h"

namespace cleat::base {

// A setting of a plugin, as it stands in the file. The host checks it against the plugin's own schema.
struct PluginSetting {
  enum class Type { string, integer, boolean, list, tables } type = Type::string;
  std::string key;
  std::string text;                 // "10", "true", "5s"
  std::vector<std::string> values;  // of a list; of tables each as JSON
  std::string where;                // "cleat.toml:12", for errors
};

// Where a plugin's code runs: in this process, or in one of its own that is confined, or that may do what this one may.
enum class Isolation { byOrigin, none, process, unconfined };

// What a confined plugin's process may take.
struct PluginLimits {
  int64_t memoryBytes = 0, cpuThousandths = 0, processes = 0;  // 0: as in [plugins]
};

struct PluginTable {
  std::string path;  // as written; empty: the plugin folder's NAME.so
  Isolation isolation = Isolation::byOrigin;
  PluginLimits limits;
  bool networkAccess = false;
  std::vector<std::string> visibleFiles;
  std::optional<std::vector<std::string>> grants;  // what it is allowed of what it asks for; none: all
  std::vector<PluginSetting> settings;
  std::string where;
};

// A list of the configuration that puts plugins into a role.
struct PluginList {
  std::string key;   // "admission.chain", "roles.price-list"
  std::string role;  // "admission"
  std::vector<std::string> names;
};

// How one plugin of the admission chain is asked, and what its answers count: [admission.NAME].
struct AdmissionEntry {
  bool failsOpen = false;                // failure_policy = "ignore"
  bool audits = false;                   // mode = "audit"
  std::chrono::milliseconds timeout{0};  // 0: the one of all
  // Empty ones match everything.
  std::vector<std::string> resources, operations;
  std::string namespaceSelector, objectSelector;
  std::string where;

  bool saysTheSame(const AdmissionEntry& other) const {
    const auto all = [](const AdmissionEntry& entry) {
      return std::tie(entry.failsOpen, entry.audits, entry.timeout, entry.resources, entry.operations,
                      entry.namespaceSelector, entry.objectSelector);
    };
    return all(*this) == all(other);
  }
};

// How one authenticator or authorizer is asked: [authn.NAME], [authz.NAME].
struct DeciderEntry {
  bool isPassedOver = false;             // failure_policy = "ignore": when it fails it has said nothing
  std::chrono::milliseconds timeout{0};  // 0: the one of all
  std::string where;
};

struct Config {
  struct Server {
    std::string listen, advertiseAddress, serviceCidr, clusterCidr, nodePortRange, clusterDomain;
    std::string encryptionConfig;  // a file; empty: what is stored is not encrypted
    // What clients may take of the server; etc/cleat.toml says what each is.
    std::chrono::milliseconds handshakeTimeout{0}, headTimeout{0}, requestTimeout{0}, idleTimeout{0}, stallTimeout{0};
    int64_t minBytesPerSecond = 0;
    int64_t maxConnections = 0, maxRequests = 0;
    int64_t strangerConnections = 0, strangerConnectionsPerAddress = 0;
    int64_t strangerRequests = 0, strangerRequestsPerAddress = 0;
    int64_t strangerBytes = 0, strangerBytesPerAddress = 0;
    int64_t handshakePercent = 0;
    bool operator==(const Server&) const = default;
  } server;
  struct Store {
    std::string engine;  // "sqlite", which is built in, or the plugin that keeps the store
    bool isBuiltIn() const { return engine == "sqlite"; }
    bool operator==(const Store&) const = default;
  } store;
  LogOptions log;
  struct Authn {
    std::vector<std::string> chain;
    bool anonymous = true;
    std::vector<std::string> anonymousPaths;      // empty: any path
    std::map<std::string, DeciderEntry> entries;  // [authn.NAME]
  } authn;
  struct Authz {
    std::vector<std::string> chain;
    std::map<std::string, DeciderEntry> entries;  // [authz.NAME]
  } authz;
  struct Admission {
    std::vector<std::string> chain;
    std::map<std::string, AdmissionEntry> entries;  // [admission.NAME]
  } admission;
  struct Audit {
    std::string policy;  // a file; empty: there is no audit log
    std::string mode;    // "batch" or "strict"
    std::vector<std::string> sinks;
  } audit;
  struct Controllers {
    std::vector<std::string> enabled;
  } controllers;
  struct Schedulers {
    std::vector<std::string> enabled;
  } schedulers;
  struct Kinds {
    std::vector<std::string> enabled;
  } kinds;
  struct Agent {
    std::string plugin, nodeName;
    uint16_t port = 0;
  } agent;
  struct Runtime {
    std::string plugin;
  } runtime;
  struct Network {
    std::string plugin;
  } network;
  struct Proxy {
    std::string mode;
    std::string plugin() const { return "proxy-" + mode; }
  } proxy;
  // [roles]: who fills the roles that the core knows nothing of, in the order in which they are asked.
  std::map<std::string, std::vector<std::string>> roles;
  std::map<std::string, std::vector<std::string>> nodeRoles;  // [node_roles]: the same on a node
  struct Plugins {
    std::string dir;  // empty: beside the program
    bool isolationRequired = false;
    bool requireSignature = false;
    std::vector<std::string> signatureKeys;
    PluginLimits limits;
    std::map<std::string, PluginTable> tables;  // [plugins.NAME]
  } plugins;

  // Plugins that the file puts into a list, and that have been taken out of all of them since: what it says of them
  // besides counts for nothing, and is no mistake.
  std::set<std::string> takenOut;

  // Where a value was read: of the key of a list and one of its names, or of a key. Empty for what nobody has written.
  std::map<std::string, std::string> places;
  std::string placeOf(const std::string& key, const std::string& name = {}) const;

  // The lists of a server, in the order in which their plugins are loaded; and those of a node.
  std::vector<PluginList> serverLists() const;
  std::vector<PluginList> nodeLists() const;

  // Where the file of a plugin is. `programDir`: what an empty `dir` stands for.
  std::string pluginFile(const std::string& name, const std::string& programDir) const;
};

// The built-in one, which is read once.
const Config& defaultConfig();
std::string_view defaultConfigText();
// An empty path gives the defaults.
Result<Config> loadConfig(const std::string& path);
Result<Config> parseConfig(std::string_view text, std::string_view fileName);
// What a second file says, over what there is.
Result<void> readOver(Config& config, const std::string& path);
Result<void> parseOver(Config& config, std::string_view text, std::string_view fileName);

}  // namespace cleat::base
