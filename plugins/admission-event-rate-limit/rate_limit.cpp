#include "rate_limit.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <utility>

namespace cleat {
namespace {

constexpr std::array<std::pair<std::string_view, LimitType>, 4> kTypes{
    {{"Server", LimitType::server},
     {"Namespace", LimitType::nameSpace},
     {"User", LimitType::user},
     {"SourceAndObject", LimitType::sourceAndObject}}};

std::unexpected<Status> wrong(std::string_view path, std::string_view field, std::string_view what) {
  return fail(Status::badRequest(concat(path, field.empty() ? "" : ".", field, ": ", what)));
}

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<void> setField(LimitSetting& limit, std::string_view word, std::string_view path) {
  const size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  int64_t* field = name == "qps"          ? &limit.qps
                   : name == "burst"      ? &limit.burst
                   : name == "cache_size" ? &limit.cacheSize
                                          : nullptr;
  if (field == nullptr || equals == std::string_view::npos) {
    return wrong(path, "", concat("\"", word, "\" is none of qps=N, burst=N and cache_size=N"));
  }
  auto value = number(word.substr(equals + 1));
  if (!value) return wrong(path, name, concat("Invalid value: \"", word.substr(equals + 1), "\": must be a number"));
  *field = *value;
  return {};
}

}  // namespace

std::string_view nameOf(LimitType type) {
  return std::ranges::find(kTypes, type, &std::pair<std::string_view, LimitType>::second)->first;
}

Result<LimitSetting> parseLimit(std::string_view text, std::string_view path) {
  std::istringstream words{std::string(text)};
  std::string word;
  words >> word;
  auto type = std::ranges::find(kTypes, std::string_view(word), &std::pair<std::string_view, LimitType>::first);
  if (type == kTypes.end()) {
    return wrong(path, "type",
                 concat("Unsupported value: \"", word,
                        "\": supported values: \"Namespace\", \"Server\", \"SourceAndObject\", \"User\""));
  }
  LimitSetting limit{.type = type->second};
  while (words >> word) CLEAT_TRY(setField(limit, word, path));
  if (limit.burst <= 0) return wrong(path, "burst", concat("Invalid value: ", limit.burst, ": must be positive"));
  if (limit.qps <= 0) return wrong(path, "qps", concat("Invalid value: ", limit.qps, ": must be positive"));
  if (limit.cacheSize <= 0) {
    return wrong(path, "cache_size", concat("Invalid value: ", limit.cacheSize, ": must be positive"));
  }
  return limit;
}

bool RateLimit::tryTake(const std::string& key, Instant now) {
  Bucket& bucket = bucketOf(key, now);
  const double seconds = std::chrono::duration<double>(now - bucket.filledAt).count();
  bucket.tokens =
      std::min(static_cast<double>(setting_.burst), bucket.tokens + seconds * static_cast<double>(setting_.qps));
  bucket.filledAt = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

RateLimit::Bucket& RateLimit::bucketOf(const std::string& key, Instant now) {
  if (auto found = byKey_.find(key); found != byKey_.end()) {
    buckets_.splice(buckets_.begin(), buckets_, found->second);
    return buckets_.front();
  }
  if (std::cmp_greater_equal(buckets_.size(), setting_.cacheSize)) {
    byKey_.erase(buckets_.back().key);
    buckets_.pop_back();
  }
  buckets_.push_front({key, static_cast<double>(setting_.burst), now});
  byKey_[key] = buckets_.begin();
  return buckets_.front();
}

}  // namespace cleat
