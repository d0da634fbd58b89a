// CidrSet: a network, cut into parts of one size that are given out and given back: "10.244.0.0/16" in parts of /24.
// What was just given back is given out last, as in Kubernetes, so that who still uses it is not disturbed at once.
#pragma once

#include <cleat/sdk/status.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::ipam {

// An IPv4 network, or one of IPv6, by its number.
struct Network {
  __extension__ using Number = unsigned __int128;
  Number first = 0;
  int bits = 0;  // of the prefix
  bool v6 = false;

  // Host bits are cleared; nothing for what is no network.
  static std::optional<Network> parse(std::string_view text);
  std::string text() const;
  int width() const { return v6 ? 128 : 32; }
  bool overlaps(const Network& other) const;
  bool operator==(const Network&) const = default;
};

class CidrSet {
 public:
  // An error where the network has no parts of that size, or more than 65,536.
  static Result<CidrSet> of(std::string_view network, int partBits);

  // Nothing when all are taken.
  std::optional<std::string> take();
  // That part, if it is one and free.
  bool takeThis(const Network& part);
  // What was taken and came to nothing: it is the next one again.
  void putBack(const Network& part);
  // Whatever of the set the network covers, or is a part of, is taken from now on, or free again.
  void occupy(const Network& network);
  void release(const Network& network);

  bool isOfFamily(const Network& network) const { return network.v6 == network_.v6; }
  size_t free() const { return free_; }

 private:
  void mark(const Network& network, bool taken);

  Network network_;
  int partBits_ = 0;
  std::vector<bool> taken_;
  size_t free_ = 0, next_ = 0;
};

}  // namespace cleat::ipam
