// NodePorts: which port of every node belongs to which service. A port is reserved while a service that asks for it is
// on its way to the store, owned once the service is seen there, and free again when the service is seen without it. A
// reservation whose service never arrives runs out by itself.
//
// Used on one strand. Services are named by their uid, so that a new one of an old name is another one.
#pragma once

#include <cleat/sdk/time.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace cleat::kinds::core {

class NodePorts {
 public:
  // "30000-32767"; what does not parse is that.
  explicit NodePorts(std::string_view range);

  bool inRange(int32_t port) const { return port >= first_ && port <= last_; }
  std::string rangeText() const;

  // The ports that the service has in the store; none when it is gone.
  void setOwned(const std::string& uid, const std::set<int32_t>& ports);

  // False when the port is another's.
  bool reserve(int32_t port, const std::string& uid, Instant now);
  // A free port: out of the upper part of the range while there is one, so that the lower part stays for those who ask
  // for a certain port. Nothing when all are taken.
  std::optional<int32_t> reserveAny(const std::string& uid, Instant now, uint64_t random);
  void cancel(int32_t port, const std::string& uid);

 private:
  struct Holder {
    std::string uid;
    bool owned = false;
    Instant reservedAt{};
  };
  bool isFree(int32_t port, const std::string& uid, Instant now) const;
  int32_t firstDynamic() const;

  int32_t first_ = 30000, last_ = 32767;
  std::map<int32_t, Holder> holders_;
};

}  // namespace cleat::kinds::core
