#include "core/app/attach/leader_lease.h"

#include <cleat/sdk/text.h>
#include <cleat/sdk/time.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/base/log.h"
#include "core/bus/rest.h"

namespace cleat::app {
namespace {

using std::chrono::nanoseconds;
namespace json = boost::json;

constexpr const char* kLeaseApi = "coordination.k8s.io/v1";

std::string_view leaseText(const json::object& from, const char* key) {
  const json::value* found = from.if_contains(key);
  return found != nullptr && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
}

int64_t leaseNumber(const json::object& from, const char* key) {
  const json::value* found = from.if_contains(key);
  return found != nullptr && found->is_int64() ? found->get_int64() : 0;
}

// The part of a lease, made where there is none.
json::object& partOf(json::object& lease, const char* key) {
  json::value& part = lease[key];
  if (!part.is_object()) part = json::object();
  return part.get_object();
}

std::optional<json::object> parsedLease(const std::string& body) {
  json::error_code error;
  json::value value = json::parse(body, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

}  // namespace

LeaderLease::LeaderLease(base::Executor& executor, std::shared_ptr<http::HttpClient> server, LeaderLeaseOptions options,
                         Renewed renewed)
    : executor_(executor), server_(std::move(server)), options_(std::move(options)), renewed_(std::move(renewed)) {}

Task<bool> LeaderLease::acquire() {
  while (!stopped()) {
    const int64_t began = executor_.now();
    const Outcome outcome = co_await attempt(options_.renewDeadline);
    if (stopped()) break;
    if (outcome == Outcome::held) {
      renewedAt_ = began;
      setHeld(true);
      renewed_(began);
      co_return true;
    }
    // Not all of those that wait come back at once.
    uint32_t random = 0;
    executor_.random(&random, sizeof random);
    const int64_t more = options_.retryPeriod.count() / 5;
    co_await sleep(options_.retryPeriod + nanoseconds(more > 0 ? random % more : 0));
  }
  co_return false;
}

Task<void> LeaderLease::hold() {
  while (true) {
    co_await sleep(options_.retryPeriod);
    if (stopped()) co_return;
    const int64_t began = executor_.now();
    const int64_t ends = renewedAt_ + options_.renewDeadline.count();
    Outcome outcome = Outcome::unknown;
    if (began < ends) outcome = co_await attempt(nanoseconds(ends - began));
    if (stopped()) co_return;
    if (outcome == Outcome::held) {
      renewedAt_ = began;
      renewed_(began);
    } else if (outcome == Outcome::others || executor_.now() >= ends) {
      break;
    }
  }
  setHeld(false);
  lease_.reset();
  base::log(base::LogLevel::warn, "attach", concat("the lease ", options_.ns, "/", options_.name, " is lost"));
}

Task<void> LeaderLease::release() {
  if (!held() || !lease_) co_return;
  setHeld(false);
  json::object lease = std::move(*lease_);
  lease_.reset();
  json::object& spec = partOf(lease, "spec");
  spec.erase("holderIdentity");
  spec["leaseDurationSeconds"] = 1;
  spec["renewTime"] = formatMicroTime(WallTime(Duration(executor_.wallNow())));
  Result<http::ClientResponse> answer = co_await ask("PUT", std::move(lease), options_.renewDeadline);
  const std::string why = !answer                      ? answer.error().message
                          : answer->head.status >= 300 ? bus::statusOf(*answer).message
                                                       : std::string();
  if (why.empty()) co_return;
  base::log(base::LogLevel::warn, "attach",
            concat("the lease ", options_.ns, "/", options_.name, " cannot be given back: ", why));
}

void LeaderLease::stop() {
  std::optional<Completion<bool>> sleeping;
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    if (nap_ && executor_.cancelTimer(nap_->timer)) sleeping = nap_->over;
  }
  if (sleeping) sleeping->complete(true);
}

std::string LeaderLease::holder() const {
  MutexLock lock(mutex_);
  return holder_;
}

bool LeaderLease::held() const {
  MutexLock lock(mutex_);
  return held_;
}

void LeaderLease::setHeld(bool held) {
  MutexLock lock(mutex_);
  held_ = held;
}

bool LeaderLease::stopped() const {
  MutexLock lock(mutex_);
  return stopped_;
}

std::string LeaderLease::path() const { return concat("/apis/", kLeaseApi, "/namespaces/", options_.ns, "/leases"); }

Task<void> LeaderLease::sleep(nanoseconds time) {
  Completion<bool> over;
  {
    MutexLock lock(mutex_);
    if (stopped_) co_return;
    base::TimerId timer = executor_.after(time, [over]() mutable { over.complete(true); });
    nap_ = Nap{timer, over};
  }
  co_await over;
  MutexLock lock(mutex_);
  nap_.reset();
}

// Takes or renews it, whichever there is to do. What we wrote last is written anew without asking what it is now: if it
// is something else, the version says so.
Task<LeaderLease::Outcome> LeaderLease::attempt(nanoseconds limit) {
  if (lease_) {
    json::object again = *lease_;
    fill(partOf(again, "spec"), true);
    const Outcome outcome = co_await write(std::move(again), limit);
    if (outcome != Outcome::others) co_return outcome;
    lease_.reset();
  }
  json::object nothing;
  Result<http::ClientResponse> answer = co_await ask("GET", std::move(nothing), limit);
  if (!answer) co_return failed(answer.error().message);
  if (answer->head.status == 404) co_return co_await create(limit);
  if (answer->head.status != 200) co_return failed(bus::statusOf(*answer).message);
  std::optional<json::object> lease = parsedLease(answer->body);
  if (!lease) co_return failed("the server's answer is no lease");
  observe(*lease);
  json::object& spec = partOf(*lease, "spec");
  const std::string_view holder = leaseText(spec, "holderIdentity");
  const bool ours = holder == options_.identity;
  const nanoseconds term = std::chrono::seconds(leaseNumber(spec, "leaseDurationSeconds"));
  if (!ours && !holder.empty() && executor_.now() < observedAt_ + term.count()) co_return Outcome::others;
  fill(spec, ours);
  co_return co_await write(std::move(*lease), limit);
}

Task<LeaderLease::Outcome> LeaderLease::create(nanoseconds limit) {
  json::object lease{{"apiVersion", kLeaseApi},
                     {"kind", "Lease"},
                     {"metadata", json::object{{"name", options_.name}, {"namespace", options_.ns}}}};
  fill(partOf(lease, "spec"), false);
  partOf(lease, "spec")["leaseTransitions"] = 0;
  Result<http::ClientResponse> answer = co_await ask("POST", std::move(lease), limit);
  if (!answer) co_return failed(answer.error().message);
  if (answer->head.status == 409) co_return Outcome::others;
  co_return took(*answer);
}

Task<LeaderLease::Outcome> LeaderLease::write(json::object lease, nanoseconds limit) {
  Result<http::ClientResponse> answer = co_await ask("PUT", std::move(lease), limit);
  if (!answer) co_return failed(answer.error().message);
  if (answer->head.status == 409 || answer->head.status == 404) co_return Outcome::others;
  co_return took(*answer);
}

Task<Result<http::ClientResponse>> LeaderLease::ask(std::string method, json::object body, nanoseconds limit) {
  http::ClientRequest request;
  request.target = method == "POST" ? path() : path() + "/" + options_.name;
  request.method = std::move(method);
  if (!body.empty()) request.body = json::serialize(body);
  // Half of it: what hangs is tried once more.
  const auto half = std::chrono::duration_cast<std::chrono::milliseconds>(limit / 2);
  request.timeout = std::max(half, std::chrono::milliseconds(1));
  co_return co_await server_->send(std::move(request));
}

LeaderLease::Outcome LeaderLease::took(const http::ClientResponse& answer) {
  if (answer.head.status != 200 && answer.head.status != 201) return failed(bus::statusOf(answer).message);
  std::optional<json::object> lease = parsedLease(answer.body);
  if (!lease) return failed("the server's answer is no lease");
  observe(*lease);
  lease_ = std::move(lease);
  lastFailure_.clear();
  return Outcome::held;
}

LeaderLease::Outcome LeaderLease::failed(std::string why) {
  if (why != lastFailure_) {
    base::log(base::LogLevel::warn, "attach",
              concat("the lease ", options_.ns, "/", options_.name, ": ", why, "; trying again"));
  }
  lastFailure_ = std::move(why);
  return Outcome::unknown;
}

void LeaderLease::observe(const json::object& lease) {
  const json::value* meta = lease.if_contains("metadata");
  const json::value* spec = lease.if_contains("spec");
  const std::string revision(meta != nullptr && meta->is_object() ? leaseText(meta->get_object(), "resourceVersion")
                                                                  : std::string_view());
  if (revision != observedRevision_) {
    observedRevision_ = revision;
    observedAt_ = executor_.now();
  }
  const std::string_view holder =
      spec != nullptr && spec->is_object() ? leaseText(spec->get_object(), "holderIdentity") : std::string_view();
  MutexLock lock(mutex_);
  if (holder_ == holder) return;
  holder_ = holder;
  if (holder_.empty() || holder_ == options_.identity) return;
  base::log(base::LogLevel::info, "attach",
            concat("the lease ", options_.ns, "/", options_.name, " is held by ", holder_));
}

void LeaderLease::fill(json::object& spec, bool ours) const {
  const std::string now = formatMicroTime(WallTime(Duration(executor_.wallNow())));
  spec["holderIdentity"] = options_.identity;
  spec["leaseDurationSeconds"] = std::chrono::duration_cast<std::chrono::seconds>(options_.duration).count();
  spec["renewTime"] = now;
  if (ours) return;
  spec["acquireTime"] = now;
  spec["leaseTransitions"] = leaseNumber(spec, "leaseTransitions") + 1;
}

}  // namespace cleat::app
