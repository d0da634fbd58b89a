// The names of a cluster (Kubernetes' specification "DNS-Based Service Discovery", 1.1.0) and what stands behind them.
//
// Written by the plugin's strand and read by the server's thread: each call takes the lock for itself.
#pragma once

#include <cleat/sdk/mutex.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "message.h"

namespace cleat::dns {

// An address as its bytes: 4 or 16.
std::optional<std::string> parseAddress(std::string_view text);

// Addresses whose first bits are these.
struct Network {
  std::string bytes;
  unsigned bits = 0;
  bool contains(const std::string& address) const;
};
std::optional<Network> parseNetwork(std::string_view text);  // "10.0.0.0/8"

// What one service has. Hosts are names below the service's own; the empty one is the service itself.
struct ServiceRecords {
  struct Target {
    std::string host;
    uint16_t port = 0;
    auto operator<=>(const Target&) const = default;
  };
  std::map<std::string, std::set<std::string>> hosts;                    // host → addresses
  std::map<std::string, std::map<std::string, std::set<Target>>> ports;  // "_tcp" → "_http" → targets
  std::optional<Name> externalName;
  std::map<std::string, std::string> reverse;  // address → host
  bool operator==(const ServiceRecords&) const = default;
};

struct ZoneSettings {
  Name domain;                         // lower case
  std::optional<std::string> address;  // of the DNS itself
  uint32_t ttl = 5;
  std::vector<Network> ranges;  // of services
};

struct Found {
  enum class Kind {
    elsewhere,  // the cluster does not say: upstreams are asked
    answer,     // with or without records
    noName,
  };
  Kind kind = Kind::elsewhere;
  std::vector<Record> answers, authority, additional;
  // The name that an ExternalName stands for, when its addresses are wanted and the cluster has none for it.
  std::optional<Name> follow;
};

class Zone {
 public:
  explicit Zone(ZoneSettings settings);

  void setNamespace(const std::string& name);
  void removeNamespace(const std::string& name);
  void setService(const std::string& ns, const std::string& name, ServiceRecords records);
  void removeService(const std::string& ns, const std::string& name);
  // Several pods may have one address: those of the host's network.
  void addPod(const std::string& ns, const std::string& address);
  void removePod(const std::string& ns, const std::string& address);

  Found find(const Question& question) const CLEAT_EXCLUDES(mutex_);

 private:
  using Services = std::map<std::string, ServiceRecords>;
  class Search;

  void eraseReverse(const std::string& ns, const std::string& name, const ServiceRecords& records)
      CLEAT_REQUIRES(mutex_);

  const ZoneSettings settings_;
  mutable SharedMutex mutex_;
  uint32_t serial_ CLEAT_GUARDED_BY(mutex_) = 1;
  std::set<std::string> namespaces_ CLEAT_GUARDED_BY(mutex_);
  std::map<std::string, Services> services_ CLEAT_GUARDED_BY(mutex_);  // of namespaces
  std::map<std::string, std::map<std::string, size_t>> pods_ CLEAT_GUARDED_BY(mutex_);
  std::map<std::string, std::set<Name>> reverse_ CLEAT_GUARDED_BY(mutex_);  // address → names below "svc"
};

}  // namespace cleat::dns
