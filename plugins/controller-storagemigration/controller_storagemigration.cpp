// Carries out StorageVersionMigrations: every object of a resource is written once more, as it is.
#include <cleat/schema/bus.methods.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/storagemigration_v1.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <optional>

using namespace cleat;
using storagemigration_v1::StorageVersionMigration;

namespace {

constexpr std::chrono::seconds kWaitsForKind{60}, kLooksAgain{5};
constexpr uint32_t kPage = 500;
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
    controller().watch(migrations_);
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    const Object<StorageVersionMigration> migration = migrations_.get(key);
    if (!migration || isTrue(migration, "Succeeded") || isTrue(migration, "Failed")) co_return Reconciled();
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
    const Resource resource = kind.asResource();
    ListOptions one;
    one.limit = 1;
    CLEAT_CO_TRY(AnyList list, co_await client_.any().list(resource, one));
    Draft<StorageVersionMigration> draft(migration);
    draft->getStatus().setResourceVersion(std::to_string(list.revision));
    set(draft, "Running", "MigrationRunning", Progress().text());
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

  void set(Draft<StorageVersionMigration>& draft, const char* type, const std::string& reason,
           const std::string& message) {
    setCondition<meta_v1::Condition>(draft->getStatus(), {.type = type,
                                                          .status = "True",
                                                          .reason = reason,
                                                          .message = message,
                                                          .lastTransitionTime = formatTime(context().wallNow())});
  }

  Task<Result<Reconciled>> end(Object<StorageVersionMigration> migration, Progress progress, std::string how,
                               std::string message) {
    Draft<StorageVersionMigration> draft(migration);
    if (progress.total > 0 || how == "Succeeded") set(draft, "Running", "MigrationRunning", progress.text());
    set(draft, how.c_str(), concat("StorageVersionMigration", how), message);
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
                 "storagemigration.k8s.io storageversionmigrations/status update\n");
