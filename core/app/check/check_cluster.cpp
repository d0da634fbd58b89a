#include "core/app/check/check_cluster.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "core/app/wait.h"
#include "core/object/codec.h"

namespace cleat::app {
namespace {

constexpr size_t kKept = 3;

// Counts who is still at work in a cluster.
class AtWork {
 public:
  explicit AtWork(std::shared_ptr<std::atomic<int>> count) : count_(std::move(count)) { ++*count_; }
  ~AtWork() { --*count_; }
  AtWork(const AtWork&) = delete;

 private:
  const std::shared_ptr<std::atomic<int>> count_;
};

class CountedSubscription final : public bus::Subscription {
 public:
  CountedSubscription(std::unique_ptr<bus::Subscription> inner, std::shared_ptr<std::atomic<int>> count)
      : atWork_(std::move(count)), inner_(std::move(inner)) {}
  std::vector<bus::ClusterChange> next(size_t max) override { return inner_->next(max); }
  void onReady(std::function<void()> ready) override { inner_->onReady(std::move(ready)); }
  std::optional<Status> failure() const override { return inner_->failure(); }

 private:
  const AtWork atWork_;  // goes last
  const std::unique_ptr<bus::Subscription> inner_;
};

bus::User administrator() {
  bus::User user;
  user.name = "kubernetes-admin";
  user.groups = {"system:masters", "system:authenticated"};
  return user;
}

std::string named(const char* verb, const bus::Target& target) {
  return concat(verb, " ", target.kind->resource(), target.subresource.empty() ? "" : "/", target.subresource,
                target.name.empty() ? "" : " ", target.ns, target.ns.empty() || target.name.empty() ? "" : "/",
                target.name);
}

}  // namespace

Result<std::unique_ptr<CheckCluster>> CheckCluster::make(CheckWorld& world, const std::string& folder, Rights rights) {
  std::unique_ptr<CheckCluster> made(new CheckCluster(world, std::move(rights)));
  CLEAT_TRY(auto engine, store::openSqliteEngine(folder, store::Durability::none));
  CLEAT_TRY(made->store_, store::Store::open(world.kinds(), std::move(engine)));
  made->hub_ = bus::Hub::make(*made->store_);
  made->gate_ =
      std::make_unique<gate::Gate>(world.executor(), world.kinds(), *made->store_, *made->hub_, world.roles());
  return made;
}

CheckCluster::~CheckCluster() {
  while (*busy_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  gate_.reset();
  if (store_) store_->close();
}

bus::Target CheckCluster::targetOf(const object::KindRef& kind, const PopulationObject& object) {
  bus::Target target{kind, "", "", object.name};
  if (kind->namespaced) target.ns = object.ns.empty() ? "default" : object.ns;
  return target;
}

Result<void> CheckCluster::create(const PopulationObject& object) {
  const object::KindRef kind = world_.kindOf(object);
  if (!kind) {
    return fail(Status::badRequest(concat("there is no kind ", object.kind, " in ", object.group,
                                          object.group.empty() ? "" : "/", object.version)));
  }
  CLEAT_TRY(auto decoded, object::decode(*kind, object.manifest, object::FieldValidation::strict));
  bus::Target target = targetOf(kind, object);
  target.name.clear();
  CLEAT_TRY(auto created, wait(gate_->create(administrator(), target, decoded.message, {})));
  if (!kind->hasStatus || !object.manifest.get_object().contains("status") || !created.object) return {};
  target.subresource = "status";
  target.name = created.object->name();
  CLEAT_TRY(auto body, object::decode(*kind, object.manifest, object::FieldValidation::ignore));
  CLEAT_TRY(wait(gate_->update(administrator(), target, body.message, {})));
  return {};
}

Result<void> CheckCluster::populate() {
  for (const PopulationObject& object : world_.population()) {
    if (object.isBuiltIn && !world_.kindOf(object)) continue;
    if (auto made = create(object); !made) {
      return fail(Status::badRequest(concat(object.where, ": ", made.error().message)));
    }
  }
  return {};
}

std::vector<object::ObjectRef> CheckCluster::usedAs(std::string_view use) {
  std::vector<object::ObjectRef> found;
  for (const PopulationObject& object : world_.population()) {
    const object::KindRef kind = world_.kindOf(object);
    if (!kind || !object.isUsedAs(use)) continue;
    auto there = wait(gate_->get(administrator(), targetOf(kind, object)));
    if (there) found.push_back((*there)->as(*kind));
  }
  return found;
}

object::ObjectRef CheckCluster::anyOf(const object::KindRef& kind) {
  if (!kind->storage) return {};
  auto found = wait(gate_->list(administrator(), {kind, "", "", ""}, {}));
  if (!found || found->objects.empty()) return {};
  return found->objects.front()->as(*kind);
}

void CheckCluster::touch(const object::ObjectRef& object, size_t serial) {
  const std::string patch = concat(R"({"metadata":{"annotations":{"check/serial":")", serial, R"("}}})");
  const object::KindRef kind = world_.kinds().find(object->kind().group, object->kind().version, object->kind().plural);
  (void)wait(
      gate_->patch(administrator(), {kind, "", object->ns(), object->name()}, bus::PatchType::merge, patch, {}, false));
}

void CheckCluster::stir(size_t times) {
  const std::vector<object::ObjectRef> objects = usedAs("changed");
  if (objects.empty()) return;
  for (size_t i = 0; i < times; ++i) touch(objects[i % objects.size()], i);
}

CheckCluster::Asked CheckCluster::asked() const {
  MutexLock lock(mutex_);
  return asked_;
}

bool CheckCluster::isGranted(std::string_view verb, const bus::Target& target) const {
  const auto fits = [](const std::string& rule, std::string_view what) { return rule == "*" || rule == what; };
  return rights_.mayAll || std::ranges::any_of(rights_.granted, [&](const Right& right) {
           const bool all = right.resource == "*" && right.subresource.empty();
           return fits(right.verb, verb) && fits(right.group, target.kind->group) &&
                  (all || (fits(right.resource, target.kind->plural) && fits(right.subresource, target.subresource)));
         });
}

Result<void> CheckCluster::note(Sort sort, const char* verb, const bus::Target& target) {
  const bool granted = isGranted(verb, target);
  MutexLock lock(mutex_);
  if (!granted) {
    bus::Target all = target;
    all.name.clear();
    all.ns.clear();
    std::string what = named(verb, all);
    if (std::ranges::find(asked_.refused, what) == asked_.refused.end()) asked_.refused.push_back(what);
    return fail(Status::forbidden(concat(what, " is not among the grants of the plugin")));
  }
  if (sort == Sort::write) {
    ++asked_.writes;
    const std::string what = named(verb, target);
    if (const uint64_t times = ++written_[what]; times > asked_.times) {
      asked_.times = times;
      asked_.oftenest = what;
    }
    asked_.lastWrites.push_back(what);
    if (asked_.lastWrites.size() > kKept) asked_.lastWrites.erase(asked_.lastWrites.begin());
  }
  return {};
}

Task<Result<object::ObjectRef>> CheckCluster::get(bus::UserRef user, bus::Target target) {
  AtWork working(busy_);
  CLEAT_CO_TRY(note(Sort::read, "get", target));
  auto answer = co_await gate_->get(std::move(user), std::move(target));
  co_return answer;
}

Task<Result<bus::ListResult>> CheckCluster::list(bus::UserRef user, bus::Target target, bus::ListOptions options) {
  AtWork working(busy_);
  CLEAT_CO_TRY(note(Sort::read, "list", target));
  auto answer = co_await gate_->list(std::move(user), std::move(target), std::move(options));
  co_return answer;
}

Task<Result<std::unique_ptr<bus::Subscription>>> CheckCluster::subscribe(bus::UserRef user, bus::Target target,
                                                                         std::string labelSelector,
                                                                         std::string fieldSelector) {
  AtWork working(busy_);
  CLEAT_CO_TRY(note(Sort::read, "list", target));
  CLEAT_CO_TRY(note(Sort::read, "watch", target));
  auto answer =
      co_await gate_->subscribe(std::move(user), std::move(target), std::move(labelSelector), std::move(fieldSelector));
  if (!answer) co_return fail(answer.error());
  std::unique_ptr<bus::Subscription> counted = std::make_unique<CountedSubscription>(std::move(*answer), busy_);
  co_return counted;
}

Task<Result<bus::Written>> CheckCluster::create(bus::UserRef user, bus::Target target, Ref<object::Message> body,
                                                bus::WriteOptions options) {
  AtWork working(busy_);
  CLEAT_CO_TRY(note(Sort::write, "create", target));
  auto answer = co_await gate_->create(std::move(user), std::move(target), std::move(body), std::move(options));
  co_return answer;
}

Task<Result<bus::Written>> CheckCluster::update(bus::UserRef user, bus::Target target, Ref<object::Message> body,
                                                bus::WriteOptions options) {
  AtWork working(busy_);
  CLEAT_CO_TRY(note(Sort::write, "update", target));
  auto answer = co_await gate_->update(std::move(user), std::move(target), std::move(body), std::move(options));
  co_return answer;
}

Task<Result<bus::Written>> CheckCluster::patch(bus::UserRef user, bus::Target target, bus::PatchType type,
                                               std::string body, bus::WriteOptions options, bool force) {
  AtWork working(busy_);
  CLEAT_CO_TRY(note(Sort::write, "patch", target));
  auto answer =
      co_await gate_->patch(std::move(user), std::move(target), type, std::move(body), std::move(options), force);
  co_return answer;
}

Task<Result<bus::Written>> CheckCluster::remove(bus::UserRef user, bus::Target target, bus::DeleteOptions options) {
  AtWork working(busy_);
  CLEAT_CO_TRY(note(Sort::write, "delete", target));
  auto answer = co_await gate_->remove(std::move(user), std::move(target), std::move(options));
  co_return answer;
}

Task<Result<bus::ListResult>> CheckCluster::removeCollection(bus::UserRef user, bus::Target target,
                                                             bus::ListOptions selection, bus::DeleteOptions options) {
  AtWork working(busy_);
  CLEAT_CO_TRY(note(Sort::write, "deletecollection", target));
  auto answer =
      co_await gate_->removeCollection(std::move(user), std::move(target), std::move(selection), std::move(options));
  co_return answer;
}

}  // namespace cleat::app
