// kinds-storagemigration: storagemigration.k8s.io/v1, which has stored objects written anew.
#include <cleat/sdk/kinds/storagemigration_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

#include <algorithm>

#include "kinds-common/conditions.h"
#include "kinds-common/kinds_plugin.h"
#include "kinds-common/names.h"

namespace cleat::kinds {

using storagemigration_v1::StorageVersionMigration;

namespace {

// `{"Group":"apps","Resource":"deployments"}`, as errors show a whole specification.
Shown shownSpec(storagemigration_v1::GroupResource::Reader resource) {
  return Shown::plain(concat("{\"Resource\":{\"group\":", jsonText(view(resource.getGroup())),
                             ",\"resource\":", jsonText(view(resource.getResource())), "}}"));
}

void checkSpec(const Change<StorageVersionMigration>& change, Findings& findings) {
  const Path path = Path("spec") / "resource";
  auto resource = change.object.getSpec().getResource();
  const std::string_view name = view(resource.getResource()), group = view(resource.getGroup());
  if (name.empty()) {
    findings.required(path / "resource", "resource is required to be set");
  } else if (Wrongs wrongs = wrongDns1035Label(name); !wrongs.empty()) {
    findings.invalid(path / "resource", name, joined(wrongs, ","));
  }
  if (Wrongs wrongs = wrongDns1123Subdomain(group); !group.empty() && !wrongs.empty()) {
    findings.invalid(path / "group", group, joined(wrongs, ","));
  }
  if (change.old && !sameStruct(change.old->getSpec(), change.object.getSpec())) {
    findings.invalid(Path("spec"), shownSpec(resource), kImmutable);
  }
}

using Status = storagemigration_v1::StorageVersionMigrationStatus::Reader;

bool isTrue(Status status, const char* type) { return conditionIs(status.getConditions(), type, "True"); }

bool isRevision(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos && text.front() != '0';
}

void checkStatus(const Change<StorageVersionMigration>& change, Findings& findings) {
  const Path path("status"), conditions = path / "conditions";
  const Status now = change.object.getStatus(), old = change.old ? change.old->getStatus() : Status();
  const std::string_view revision = view(now.getResourceVersion()), had = view(old.getResourceVersion());
  if (!revision.empty() && !isRevision(revision)) {
    findings.invalid(path / "resourceVersion", revision, concat("resource version is not well formed: ", revision));
  }
  checkConditions(now.getConditions(), conditions, findings);
  if (!had.empty() && had != revision) findings.invalid(path / "resourceVersion", revision, kImmutable);
  const Shown shown = Shown::plain("[]");
  if (isTrue(now, "Succeeded") && isTrue(now, "Failed")) {
    findings.invalid(conditions, shown, "Both success and failed conditions cannot be true at the same time");
  }
  if (isTrue(old, "Succeeded") && !isTrue(now, "Succeeded")) {
    findings.invalid(conditions, shown, "Success condition cannot be set to false once it is true");
  }
  if (isTrue(old, "Failed") && !isTrue(now, "Failed")) {
    findings.invalid(conditions, shown, "Failed condition cannot be set to false once it is true");
  }
}

void validateMigration(const Change<StorageVersionMigration>& change, Findings& findings) {
  if (change.isStatus()) return checkStatus(change, findings);
  checkSpec(change, findings);
}

// The last of these that is true.
std::string stateText(StorageVersionMigration::Reader migration) {
  constexpr std::string_view kStates[] = {"Running", "Failed", "Succeeded"};
  std::string state = "Unknown";
  for (auto condition : migration.getStatus().getConditions()) {
    if (view(condition.getStatus()) != "True") continue;
    if (std::ranges::find(kStates, view(condition.getType())) != std::end(kStates)) state = str(condition.getType());
  }
  return state;
}

void printMigration(StorageVersionMigration::Reader migration, Cells& cells) {
  auto resource = migration.getSpec().getResource();
  const bool core = resource.getGroup().size() == 0;
  cells.text(migration.getMetadata().getName());
  cells.text(concat(view(resource.getResource()), core ? "" : ".", view(resource.getGroup())));
  cells.text(stateText(migration));
}

}  // namespace

class StorageMigrationKinds : public KindsPlugin {
 public:
  explicit StorageMigrationKinds(Context& context) : KindsPlugin(context) {
    Column name = nameColumn();
    name.format.clear();
    table().add<StorageVersionMigration>(
        {.structFile = "kinds/storagemigration_v1.capnp",
         .columns = {name,
                     {"Resource", "string", "What is written anew."},
                     {"Status", "string", "How far it has come."}},
         .hasStatus = true,
         .keepsGeneration = true,
         .statusLeavesMetadata = {"labels", "annotations", "finalizers", "ownerReferences"},
         .updateNeedsRevision = true},
        {nullptr, validateMigration, printMigration});
    table().addStatus<StorageVersionMigration>();
  }
};

}  // namespace cleat::kinds

CLEAT_PLUGIN(cleat::kinds::StorageMigrationKinds, .name = "kinds-storagemigration", .version = "0.1.0",
             .maturity = "alpha", .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
