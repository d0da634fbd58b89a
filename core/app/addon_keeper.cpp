#include "core/app/addon_keeper.h"

#include <cleat/schema/role/addon.methods.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "core/base/log.h"
#include "core/host/messages.h"
#include "core/object/codec.h"

namespace cleat::app {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kSoonestRound = 100ms, kLatestRound = 5s;
constexpr int64_t kBringNs = 5'000'000'000;

std::string textOfField(const boost::json::value& value, std::string_view key) {
  const boost::json::object* fields = value.if_object();
  const boost::json::value* found = fields ? fields->if_contains(key) : nullptr;
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

bool isAmong(const std::vector<BroughtObject>& all, const BroughtObject& one) {
  return std::ranges::find(all, one) != all.end();
}

}  // namespace

std::string BroughtObject::named() const { return concat(kind, " ", ns, ns.empty() ? "" : "/", name); }

Result<BroughtObject> objectOf(const std::string& manifest) {
  CLEAT_TRY(const boost::json::value value, object::parseYaml(manifest));
  const boost::json::object* fields = value.if_object();
  const boost::json::value* meta = fields ? fields->if_contains("metadata") : nullptr;
  if (!meta) return fail(Status::badRequest("it is no object with metadata"));
  BroughtObject found{textOfField(value, "apiVersion"), textOfField(value, "kind"), textOfField(*meta, "namespace"),
                      textOfField(*meta, "name")};
  if (found.apiVersion.empty() || found.kind.empty() || found.name.empty()) {
    return fail(Status::badRequest("it has not all of apiVersion, kind and metadata.name"));
  }
  return found;
}

void AddonKeeper::begin(bus::Cluster& cluster) {
  cluster_ = &cluster;
  rounds_->begin([weak = weak_from_this()]() -> Task<Rounds::Next> {
    auto self = weak.lock();
    if (!self) co_return std::nullopt;
    co_return co_await self->round();
  });
  rounds_->wantAt(executor_.now());
}

Task<Rounds::Next> AddonKeeper::round() {
  bool settled = true;
  for (const std::string& addon : host_.chain("addon")) {
    if (rounds_->stopping()) break;
    const bool kept = co_await keep(addon);
    settled = settled && kept;
  }
  delay_ = settled ? kLatestRound : std::clamp(delay_ * 2, kSoonestRound, kLatestRound);
  co_return executor_.now() + delay_.count();
}

Task<bool> AddonKeeper::keep(std::string addon) {
  auto calling = host_.call(addon, {role::addon::bring, host::emptyMessage(), {}, kBringNs});
  const gate::RoleAnswer answer = co_await std::move(calling);
  if (answer.status != CLEAT_OK) {
    // That it is not there is told by its health anyway.
    if (answer.status != CLEAT_RETRY && answer.error)
      tell(addon, "does not say what it brings: " + answer.error->message);
    co_return false;
  }
  const auto brought = gate::resultsOf(role::addon::bring, answer);
  std::vector<std::pair<Wanted, BroughtObject>> wanted;
  std::vector<BroughtObject> objects = notedOf(addon);
  std::string trouble;
  auto failed = [&](const std::string& what, const Status& why) {
    if (trouble.empty()) trouble = concat(what, ": ", why.message);
  };
  for (auto one : brought.getObjects()) {
    Wanted each{str(one.getManifest()), one.getIsReplaceable(), one.getIsLeftAlone()};
    Result<BroughtObject> object = objectOf(each.manifest);
    if (!object) {
      failed("an object that it brings", object.error());
      continue;
    }
    // Known before it is made, so that nothing is forgotten.
    if (!isAmong(objects, *object)) objects.push_back(*object);
    wanted.emplace_back(std::move(each), std::move(*object));
  }
  note(addon, objects);
  const bus::UserRef user(host::identityOf(addon));
  for (const auto& [each, object] : wanted) {
    if (rounds_->stopping()) co_return false;
    Result<void> done = co_await apply(user, addon, each, object);
    if (!done) failed(object.named(), done.error());
  }
  if (brought.getIsComplete() && trouble.empty()) {
    std::vector<BroughtObject> left;
    for (const BroughtObject& object : objects) {
      const bool stays = std::ranges::any_of(wanted, [&](const auto& one) { return one.second == object; });
      Result<void> gone;
      if (!stays) gone = co_await takeAway(user, object);
      if (!gone) failed("taking away " + object.named(), gone.error());
      if (stays || !gone) left.push_back(object);
    }
    note(addon, std::move(left));
  }
  tell(addon, trouble);
  co_return trouble.empty() && brought.getIsComplete();
}

Result<bus::Target> AddonKeeper::targetOf(const BroughtObject& object) const {
  const size_t slash = object.apiVersion.find('/');
  const std::string group = slash == std::string::npos ? "" : object.apiVersion.substr(0, slash);
  const std::string version = slash == std::string::npos ? object.apiVersion : object.apiVersion.substr(slash + 1);
  bus::Target target;
  target.kind = kinds_.findByKind(group, version, object.kind);
  if (!target.kind) return fail(Status::notFound(concat("kind ", object.kind, " of"), object.apiVersion));
  if (target.kind->namespaced) target.ns = object.ns.empty() ? "default" : object.ns;
  target.name = object.name;
  return target;
}

Task<Result<void>> AddonKeeper::apply(bus::UserRef user, std::string addon, const Wanted& wanted,
                                      const BroughtObject& object) {
  CLEAT_CO_TRY(const bus::Target target, targetOf(object));
  if (wanted.isLeftAlone) {
    auto there = co_await cluster_->get(user, target);
    if (there) co_return Result<void>();
    if (!there.error().is(404)) co_return fail(there.error());
  }
  bus::WriteOptions options;
  options.fieldManager = addon;
  auto applied = co_await cluster_->patch(user, target, bus::PatchType::apply, wanted.manifest, options, true);
  if (!applied && applied.error().is(422) && wanted.isReplaceable) {
    CLEAT_CO_TRY(co_await takeAway(user, object));
    applied = co_await cluster_->patch(user, target, bus::PatchType::apply, wanted.manifest, options, true);
  }
  if (!applied) co_return fail(applied.error());
  co_return Result<void>();
}

Task<Result<void>> AddonKeeper::takeAway(bus::UserRef user, const BroughtObject& object) {
  auto target = targetOf(object);
  // With its kind it has gone as well, as far as anybody can see.
  if (!target) co_return Result<void>();
  bus::DeleteOptions options;
  options.propagationPolicy = "Background";
  auto removed = co_await cluster_->remove(user, *target, options);
  if (!removed && !removed.error().is(404)) co_return fail(removed.error());
  co_return Result<void>();
}

void AddonKeeper::tell(const std::string& addon, const std::string& trouble) {
  std::string& told = told_[addon];
  // It may have been started anew, which makes its health a clean one.
  if (!trouble.empty() || !told.empty()) host_.setReport(addon, trouble);
  if (std::exchange(told, trouble) != trouble && !trouble.empty()) base::log(base::LogLevel::warn, addon, trouble);
}

std::vector<BroughtObject>& AddonKeeper::notedOf(const std::string& addon) {
  auto known = noted_.find(addon);
  if (known != noted_.end()) return known->second;
  std::vector<BroughtObject>& objects = noted_[addon];
  const Result<std::string> text = readFile(fileOf(addon));
  boost::json::error_code error;
  const boost::json::value read = text ? boost::json::parse(*text, error) : boost::json::value();
  if (const boost::json::array* list = error ? nullptr : read.if_array()) {
    for (const boost::json::value& one : *list) {
      objects.push_back({textOfField(one, "apiVersion"), textOfField(one, "kind"), textOfField(one, "namespace"),
                         textOfField(one, "name")});
    }
  }
  return objects;
}

void AddonKeeper::note(const std::string& addon, std::vector<BroughtObject> objects) {
  std::vector<BroughtObject>& noted = notedOf(addon);
  if (noted == objects) return;
  noted = std::move(objects);
  boost::json::array list;
  for (const BroughtObject& one : noted) {
    list.push_back(boost::json::object{
        {"apiVersion", one.apiVersion}, {"kind", one.kind}, {"namespace", one.ns}, {"name", one.name}});
  }
  Result<void> written = makeFolders(folder_, 0700);
  if (written) written = writeFile(fileOf(addon), boost::json::serialize(list) + "\n");
  if (!written)
    base::log(base::LogLevel::warn, "addons", "what addons bring cannot be noted: " + written.error().message);
}

}  // namespace cleat::app
