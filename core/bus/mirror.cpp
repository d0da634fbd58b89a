#include "core/bus/mirror.h"

#include <algorithm>

#include "core/bus/mirror_subscription.h"
#include "core/bus/rest.h"
#include "core/bus/shared_watch.h"

namespace cleat::bus {
namespace {

constexpr int kMostTries = 5;
constexpr uint32_t kMostSeconds = 10;

// What is sent to and, as a rule, comes back from a target.
const Kind* bodyKind(const Target& target) {
  if (target.subresource.empty()) return target.kind.get();
  const object::Subresource* subresource = target.kind->subresource(target.subresource);
  return subresource != nullptr && subresource->body != nullptr ? subresource->body : target.kind.get();
}

QueryText queryOf(const WriteOptions& options) {
  QueryText query;
  if (options.dryRun) query.add("dryRun", "All");
  query.add("fieldManager", options.fieldManager);
  switch (options.fieldValidation) {
    case object::FieldValidation::ignore: return query.add("fieldValidation", "Ignore");
    case object::FieldValidation::warn: return query.add("fieldValidation", "Warn");
    case object::FieldValidation::strict: return query.add("fieldValidation", "Strict");
  }
  std::abort();
}

QueryText queryOf(const ListOptions& options) {
  QueryText query;
  query.add("labelSelector", options.labelSelector).add("fieldSelector", options.fieldSelector);
  query.add("limit", options.limit).add("continue", options.continueToken).add("resourceVersion", options.revision);
  if (options.match == ListOptions::Match::exact) query.add("resourceVersionMatch", "Exact");
  if (options.match == ListOptions::Match::notOlderThan) query.add("resourceVersionMatch", "NotOlderThan");
  return query;
}

const char* contentType(PatchType type) {
  switch (type) {
    case PatchType::json: return "application/json-patch+json";
    case PatchType::merge: return "application/merge-patch+json";
    case PatchType::strategic: return "application/strategic-merge-patch+json";
    case PatchType::apply: return "application/apply-patch+yaml";
  }
  std::abort();
}

// Whether an object that a delete answered with is gone already, rather than on its way.
bool isGone(const object::Object& object) {
  const Ref<const Message> message = object.message();
  meta_v1::ObjectMeta::Reader meta = message->meta();
  if (meta.hasFinalizers() && meta.getFinalizers().size() > 0) return false;
  bool isDying = meta.hasDeletionTimestamp() && meta.getDeletionTimestamp().size() > 0;
  if (!isDying) return true;
  return meta.hasDeletionGracePeriodSeconds() && meta.getDeletionGracePeriodSeconds().getValue() == 0;
}

}  // namespace

MirrorCluster::Lease::Lease(std::shared_ptr<SharedWatch> from) : watch(std::move(from)) { watch->start(); }
MirrorCluster::Lease::~Lease() { watch->stop(); }

MirrorCluster::MirrorCluster(base::Executor& executor, object::KindRegistry& kinds,
                             std::shared_ptr<http::HttpClient> client)
    : executor_(executor), kinds_(kinds), client_(std::move(client)) {}

MirrorCluster::~MirrorCluster() = default;

// A server that has too much to do has done nothing of what it was asked, and is asked again when it says.
Task<Result<http::ClientResponse>> MirrorCluster::exchange(http::ClientRequest request) {
  for (int tries = 1;; ++tries) {
    http::ClientRequest once = request;
    CLEAT_CO_TRY(auto response, co_await client_->send(std::move(once)));
    if (response.head.status >= 200 && response.head.status <= 299) co_return response;
    Status failure = statusOf(response);
    if (response.head.status != 429 || failure.details.retryAfterSeconds == 0 || tries == kMostTries) {
      co_return fail(std::move(failure));
    }
    Completion<bool> over;
    executor_.after(std::chrono::seconds(std::min(failure.details.retryAfterSeconds, kMostSeconds)),
                    [over]() mutable { over.complete(true); });
    co_await over;
  }
}

Task<Result<Written>> MirrorCluster::write(const Kind* expected, http::ClientRequest request) {
  CLEAT_CO_TRY(auto response, co_await exchange(std::move(request)));
  CLEAT_CO_TRY(auto object, objectOf(kinds_, *expected, response.body));
  Written written;
  written.object = std::move(object);
  written.created = response.head.status == 201;
  written.warnings = warningsOf(response.head);
  co_return written;
}

Task<Result<ObjectRef>> MirrorCluster::get(UserRef, Target target) {
  http::ClientRequest request;
  request.target = restPath(target);
  CLEAT_CO_TRY(auto response, co_await exchange(std::move(request)));
  co_return objectOf(kinds_, *bodyKind(target), response.body);
}

Task<Result<ListResult>> MirrorCluster::list(UserRef, Target target, ListOptions options) {
  http::ClientRequest request;
  request.target = queryOf(options).on(restPath(target));
  CLEAT_CO_TRY(auto response, co_await exchange(std::move(request)));
  co_return listOf(*target.kind, response.body);
}

Task<Result<std::unique_ptr<Subscription>>> MirrorCluster::subscribe(UserRef, Target target, std::string labelSelector,
                                                                     std::string fieldSelector) {
  if (!target.name.empty()) {
    if (!fieldSelector.empty()) fieldSelector += ",";
    fieldSelector += "metadata.name=" + target.name;
    target.name.clear();
  }
  auto leased = lease(std::move(target), std::move(labelSelector), std::move(fieldSelector));
  std::shared_ptr<SharedWatch> watch = leased->watch;
  co_return makeMirrorSubscription(executor_, std::move(watch), std::move(leased));
}

std::shared_ptr<MirrorCluster::Lease> MirrorCluster::lease(Target target, std::string labelSelector,
                                                           std::string fieldSelector) {
  std::string key = restPath(target) + "?" + labelSelector + "&" + fieldSelector;
  std::shared_ptr<Lease> failed;  // goes away without the lock
  MutexLock lock(mutex_);
  std::erase_if(leases_, [](const auto& entry) { return entry.second.expired(); });
  auto& known = leases_[key];
  if (auto leased = known.lock()) {
    if (!leased->watch->state()->failure) return leased;
    failed = std::move(leased);
  }
  auto leased = std::make_shared<Lease>(std::make_shared<SharedWatch>(
      executor_, client_, std::move(target), std::move(labelSelector), std::move(fieldSelector)));
  known = leased;
  return leased;
}

Task<Result<Written>> MirrorCluster::create(UserRef, Target target, Ref<Message> body, WriteOptions options) {
  const Kind* kind = bodyKind(target);
  http::ClientRequest request;
  request.method = "POST";
  // Only a subresource is created below a name that exists.
  if (target.subresource.empty()) target.name.clear();
  request.target = queryOf(options).on(restPath(target));
  request.body = object::encodeJson(*kind, body->words());
  co_return co_await write(kind, std::move(request));
}

Task<Result<Written>> MirrorCluster::update(UserRef, Target target, Ref<Message> body, WriteOptions options) {
  const Kind* kind = bodyKind(target);
  http::ClientRequest request;
  request.method = "PUT";
  request.target = queryOf(options).on(restPath(target));
  request.body = object::encodeJson(*kind, body->words());
  co_return co_await write(kind, std::move(request));
}

Task<Result<Written>> MirrorCluster::patch(UserRef, Target target, PatchType type, std::string body,
                                           WriteOptions options, bool force) {
  http::ClientRequest request;
  request.method = "PATCH";
  QueryText query = queryOf(options);
  if (force && type == PatchType::apply) query.add("force", "true");
  request.target = query.on(restPath(target));
  request.contentType = contentType(type);
  request.body = std::move(body);
  co_return co_await write(bodyKind(target), std::move(request));
}

Task<Result<Written>> MirrorCluster::remove(UserRef, Target target, DeleteOptions options) {
  http::ClientRequest request;
  request.method = "DELETE";
  request.target = restPath(target);
  request.body = deleteBody(options);
  auto written = co_await write(target.kind.get(), std::move(request));
  if (written) written->removed = !written->object || isGone(*written->object);
  co_return written;
}

Task<Result<ListResult>> MirrorCluster::removeCollection(UserRef, Target target, ListOptions selection,
                                                         DeleteOptions options) {
  http::ClientRequest request;
  request.method = "DELETE";
  target.name.clear();
  request.target = queryOf(selection).on(restPath(target));
  request.body = deleteBody(options);
  CLEAT_CO_TRY(auto response, co_await exchange(std::move(request)));
  co_return listOf(*target.kind, response.body);
}

}  // namespace cleat::bus
