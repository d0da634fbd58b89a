// Carries out StorageVersionMigrations: every object of a resource is written once more, as it is. One at a time for
// each resource, the oldest first; a CustomResourceDefinition says meanwhile that one is under way, and afterwards that
// nothing is stored in older versions any more.
#include <cleat/schema/bus.methods.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/apiextensions_v1.h>
#include <cleat/sdk/kinds/storagemigration_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <optional>

using namespace cleat;
using apiextensions_v1::CustomResourceDefinition;
using storagemigration_v1::StorageVersionMigration;

namespace {

constexpr std::chrono::seconds kWaitsForKind{60}, kLooksAgain{5};
constexpr uint32_t kPage = 500;
constexpr const char* kByResource = "resource";
constexpr const char* kMigrating = "StorageMigrating";
constexpr std::array<const char*, 3> kNeededVerbs{"list", "patch", "get"};

// A kind of which only names are known.
struct KindName {
  std::string group, version, resource, kind;
  bool namespaced = false, migratable = false;

  Resource asResource() const { return {group, version, resource, kind, namespaced}; }
};

// How far a migration has come.
struct Progress {
  size_t total = 0, left = 0;

  std::string text() const {
    std::string text = "The migration is running";
    if (total == 0) return text;
    if (left > 0) return concat(text, ", ", left, "/", total, " objects not yet migrated");
    return concat(text, ", ", total, " objects verified migrated");
  }
};

bool isTrue(const Object<StorageVersionMigration>& migration, const char* type) {
  return conditionIs(migration->getStatus().getConditions(), type, "True");
}

bool hasEnded(const Object<StorageVersionMigration>& migration) {
  return isTrue(migration, "Succeeded") || isTrue(migration, "Failed");
}

// "widgets.example.com", which is the name of its CustomResourceDefinition, if it has one.
std::string resourceOf(const Object<StorageVersionMigration>& migration) {
  auto resource = migration->getSpec().getResource();
  return concat(resource.getResource(), '.', resource.getGroup());
}

bool goesBefore(const Object<StorageVersionMigration>& a, const Object<StorageVersionMigration>& b) {
  return std::pair(view(a.meta().getCreationTimestamp()), a.name()) <
         std::pair(view(b.meta().getCreationTimestamp()), b.name());
}

// What may go better another time, so that the migration goes on.
bool isPassing(const Status& status) { return status.code == 429 || status.code >= 500; }

// Says nothing of the object but which state of it is meant.
std::string unchanged(const AnyRef& object) {
  return concat("{\"metadata\":{\"uid\":\"", view(object.meta().getUid()), "\",\"resourceVersion\":\"",
                object.revision(), "\"}}");
}

class StorageMigrationController : public ControllerPlugin {
 public:
  explicit StorageMigrationController(Context& context) : ControllerPlugin(context, "storagemigration") {}

  Result<void> watch() override {
    migrations_.addIndex(kByResource, [](const Object<StorageVersionMigration>& migration) {
      return std::vector{resourceOf(migration)};
    });
    controller().watch(migrations_);
    // When one has ended, or gone, it is the next one's turn.
    migrations_.onChange([this](const auto& before, const auto& now) {
      if (now && (!hasEnded(now) || (before && hasEnded(before)))) return;
      for (const auto& other : migrations_.byIndex(kByResource, resourceOf(now ? now : before)))
        controller().enqueue(str(other.name()));
    });
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    const Object<StorageVersionMigration> migration = migrations_.get(key);
    if (!migration) co_return Reconciled();
    if (hasEnded(migration)) co_return co_await finish(migration);
    if (!isItsTurn(migration)) co_return Reconciled();
    CLEAT_CO_TRY(std::optional<KindName> kind, co_await kindOf(migration));
    if (!kind && isNew(migration)) co_return Reconciled{.requeueAfter = kLooksAgain};
    if (!kind) co_return co_await end(migration, Progress(), "Failed", "resource does not exist in discovery");
    if (!kind->migratable) {
      co_return co_await end(
          migration, {}, "Failed",
          concat("resource \"", kind->resource, "\" of group \"", kind->group, "\" cannot be listed and patched"));
    }
    if (migration->getStatus().getResourceVersion().size() == 0) co_return co_await begin(migration, *kind);
    co_return co_await migrate(migration, *kind);
  }

  // One that is under way goes on; of those that wait the oldest is next.
  bool isItsTurn(const Object<StorageVersionMigration>& migration) const {
    if (isTrue(migration, "Running")) return true;
    for (const auto& other : migrations_.byIndex(kByResource, resourceOf(migration))) {
      if (other.uid() == migration.uid() || hasEnded(other)) continue;
      if (isTrue(other, "Running") || goesBefore(other, migration)) return false;
    }
    return true;
  }

  // What is left to be said when it has ended: first of the kind, then of itself, which is the sign that both is done.
  Task<Result<Reconciled>> finish(Object<StorageVersionMigration> migration) {
    if (!isTrue(migration, "Running")) co_return Reconciled();
    CLEAT_CO_TRY(co_await tellDefinition(migration));
    Draft<StorageVersionMigration> draft(migration);
    set(draft, {"Running", "False", "MigrationCompleted", "Migration completed"});
    co_return co_await write(std::move(draft));
  }

  // Whether its definition, if it has one, was told where the migration is.
  Task<Result<void>> tellDefinition(Object<StorageVersionMigration> migration) {
    const std::string name = resourceOf(migration);
    Result<Object<CustomResourceDefinition>> definition = co_await client_.get<CustomResourceDefinition>(name);
    if (!definition && definition.error().is(404)) co_return Result<void>();
    if (!definition) co_return fail(definition.error());
    Draft<CustomResourceDefinition> draft(*definition);
    const int64_t generation = definition->meta().getGeneration();
    // Only if the definition is as it was when the migration began it is known what the objects are stored in.
    const auto began = findCondition((*definition)->getStatus().getConditions(), kMigrating);
    const bool isSame = began && began->getObservedGeneration() == generation;
    ConditionUpdate update{kMigrating, "True", "MigrationRunning",
                           concat("Migration ", migration.name(), " is running"), formatTime(context().wallNow())};
    if (isTrue(migration, "Failed")) {
      update = {kMigrating, "False", "MigrationFailed", "The migration has failed", update.lastTransitionTime};
    } else if (isTrue(migration, "Succeeded")) {
      update = {kMigrating, "False", "MigrationSucceeded",
                concat("The migration has succeeded ",
                       isSame ? "and the stored versions have been updated"
                              : "but the stored versions have not been updated due to a generation mismatch"),
                update.lastTransitionTime};
      if (isSame) keepStorageVersion(draft);
    }
    setCondition<apiextensions_v1::CustomResourceDefinitionCondition>(draft->getStatus(), update);
    for (auto condition : draft->getStatus().getConditions()) {
      if (view(condition.getType().asReader()) == kMigrating) condition.setObservedGeneration(generation);
    }
    auto written = co_await client_.updateStatus(std::move(draft));
    if (written || written.error().is(404)) co_return Result<void>();
    co_return fail(written.error());
  }

  static void keepStorageVersion(Draft<CustomResourceDefinition>& draft) {
    auto status = draft->getStatus();
    for (auto version : draft->getSpec().asReader().getVersions()) {
      if (version.getStorage()) status.adoptStoredVersions(textList(orphanageOf(status), {view(version.getName())}));
    }
  }

  // A kind may come a little after the wish to migrate it.
  bool isNew(const Object<StorageVersionMigration>& migration) {
    auto made = parseTime(view(migration.meta().getCreationTimestamp()));
    return made && context().wallNow() - *made < kWaitsForKind;
  }

  Task<Result<std::optional<KindName>>> kindOf(Object<StorageVersionMigration> migration) {
    CLEAT_CO_TRY(auto answer, co_await context().call(wire::cluster::kinds));
    auto wanted = migration->getSpec().getResource();
    std::optional<KindName> found;
    for (auto kind : answer->getKinds()) {
      if (view(kind.getGroup()) != view(wanted.getGroup())) continue;
      if (view(kind.getResource()) != view(wanted.getResource())) continue;
      found = KindName{str(kind.getGroup()), str(kind.getVersion()), str(kind.getResource()),
                       str(kind.getKind()),  kind.getNamespaced(),   true};
      for (const char* verb : kNeededVerbs) found->migratable &= contains(kind.getVerbs(), verb);
    }
    co_return found;
  }

  // Notes where it begins. The change of the status brings the key again.
  Task<Result<Reconciled>> begin(Object<StorageVersionMigration> migration, KindName kind) {
    CLEAT_CO_TRY(co_await tellDefinition(migration));
    const Resource resource = kind.asResource();
    ListOptions one;
    one.limit = 1;
    CLEAT_CO_TRY(AnyList list, co_await client_.any().list(resource, one));
    Draft<StorageVersionMigration> draft(migration);
    draft->getStatus().setResourceVersion(std::to_string(list.revision));
    set(draft, {"Running", "True", "MigrationRunning", Progress().text()});
    co_return co_await write(std::move(draft));
  }

  Task<Result<Reconciled>> migrate(Object<StorageVersionMigration> migration, KindName kind) {
    const Resource resource = kind.asResource();
    const std::string text = str(migration->getStatus().getResourceVersion());
    const uint64_t begun = std::strtoull(text.c_str(), nullptr, 10);
    CLEAT_CO_TRY(std::vector<AnyRef> objects, co_await listAll(resource));
    Progress progress{.total = objects.size(), .left = 0};
    std::erase_if(objects, [&](const AnyRef& object) { return object.revision() > begun; });
    progress.left = objects.size();
    for (const AnyRef& object : objects) {
      const std::string patch = unchanged(object);
      auto written = co_await client_.any().patch(resource, object.ns(), object.name(), PatchType::merge, patch);
      // Written or taken away by somebody else since: there is nothing left to do.
      if (!written && !written.error().is(409) && !written.error().is(404)) {
        if (isPassing(written.error())) co_return fail(written.error());
        co_return co_await end(
            migration, progress, "Failed",
            concat(progress.left, "/", progress.total,
                   " not yet migrated. migration encountered unhandled error: ", written.error().message));
      }
      --progress.left;
    }
    co_return co_await end(migration, progress, "Succeeded", "Migration completed");
  }

  Task<Result<std::vector<AnyRef>>> listAll(Resource resource) {
    std::vector<AnyRef> all;
    std::string next;
    do {
      ListOptions options;
      options.limit = kPage;
      options.continueToken = next;
      CLEAT_CO_TRY(AnyList page, co_await client_.any().list(resource, options));
      std::ranges::move(page.items, std::back_inserter(all));
      next = std::move(page.continueToken);
    } while (!next.empty());
    co_return all;
  }

  void set(Draft<StorageVersionMigration>& draft, ConditionUpdate update) {
    update.lastTransitionTime = formatTime(context().wallNow());
    setCondition<meta_v1::Condition>(draft->getStatus(), update);
  }

  Task<Result<Reconciled>> end(Object<StorageVersionMigration> migration, Progress progress, std::string how,
                               std::string message) {
    Draft<StorageVersionMigration> draft(migration);
    if (progress.total > 0 || how == "Succeeded") set(draft, {"Running", "True", "MigrationRunning", progress.text()});
    set(draft, {how, "True", concat("StorageVersionMigration", how), message});
    co_return co_await write(std::move(draft));
  }

  Task<Result<Reconciled>> write(Draft<StorageVersionMigration> draft) {
    auto written = co_await client_.updateStatus(std::move(draft));
    if (written || written.error().is(404)) co_return Reconciled();
    co_return fail(written.error());
  }

  Client client_{context()};
  Informer<StorageVersionMigration> migrations_{context()};
};

}  // namespace

CLEAT_PLUGIN(StorageMigrationController, .name = "controller-storagemigration", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "* * get,list,patch\n"
                 "storagemigration.k8s.io storageversionmigrations watch\n"
                 "storagemigration.k8s.io storageversionmigrations/status update\n"
                 "apiextensions.k8s.io customresourcedefinitions/status update\n");
