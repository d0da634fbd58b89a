// How often something may happen, for each of many keys: a bucket of tokens for every key, of which each event takes
// one.
#pragma once

#include <cleat/sdk/status.h>
#include <cleat/sdk/time.h>

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace cleat {

enum class LimitType { server, nameSpace, user, sourceAndObject };
std::string_view nameOf(LimitType type);  // "Server", as errors and settings say it

struct LimitSetting {
  LimitType type = LimitType::server;
  int64_t qps = 0;           // tokens that come back in a second
  int64_t burst = 0;         // tokens that a bucket holds, and begins with
  int64_t cacheSize = 4096;  // buckets that are remembered; one that is forgotten begins anew
};

// "Namespace qps=50 burst=100 cache_size=2000"; `path` says in errors where it stands.
Result<LimitSetting> parseLimit(std::string_view text, std::string_view path);

class RateLimit {
 public:
  explicit RateLimit(const LimitSetting& setting) : setting_(setting) {}

  LimitType type() const { return setting_.type; }
  // Takes a token. False: there is none.
  bool tryTake(const std::string& key, Instant now);

 private:
  struct Bucket {
    std::string key;
    double tokens;
    Instant filledAt;
  };
  Bucket& bucketOf(const std::string& key, Instant now);

  LimitSetting setting_;
  std::list<Bucket> buckets_;  // the one that was used last is first
  std::unordered_map<std::string, std::list<Bucket>::iterator> byKey_;
};

}  // namespace cleat
