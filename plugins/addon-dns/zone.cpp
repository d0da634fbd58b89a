#include "zone.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace cleat::dns {
namespace {

constexpr std::string_view kSchemaVersion = "1.1.0";
constexpr int kMostFollowed = 8;
constexpr uint16_t kSrvWeight = 100;

bool endsWith(const Name& name, const Name& end) {
  return name.size() >= end.size() &&
         std::equal(end.begin(), end.end(), name.end() - static_cast<ptrdiff_t>(end.size()));
}

Name joined(Name front, const Name& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

// "4.3.2.1.in-addr.arpa" or the nibbles of ip6.arpa. Empty for a name that is no whole address.
std::string reversedAddress(const Name& name) {
  std::string bytes;
  const bool v4 = name.size() == 6 && endsWith(name, {"in-addr", "arpa"});
  const bool v6 = name.size() == 34 && endsWith(name, {"ip6", "arpa"});
  for (size_t i = name.size() - 2; (v4 || v6) && i > 0;) {
    unsigned value = 0;
    for (int part = v6 ? 2 : 1; part > 0; --part) {
      const std::string& label = name[--i];
      unsigned digit = 0;
      auto [end, error] = std::from_chars(label.data(), label.data() + label.size(), digit, v6 ? 16 : 10);
      const bool canonical = label.size() == 1 || (!label.starts_with('0') && !v6 && label.size() <= 3);
      if (error != std::errc() || end != label.data() + label.size() || !canonical) return {};
      value = value * 16 + digit;
    }
    if (value > 255) return {};
    bytes += static_cast<char>(value);
  }
  return bytes;
}

// "10-1-2-3" or "fd00--1" as an address.
std::optional<std::string> dashedAddress(std::string label) {
  std::string v4 = label;
  std::ranges::replace(v4, '-', '.');
  if (auto address = parseAddress(v4)) return address;
  std::ranges::replace(label, '-', ':');
  return parseAddress(label);
}

Record addressRecord(std::optional<Name> owner, const std::string& address, uint32_t ttl) {
  return {std::move(owner), address.size() == 4 ? kTypeA : kTypeAaaa, ttl, address};
}

bool wants(uint16_t asked, uint16_t type) { return asked == type || asked == kTypeAny; }

}  // namespace

std::optional<std::string> parseAddress(std::string_view text) {
  const std::string terminated(text);
  std::array<char, 16> bytes{};
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return std::string(bytes.data(), 4);
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return std::string(bytes.data(), 16);
  return std::nullopt;
}

bool Network::contains(const std::string& address) const {
  if (bytes.size() != address.size()) return false;
  for (unsigned bit = 0; bit < bits; ++bit) {
    if (((bytes[bit / 8] ^ address[bit / 8]) & (0x80 >> bit % 8)) != 0) return false;
  }
  return true;
}

std::optional<Network> parseNetwork(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  auto bytes = parseAddress(text.substr(0, slash));
  auto bits = parseInteger<unsigned>(text.substr(slash + 1));
  if (!bytes || !bits || *bits > 8 * bytes->size()) return std::nullopt;
  return Network{std::move(*bytes), *bits};
}

// One search, with the zone's lock held for reading.
class Zone::Search {
 public:
  Search(const Zone& zone, uint16_t type) CLEAT_REQUIRES_SHARED(zone.mutex_)
      : domain_(zone.settings_.domain), settings_(zone.settings_), serial_(zone.serial_), namespaces_(zone.namespaces_),
        services_(zone.services_), pods_(zone.pods_), reverse_(zone.reverse_), type_(type) {}

  Found find(Name name) {
    Name apex = domain_;
    if (endsWith(name, domain_)) {
      inDomain(std::move(name));
    } else if (const std::string address = reversedAddress(name); !address.empty()) {
      byAddress(address);
      apex = {address.size() == 4 ? "in-addr" : "ip6", "arpa"};
    }
    const bool negative = found_.kind == Found::Kind::noName || found_.answers.empty();
    if (found_.kind != Found::Kind::elsewhere && negative) found_.authority.push_back(soa(apex));
    return std::move(found_);
  }

 private:
  void inDomain(Name name) {
    for (int i = 0; i < kMostFollowed; ++i) {
      next_.reset();
      Name inner(name.begin(), name.end() - static_cast<ptrdiff_t>(domain_.size()));
      found_.kind = exists(inner) ? Found::Kind::answer : Found::Kind::noName;
      if (!next_) return;
      if (!endsWith(*next_, domain_)) {
        found_.follow = std::move(next_);
        return;
      }
      name = *next_;
      owner_ = name;
    }
  }

  // Whether there is such a name below the domain; what it has of the type that is asked for is added to the answers.
  bool exists(const Name& name) {
    if (name.empty()) return apex();
    const std::string& last = name.back();
    if (name.size() == 1 && last == "dns-version") {
      const std::string text = static_cast<char>(kSchemaVersion.size()) + std::string(kSchemaVersion);
      if (wants(type_, kTypeTxt)) found_.answers.push_back({owner_, kTypeTxt, settings_.ttl, text});
      return true;
    }
    if (last == "dns") return ownName(name);
    if (last != "svc" && last != "pod") return false;
    if (name.size() == 1) return true;
    const std::string& ns = name[name.size() - 2];
    if (!namespaces_.contains(ns)) return false;
    if (name.size() == 2) return true;
    return last == "svc" ? service(ns, name) : pod(ns, name);
  }

  bool apex() {
    if (wants(type_, kTypeSoa)) found_.answers.push_back(soa(domain_));
    if (wants(type_, kTypeNs)) {
      Record record{owner_, kTypeNs, settings_.ttl, {}};
      appendName(record.rdata, joined({"ns", "dns"}, domain_));
      found_.answers.push_back(std::move(record));
    }
    return true;
  }

  bool ownName(const Name& name) {
    if (name.size() == 1) return true;
    if (name.size() != 2 || name.front() != "ns") return false;
    if (settings_.address) addAddresses({*settings_.address});
    return true;
  }

  bool pod(const std::string& ns, const Name& name) {
    auto found = pods_.find(ns);
    auto address = name.size() == 3 ? dashedAddress(name.front()) : std::nullopt;
    if (!address || found == pods_.end() || !found->second.contains(*address)) return false;
    addAddresses({*address});
    return true;
  }

  bool service(const std::string& ns, const Name& name) {
    auto services = services_.find(ns);
    if (services == services_.end()) return false;
    const std::string& serviceName = name[name.size() - 3];
    auto found = services->second.find(serviceName);
    if (found == services->second.end()) return false;
    const ServiceRecords& records = found->second;
    const Name own = joined({serviceName, ns, "svc"}, domain_);
    if (name.size() == 3) {
      if (records.externalName) {
        alias(*records.externalName);
      } else if (auto host = records.hosts.find(""); host != records.hosts.end()) {
        addAddresses(host->second);
      }
      return true;
    }
    const std::string& below = name[name.size() - 4];
    if (auto protocol = records.ports.find(below); protocol != records.ports.end()) {
      if (name.size() == 4) return true;
      auto port = protocol->second.find(name.front());
      if (name.size() != 5 || port == protocol->second.end()) return false;
      if (wants(type_, kTypeSrv)) addTargets(records, port->second, own);
      return true;
    }
    auto host = name.size() == 4 ? records.hosts.find(below) : records.hosts.end();
    if (host == records.hosts.end()) return false;
    addAddresses(host->second);
    return true;
  }

  void alias(const Name& target) {
    Record record{owner_, kTypeCname, settings_.ttl, {}};
    appendName(record.rdata, target);
    found_.answers.push_back(std::move(record));
    if (type_ == kTypeA || type_ == kTypeAaaa) next_ = lowered(target);
  }

  void addAddresses(const std::set<std::string>& addresses) {
    for (const std::string& address : addresses) {
      Record record = addressRecord(owner_, address, settings_.ttl);
      if (wants(type_, record.type)) found_.answers.push_back(std::move(record));
    }
  }

  void addTargets(const ServiceRecords& records, const std::set<ServiceRecords::Target>& targets, const Name& own) {
    for (const auto& [host, port] : targets) {
      const Name target = host.empty() ? own : joined({host}, own);
      Record record{owner_, kTypeSrv, settings_.ttl, {}};
      append16(record.rdata, 0);
      append16(record.rdata, static_cast<uint16_t>(std::max<size_t>(1, kSrvWeight / targets.size())));
      append16(record.rdata, port);
      appendName(record.rdata, target);
      found_.answers.push_back(std::move(record));
      auto addresses = records.hosts.find(host);
      if (addresses == records.hosts.end()) continue;
      for (const std::string& address : addresses->second)
        found_.additional.push_back(addressRecord(target, address, settings_.ttl));
    }
  }

  // Addresses that the cluster has no name for are others' to know, but for those of its services.
  void byAddress(const std::string& address) {
    auto names = reverse_.find(address);
    if (names == reverse_.end()) {
      if (inRange(address)) found_.kind = Found::Kind::noName;
      return;
    }
    found_.kind = Found::Kind::answer;
    if (!wants(type_, kTypePtr)) return;
    for (const Name& name : names->second) {
      Record record{owner_, kTypePtr, settings_.ttl, {}};
      appendName(record.rdata, joined(joined(name, {"svc"}), domain_));
      found_.answers.push_back(std::move(record));
    }
  }

  bool inRange(const std::string& address) const {
    return std::ranges::any_of(settings_.ranges, [&](const Network& range) { return range.contains(address); });
  }

  Record soa(const Name& owner) const {
    Record record{owner, kTypeSoa, settings_.ttl, {}};
    appendName(record.rdata, joined({"ns", "dns"}, domain_));
    appendName(record.rdata, joined({"hostmaster"}, domain_));
    const uint32_t refresh = 7200, retry = 1800, expire = 86400;
    for (const uint32_t value : {serial_, refresh, retry, expire, settings_.ttl}) append32(record.rdata, value);
    return record;
  }

  const Name& domain_;
  const ZoneSettings& settings_;
  const uint32_t serial_;
  const std::set<std::string>& namespaces_;
  const std::map<std::string, Services>& services_;
  const std::map<std::string, std::map<std::string, size_t>>& pods_;
  const std::map<std::string, std::set<Name>>& reverse_;
  const uint16_t type_;
  Found found_;
  std::optional<Name> owner_;  // of what is found; nothing: the name that was asked for
  std::optional<Name> next_;   // where an alias leads
};

Zone::Zone(ZoneSettings settings) : settings_(std::move(settings)) {}

void Zone::setNamespace(const std::string& name) {
  MutexLock lock(mutex_);
  if (namespaces_.insert(name).second) ++serial_;
}

void Zone::removeNamespace(const std::string& name) {
  MutexLock lock(mutex_);
  if (namespaces_.erase(name) != 0) ++serial_;
}

void Zone::setService(const std::string& ns, const std::string& name, ServiceRecords records) {
  MutexLock lock(mutex_);
  ServiceRecords& place = services_[ns][name];
  if (place == records) return;
  eraseReverse(ns, name, place);
  place = std::move(records);
  for (const auto& [address, host] : place.reverse)
    reverse_[address].insert(host.empty() ? Name{name, ns} : Name{host, name, ns});
  ++serial_;
}

void Zone::removeService(const std::string& ns, const std::string& name) {
  MutexLock lock(mutex_);
  auto services = services_.find(ns);
  if (services == services_.end()) return;
  auto found = services->second.find(name);
  if (found == services->second.end()) return;
  eraseReverse(ns, name, found->second);
  services->second.erase(found);
  if (services->second.empty()) services_.erase(services);
  ++serial_;
}

void Zone::eraseReverse(const std::string& ns, const std::string& name, const ServiceRecords& records) {
  for (const auto& [address, host] : records.reverse) {
    auto names = reverse_.find(address);
    if (names == reverse_.end()) continue;
    names->second.erase(host.empty() ? Name{name, ns} : Name{host, name, ns});
    if (names->second.empty()) reverse_.erase(names);
  }
}

void Zone::addPod(const std::string& ns, const std::string& address) {
  MutexLock lock(mutex_);
  ++pods_[ns][address];
  ++serial_;
}

void Zone::removePod(const std::string& ns, const std::string& address) {
  MutexLock lock(mutex_);
  auto pods = pods_.find(ns);
  if (pods == pods_.end()) return;
  auto found = pods->second.find(address);
  if (found == pods->second.end()) return;
  if (--found->second == 0) pods->second.erase(found);
  if (pods->second.empty()) pods_.erase(pods);
  ++serial_;
}

Found Zone::find(const Question& question) const {
  ReaderLock lock(mutex_);
  return Search(*this, question.type).find(lowered(question.name));
}

}  // namespace cleat::dns
