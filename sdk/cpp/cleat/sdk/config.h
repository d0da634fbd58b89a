// What an instance was started with: its settings from the table [plugins.NAME] of the configuration file, and facts of
// the installation. A setting that the file leaves out has the default that the plugin's manifest declares.
//
// The typed getters throw std::invalid_argument for a setting that the manifest does not declare, or that does not
// parse as its type; thrown from Plugin::start this ends the start with that message.
#pragma once

#include <cleat/sdk/time.h>
#include <cleat_abi.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cleat {

struct ServerConfig {
  std::string url;                // "https://192.0.2.1:6443", as reached from nodes and pods
  std::string caFile;             // PEM
  std::string pkiDir;             // in a server: the folder with the cluster's keys; empty in an agent
  std::string certFile, keyFile;  // in an agent: the node's client certificate and key
  std::string serviceCidr, clusterCidr, nodePortRange, clusterDomain;
  std::string address;  // this machine's address as others reach it
  uint16_t agentPort = 0;
  std::string serviceAccountIssuer;
};

class Config {
 public:
  // `words` is a PluginConfig (schema/bus.capnp); `declared` is a manifest's config_schema.
  Config(cleat_words words, std::string_view declared);

  const std::string& name() const { return name_; }
  const std::string& dataDir() const { return dataDir_; }    // a folder of its own, kept across restarts
  const std::string& nodeName() const { return nodeName_; }  // empty in a server
  const ServerConfig& server() const { return server_; }

  std::string string(std::string_view key) const;
  int64_t integer(std::string_view key) const;
  bool boolean(std::string_view key) const;
  Duration duration(std::string_view key) const;
  std::vector<std::string> list(std::string_view key) const;
  bool has(std::string_view key) const;  // the file sets it

 private:
  struct Setting {
    std::string value;
    std::vector<std::string> values;
    bool set = false;  // in the file, rather than by default
  };
  const Setting& setting(std::string_view key) const;
  void declare(std::string_view line);

  std::string name_, dataDir_, nodeName_;
  ServerConfig server_;
  std::map<std::string, Setting, std::less<>> settings_;
};

}  // namespace cleat
