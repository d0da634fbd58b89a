// Config: what the operator wrote in cleat.toml, read and checked. The defaults are etc/cleat.toml itself, compiled
// into the program, so the file that documents every setting is the one that sets it; an operator's file replaces
// single settings of it. A key that is unknown, of a wrong type or with a bad value is refused with the file, the line
// and the key.
//
// A plain value: read it once at start and hand parts of it on.
#pragma once

#include <cleat/sdk/status.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/log.h"

namespace cleat::base {

// A setting of a plugin, as it stands in the file. The host checks it against the plugin's own schema.
struct PluginSetting {
  enum class Type { string, integer, boolean, list } type = Type::string;
  std::string key;
  std::string text;                 // "10", "true", "5s"
  std::vector<std::string> values;  // of a list
  std::string where;                // "cleat.toml:12", for errors
};

struct PluginTable {
  std::string path;       // as written; empty: the plugin folder's NAME.so
  bool isolated = false;  // isolation = "process"
  std::vector<PluginSetting> settings;
};

struct Config {
  struct Server {
    std::string listen, advertiseAddress, serviceCidr, clusterCidr, nodePortRange, clusterDomain;
    // What clients may take of the server; etc/cleat.toml says what each is.
    std::chrono::milliseconds handshakeTimeout{0}, headTimeout{0}, requestTimeout{0}, idleTimeout{0}, stallTimeout{0};
    int64_t minBytesPerSecond = 0;
    int64_t maxConnections = 0, maxRequests = 0;
    int64_t strangerConnections = 0, strangerConnectionsPerAddress = 0;
    int64_t strangerRequests = 0, strangerRequestsPerAddress = 0;
    int64_t strangerBytes = 0, strangerBytesPerAddress = 0;
    int64_t handshakePercent = 0;
  } server;
  LogOptions log;
  struct Authn {
    std::vector<std::string> chain;
    bool anonymous = true;
    std::vector<std::string> anonymousPaths;  // empty: any path
  } authn;
  struct Authz {
    std::vector<std::string> chain;
  } authz;
  struct Admission {
    std::vector<std::string> chain;
  } admission;
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
  struct Plugins {
    std::string dir;                            // empty: beside the program
    std::map<std::string, PluginTable> tables;  // [plugins.NAME]
  } plugins;

  // Where the file of a plugin is. `programDir`: what an empty `dir` stands for.
  std::string pluginFile(const std::string& name, const std::string& programDir) const;
};

Config defaultConfig();
std::string_view defaultConfigText();
// An empty path gives the defaults.
Result<Config> loadConfig(const std::string& path);
Result<Config> parseConfig(std::string_view text, std::string_view fileName);

}  // namespace cleat::base
