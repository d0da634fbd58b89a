// The claims whose devices are prepared on this node, or were about to be, and for which pods: on disk before a driver
// is asked, so that they are unprepared when the last pod has gone, whoever has died meanwhile. One file for each
// claim, by its uid, in a folder of their own. Strand only.
#pragma once

#include <cleat/sdk/context.h>
#include <cleat/sdk/keyed_lock.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace cleat::agent {

struct PreparedDevice {
  std::vector<std::string> requests;    // of the claim, that it is for; empty: all
  std::vector<std::string> cdiDevices;  // "example.com/gpu=0"
  std::string pool, device;             // which of its driver's it is
  bool operator==(const PreparedDevice&) const = default;
};

struct PreparedClaim {
  std::string ns, name, uid;
  std::set<std::string> pods;                                  // their uids
  std::map<std::string, std::vector<PreparedDevice>> drivers;  // all that are asked, by their names
  bool isReady = false;                                        // all have answered
  bool operator==(const PreparedClaim&) const = default;
};

class PreparedClaims {
 public:
  explicit PreparedClaims(Context& context) : context_(context) {}

  // Before anything else: reads what is there. A file that cannot be read is left alone and said.
  Task<Result<void>> open(std::string folder);

  const PreparedClaim* find(std::string_view uid) const;
  std::vector<std::string> usedBy(const std::string& podUid) const;  // uids of claims
  std::set<std::string> pods() const;                                // uids of all that use any

  Task<Result<void>> put(PreparedClaim claim);
  Task<Result<void>> forget(std::string uid);

  // Work on one claim at a time: whoever prepares or unprepares it has a turn by its uid.
  KeyedLock& turns() { return turns_; }

 private:
  std::string fileOf(const std::string& uid) const { return concat(folder_, "/", uid, ".json"); }

  Context& context_;
  std::string folder_;
  std::map<std::string, PreparedClaim, std::less<>> claims_;  // by uid
  KeyedLock turns_{context_};
};

std::string jsonOf(const PreparedClaim& claim);
Result<PreparedClaim> parsePreparedClaim(const std::string& text);

}  // namespace cleat::agent
